/** Runs a flow for one CDS Hooks call: every find at once when it comes to it, nothing remembered, nothing sent. */
import { randomUUID } from 'node:crypto';
import { cardsFrom, cdsFailure } from '../connectors/index.ts';
import {
  type CdsTrigger,
  type EventContext,
  eventContext,
  next,
  type PreparedFlow,
  permittedCall,
} from '../flow/index.ts';
import { asFailure, type Clock, Failure, type Json } from '../std/index.ts';
import type { Gate } from './gate.ts';
import type { Necessary } from './necessary.ts';
import type { Asked } from './respond-request.ts';
import type { RunScript } from './scripts.ts';
import type { Open } from './view.ts';

export interface RunOptions {
  readonly open: () => readonly Open[];
  readonly enter: Gate['enter'];
  readonly see: Necessary['see'];
  /** Runs a code step's script in the sandbox. */
  readonly script: RunScript;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Serving {
  readonly prepared: PreparedFlow;
  readonly version: string;
  readonly trigger: CdsTrigger;
}

/** What a flow said, and what was found on the way. */
export interface Said {
  readonly cards: readonly unknown[];
  readonly findings: readonly Failure[];
}

/** No flow needs more commands for one answer; past it, it goes in a circle. */
const MOST_COMMANDS = 200;
export async function runFlow(
  options: RunOptions,
  one: Open,
  { prepared, trigger }: Serving,
  asked: Asked,
  signal: AbortSignal,
): Promise<Said> {
  const findings: Failure[] = [];
  const prefetch = await completed(one, trigger, asked, signal, findings);
  const bytes = await visible(options, one, prepared.flow, { ...asked.rest, prefetch });
  if (bytes === null) return { cards: [], findings };
  const context: EventContext = eventContext({ format: 'json', type: `cds.${asked.hook}` }, bytes, one.site);
  const remembered = new Map<string, unknown>();
  for (let turn = 0; turn < MOST_COMMANDS; turn++) {
    signal.throwIfAborted();
    const command = next(prepared, context, remembered);
    switch (command.kind) {
      case 'end': {
        const { cards, faults } = cardsFrom(command.cards ?? [], randomUUID);
        findings.push(...faults.map((fault) => cdsFailure('CDS_CARD', { message: `The ${fault}.` })));
        return { cards, findings };
      }
      case 'fail':
      case 'hold':
        throw command.failure;
      case 'sleep':
        throw cdsFailure('CDS_LATE', { message: 'A flow that answers in the request cannot wait.' });
      case 'code': {
        const output = JSON.parse(JSON.stringify((await command.run(command.input)) ?? null));
        remembered.set(command.step, output);
        break;
      }
      case 'script': {
        const { script, source, input } = command;
        const { timeZone } = one.site;
        const at = options.clock.now();
        const run = { script, source, input: input as Json, signal, at, timeZone };
        remembered.set(command.step, await options.script(run));
        break;
      }
      case 'call':
        remembered.set(
          command.step,
          await ask(options, { site: one.site.site, flow: prepared.flow.name }, command, bytes, signal),
        );
    }
  }
  throw new Failure({
    code: 'FLOW_ENDLESS',
    kind: 'defect',
    message: `The flow asked for more than ${MOST_COMMANDS} steps for one answer.`,
    fix: 'Look for a step that repeats itself.',
  });
}

/** What the flow may see of the call: nothing of a patient outside the population; of each resource its permitted elements. */
async function visible(
  { see }: RunOptions,
  { site, name }: Open,
  flow: PreparedFlow['flow'],
  event: Readonly<Record<string, unknown>> & { readonly prefetch: unknown },
): Promise<Uint8Array | null> {
  const place = { format: 'json' as const, connection: name };
  const whole = new Uint8Array(Buffer.from(JSON.stringify(event)));
  const seen = await see(site, flow, place, whole, true);
  if (!seen.seen) return null;
  return seen.removed === 0 ? whole : permittedCall(site, flow, event);
}

/** A find at a connection of the site; what changes something is refused by the flow's check already. */
async function ask(
  options: RunOptions,
  { site, flow }: { readonly site: string; readonly flow: string },
  command: { step: string; connection: string; do: string; args: Json; effect: boolean },
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Json> {
  const at = { site, connection: command.connection, flow, step: command.step };
  const one = options.open().find((each) => each.site.site === site && each.name === command.connection);
  if (one?.connection.call === undefined || command.effect) {
    throw new Failure({
      code: 'CONNECTION_MISSING',
      kind: 'config',
      message: `This site has no connection "${command.connection}" that can be asked.`,
      fix: 'Add it to the site record, or correct the name in the flow.',
      at,
    });
  }
  const id = `cds-${randomUUID()}`;
  const pass = options.enter({ site, connection: command.connection }, id);
  if (!pass.open) {
    throw new Failure({
      code: 'CONNECTION_PAUSED',
      kind: 'unreachable',
      message: `The connection "${command.connection}" is not called now.`,
      fix: 'Look at why it fails on Home.',
      at,
    });
  }
  try {
    const output = await one.connection.call(
      { do: command.do, args: command.args },
      {
        idempotencyKey: id,
        delivery: id,
        attempt: 1,
        possibleDuplicate: false,
        flow,
        step: command.step,
        message: { id, bytes, format: 'json' },
        signal,
      },
    );
    pass.ended(null);
    return output;
  } catch (error) {
    const failure = asFailure(error, at);
    pass.ended(signal.aborted ? 'cut' : failure);
    throw failure;
  }
}

/** What the hospital sent; what is missing is read with its token if the flow says so, all at once. */
async function completed(
  one: Open,
  trigger: CdsTrigger,
  asked: Asked,
  signal: AbortSignal,
  findings: Failure[],
): Promise<Record<string, unknown>> {
  const keys = Object.keys(trigger.prefetch);
  const entries = await Promise.all(
    keys.map(async (key): Promise<[string, unknown]> => {
      const sent = asked.prefetch[key];
      if (sent !== undefined && sent !== null) return [key, sent];
      const { token, server } = asked;
      if (!trigger.readMissing || token === null || server === null || !one.connection.cds)
        return [key, null];
      try {
        const template = trigger.prefetch[key] ?? '';
        const read = await one.connection.cds.read({
          template,
          call: asked.context,
          token,
          server,
          signal,
        });
        if (read === null) {
          findings.push(
            cdsFailure('CDS_PREFETCH_MISSING', {
              message: `The prefetch "${key}" was not sent and could not be read.`,
            }),
          );
        }
        return [key, read];
      } catch (error) {
        signal.throwIfAborted();
        findings.push(asFailure(error));
        return [key, null];
      }
    }),
  );
  // Everything else that was sent stays to be seen: Epic's prefetch is set up by the site.
  return { ...asked.prefetch, ...Object.fromEntries(entries) };
}
