/** Makes a case of a message that is kept: its bytes and what it was answered, masked, and what the flow makes of them. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CASE_FORMAT, expectationText, maskCase, type Played, readCase } from '../cases/index.ts';
import { type Flow, isSleeping } from '../flow/index.ts';
import { Failure, type Json } from '../std/index.ts';
import { FIXTURES, playCase } from './case-run.ts';
import type { Kept } from './kept-desk.ts';
import type { Project } from './project/index.ts';

export interface Recorded {
  readonly flow: string;
  readonly case: string;
  readonly folder: string;
  readonly end: string;
}

const EXTENSION = { hl7: 'hl7', fhir: 'json', json: 'json', text: 'txt' } as const;

/**
 * @param asked The flow, when several took the message.
 * @throws Failure `config`, RECORD_REFUSED: nothing was written.
 */
export async function recordCase(
  project: Project,
  messageId: string,
  kept: Kept,
  { asked, name = `message-${messageId}` }: { readonly asked?: string; readonly name?: string },
): Promise<Recorded> {
  const flow = flowOf(project, kept, asked);
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw refused(`"${name}" is no name for a case.`, 'Use lower-case letters, digits and hyphens.');
  }
  const folder = join(project.folder, FIXTURES, flow.name, name);
  if (existsSync(folder))
    throw refused(`${folder} is there already.`, 'Give the case another name with --as.');
  const delivery = kept.deliveries.findLast((one) => one.flow === flow.name);
  const masked = maskCase(kept, answersOf(flow, delivery?.steps ?? []));
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, `in.${EXTENSION[kept.format]}`), masked.bytes);
    const settings = {
      format: CASE_FORMAT,
      about: `As it came at ${kept.site}; names, ids, dates, addresses, telephones and text are pretend.`,
      site: kept.site,
      ...(kept.format === 'fhir' ? { type: kept.type } : {}),
      ...(Object.keys(masked.answers).length > 0 ? { answers: masked.answers } : {}),
    };
    writeFileSync(
      join(folder, 'case.yaml'),
      stringify(settings, { lineWidth: 110, aliasDuplicateObjects: false }),
    );
    const played = await expectedOf(project, folder, flow.name);
    return { flow: flow.name, case: name, folder, end: played.end };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function expectedOf(project: Project, folder: string, flow: string): Promise<Played> {
  const { found, faults } = readCase(folder, flow);
  if (found === undefined) {
    throw refused(`The case cannot be read again: ${faults[0]?.reason ?? ''}.`, 'Report it.');
  }
  const played = await playCase(project, found);
  // A flow that has changed since may ask what the delivery did not; the case is kept, and says so when it is played.
  if (played.unanswered === undefined)
    writeFileSync(join(folder, 'expect.yaml'), expectationText(played, null));
  return played;
}

function flowOf(project: Project, kept: Kept, asked: string | undefined): Flow {
  const took = [...new Set(kept.deliveries.map(({ flow }) => flow))];
  const name = asked ?? (took.length === 1 ? took[0] : undefined);
  const flow = project.flows.find((one) => one.name === name);
  if (flow !== undefined) return flow;
  if (name !== undefined)
    throw refused(`There is no flow "${name}" in this project.`, 'Name one that there is.');
  throw refused(
    took.length === 0 ? 'No flow took this message.' : `Several flows took this message: ${took.join(', ')}.`,
    'Name the flow: suture test <flow> --record <message id>.',
  );
}

/** What calls were answered, and how sleeps ended; code is run again. */
function answersOf(flow: Flow, steps: Kept['deliveries'][number]['steps']): Record<string, Json> {
  const answers: Record<string, Json> = {};
  for (const { step, output } of steps) {
    const own = flow.steps.find(({ id }) => id === step.replaceAll(/\[\d+\]/g, ''));
    if (own?.kind === 'code') continue;
    if (own === undefined || !isSleeping(own)) {
      answers[step] = output;
      continue;
    }
    const slept = output as { approved?: boolean; cancelled?: true; by?: string; wokenAt?: number };
    if (slept.cancelled) answers[step] = 'cancelled';
    else if (slept.approved !== undefined) answers[step] = slept.approved ? 'approved' : 'refused';
    else if (slept.wokenAt === undefined) answers[step] = 'sleeps';
    else answers[step] = slept.by === 'event' ? 'came' : 'time';
  }
  return answers;
}

const refused = (message: string, fix: string): Failure =>
  new Failure({ code: 'RECORD_REFUSED', kind: 'config', message, fix });
