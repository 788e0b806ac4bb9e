/** Plays the cases of a project and says what differs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  answersOf,
  type Case,
  type CaseDifference,
  compare,
  expectationText,
  type Played,
  type PlayRequest,
  play,
  readCases,
  type Withheld,
} from '../cases/index.ts';
import { createNecessary, createScripts } from '../engine/index.ts';
import { runsAt, withValueSets } from '../flow/index.ts';
import type { Fault, SiteRecord } from '../site/index.ts';
import { Failure, type Json, nearest, systemClock } from '../std/index.ts';
import { besideRecord, type Project } from './project/index.ts';

export const FIXTURES = 'fixtures';
const WITHHELD_SHOWN = 20;

export interface CaseOutcome {
  readonly flow: string;
  readonly case: string;
  readonly state: 'fine' | 'differs' | 'written' | 'cannot run';
  readonly differences: readonly CaseDifference[];
  /** Why it cannot run, and what to do. */
  readonly reason?: string;
  readonly fix?: string;
  readonly end?: string;
  /** What minimum necessary keeps from the flow at the site. */
  readonly withheld?: Withheld;
}

export interface CasesRun {
  readonly outcomes: readonly CaseOutcome[];
  readonly faults: readonly Fault[];
  /** Flows without a case. */
  readonly untested: readonly string[];
}

export interface CaseWish {
  /** A part of `<flow>/<case>`. */
  readonly filter?: string;
  /** Expectations become what was done. */
  readonly update: boolean;
}

/** @throws Failure `config`, NO_CASE: nothing fits the filter. */
export async function runCases(project: Project, { filter, update }: CaseWish): Promise<CasesRun> {
  const { cases, faults } = readCases(join(project.folder, FIXTURES));
  const chosen = cases.filter((one) => filter === undefined || `${one.flow}/${one.name}`.includes(filter));
  const chosenFaults = faults.filter(
    ({ file }) => filter === undefined || file.replaceAll('\\', '/').includes(filter),
  );
  if (filter !== undefined && chosen.length === 0 && chosenFaults.length === 0) throw noCase(filter, cases);
  const outcomes: CaseOutcome[] = [];
  for (const one of chosen) outcomes.push(await runCase(project, one, update));
  const tested = new Set(cases.map(({ flow }) => flow));
  const untested =
    filter === undefined ? project.flows.map(({ name }) => name).filter((name) => !tested.has(name)) : [];
  return { outcomes, faults: chosenFaults, untested };
}

/** Plays one case. @throws Failure `config`, CASE_FLOW or CASE_SITE. */
export async function playCase(project: Project, one: Case): Promise<Played> {
  const flow = project.flows.find(({ name }) => name === one.flow);
  if (flow === undefined) {
    const near = nearest(
      one.flow,
      project.flows.map(({ name }) => name),
    );
    throw new Failure({
      code: 'CASE_FLOW',
      kind: 'config',
      message: `There is no flow "${one.flow}", after which the folder is named.`,
      fix: near ? `Is it "${near}"? Rename the folder.` : 'Give the folder the name of its flow.',
    });
  }
  const { settings } = one;
  const possible = project.sites.filter(({ record }) => runsAt(flow, record));
  const site =
    settings.site === undefined ? possible[0] : possible.find(({ record }) => record.site === settings.site);
  if (site === undefined) {
    throw new Failure({
      code: 'CASE_SITE',
      kind: 'config',
      message: `The flow runs at no site${settings.site === undefined ? '' : ` "${settings.site}"`}.`,
      fix: `It runs at: ${possible.map(({ record }) => record.site).join(', ') || 'none; make a site record'}.`,
    });
  }
  return playHere(project, {
    flow,
    site: mappedSite(project, site.record),
    bytes: one.input.bytes,
    ...(settings.type === undefined ? {} : { type: settings.type }),
    ...(settings.connection === undefined ? {} : { connection: settings.connection }),
    now: Date.parse(settings.now),
    answers: answersOf(one),
  });
}

/** As the engine would: with what the site permits the flow to see, and a sandbox for scripts, which is gone afterwards. */
export async function playHere(project: Project, request: PlayRequest): Promise<Played> {
  const scripts = createScripts(systemClock);
  const { see } = createNecessary({
    clock: systemClock,
    siteFile: (site, name) => besideRecord(project, site, name),
    counted: () => undefined,
  });
  try {
    return await play({ ...request, see, script: scripts.run });
  } finally {
    await scripts.close();
  }
}

/** The record with the site's value set maps, as the engine hands it to flows. */
export const mappedSite = (project: Project, record: SiteRecord): SiteRecord =>
  withValueSets(record, () => project.maps.valueSets(record.site));

async function runCase(project: Project, one: Case, update: boolean): Promise<CaseOutcome> {
  let told: Omit<CaseOutcome, 'state'> = { flow: one.flow, case: one.name, differences: [] };
  let played: Played;
  try {
    played = await playCase(project, one);
    if (played.withheld !== undefined) told = { ...told, withheld: played.withheld };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...told, state: 'cannot run', reason: error.message, fix: error.fix };
  }
  const { end, unanswered } = played;
  if (unanswered !== undefined) {
    const { step, connection, do: capability, args } = unanswered;
    return {
      ...told,
      state: 'cannot run',
      end,
      reason: `step "${step}" asks ${connection} ${capability} with ${JSON.stringify(args)}, and the case has no answer.`,
      fix: `Write it to case.yaml: answers: { ${step}: ... }; null stands for nothing found.`,
    };
  }
  const differences = one.expected === null ? [] : compare(one.expected, played);
  if (one.expected !== null && differences.length === 0) return { ...told, state: 'fine', end };
  if (update) {
    writeFileSync(join(one.folder, 'expect.yaml'), expectationText(played, one.expected));
    return { ...told, state: 'written', end };
  }
  if (one.expected === null) {
    const reason = `there is no expect.yaml yet; it ended ${end}.`;
    return { ...told, state: 'cannot run', end, reason, fix: 'Write it: suture test --update, and read it.' };
  }
  // Why it failed is what a person needs first, when an end was expected that did not come.
  const why = differences.some(({ place }) => place === 'end') ? played.failure : undefined;
  return {
    ...told,
    state: 'differs',
    end,
    differences,
    ...(why ? { reason: why.message, fix: why.fix } : {}),
  };
}

function noCase(filter: string, cases: readonly Case[]): Failure {
  const names = cases.map((one) => `${one.flow}/${one.name}`);
  const near = nearest(filter, [...names, ...cases.flatMap(({ flow, name }) => [flow, name])]);
  return new Failure({
    code: 'NO_CASE',
    kind: 'config',
    message: `No case has "${filter}" in its name.`,
    fix: near ? `Did you mean "${near}"?` : `There are: ${names.slice(0, 10).join(', ') || 'none yet'}.`,
  });
}

/** `withheld by minimum necessary: PID-7, PID-11`; nothing where nothing was. */
export function withheldLines(withheld: Withheld | undefined): string[] {
  if (withheld === undefined) return [];
  if ('reason' in withheld) return [`    withheld whole by minimum necessary: ${withheld.reason}`];
  const { fields } = withheld;
  const more = fields.length > WITHHELD_SHOWN ? ` and ${fields.length - WITHHELD_SHOWN} more` : '';
  return [`    withheld by minimum necessary: ${fields.slice(0, WITHHELD_SHOWN).join(', ')}${more}`];
}

/** A difference as lines for people. */
export function differenceLines({ place, expected, got }: CaseDifference): string[] {
  const text = (value: Json | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return [`    ${place}`, `      expected  ${text(expected)}`, `      got       ${text(got)}`];
}
