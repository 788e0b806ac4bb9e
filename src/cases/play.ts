/** Plays a flow on one message with the real interpreter, against answers that are written down: no network, no clock. */

import type { Flow } from '../flow/index.ts';
import {
  type Command,
  type EventContext,
  eventContext,
  matches,
  NECESSARY_STEP,
  next,
  type Permitted,
  type PreparedFlow,
  permittedCall,
  prepare,
  rememberedOf,
  type TraceEntry,
  trace,
  triggerText,
} from '../flow/index.ts';
import { peek } from '../hl7/index.ts';
import type { Format, StepRecord } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type FailureKind, type FailureRecord, type Json, retryByKind } from '../std/index.ts';
import { withheldFields } from './withheld.ts';

export interface PlayedCall {
  readonly step: string;
  readonly connection: string;
  readonly do: string;
  readonly args: Json;
  readonly effect: boolean;
  /** What was taken for its answer. */
  readonly answer?: Json;
}

export interface Played {
  /** As an expectation says it: `filtered at booked`. */
  readonly end: string;
  readonly calls: readonly PlayedCall[];
  /** The steps with what went in and came out. */
  readonly trace: readonly TraceEntry[];
  readonly failure?: FailureRecord;
  /** What calls and code gave, by step. */
  readonly remembered: ReadonlyMap<string, Json>;
  /** What minimum necessary keeps from the flow; left out: nothing. */
  readonly withheld?: Withheld;
  /** Asked something for which there is no answer. */
  readonly unanswered?: PlayedCall;
}

/** Why the flow sees nothing of the record; or the fields that were taken out, by name. */
export type Withheld = { readonly reason: string } | { readonly fields: readonly string[] };

/** What a call is answered with; `undefined`: nothing is written down for it. */
export type Answers = (call: PlayedCall, later: boolean) => Json | undefined;

export interface PlayRequest {
  readonly flow: Flow;
  readonly site: SiteRecord;
  readonly bytes: Uint8Array;
  /** The file’s name decides what is not clear from the bytes. */
  readonly type?: string;
  readonly connection?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly answers: Answers;
  /** Runs the script of a code step, in the sandbox. */
  readonly script?: (run: {
    readonly script: string;
    readonly source: string;
    readonly input: Json;
    readonly signal: AbortSignal;
    readonly at: number;
    readonly timeZone: string;
  }) => Promise<Json>;
  /** What the flow may see at the site; left out: everything. */
  readonly see?: (
    site: SiteRecord,
    flow: Flow,
    message: { readonly format: Format; readonly connection?: string },
    bytes: Uint8Array,
  ) => Permitted | Promise<Permitted>;
  /** Remembered from before: a run that begins at a later step. */
  readonly remembered?: ReadonlyMap<string, Json>;
}

const MOST_COMMANDS = 2_000;
const SCRIPT_MS = 60_000;

export async function play(request: PlayRequest): Promise<Played> {
  const { flow, site } = request;
  const calls: PlayedCall[] = [];
  const message = messageOf(request);
  if (flow.trigger.kind !== 'cds' && !matches(flow.trigger, message)) {
    return {
      end: `does not start: it starts on ${triggerText(flow.trigger)}, and this is ${message.type || message.format}`,
      calls,
      trace: [],
      remembered: new Map(),
    };
  }
  let prepared: PreparedFlow;
  let context: EventContext;
  let withheld: Withheld | null = null;
  try {
    prepared = prepare(flow);
    const seen = await visible(request, message);
    if ('reason' in seen) {
      const end = `filtered at ${NECESSARY_STEP}`;
      return { end, calls, trace: [], remembered: new Map(), withheld: seen };
    }
    context = eventContext(message, seen.bytes, site);
    if (seen.bytes !== request.bytes)
      withheld = { fields: withheldFields(message.format, request.bytes, seen.bytes) };
  } catch (error) {
    const failure = asFailure(error, { flow: flow.name }).toJSON();
    return { end: `failed: ${failure.code}`, calls, trace: [], failure, remembered: new Map() };
  }
  const played = await new Playing(request, prepared, context, calls).toTheEnd();
  return withheld === null ? played : { ...played, withheld };
}

/** What the flow may see, as the engine shows it: of a call of CDS Hooks, the permitted elements of what was sent along. */
async function visible(
  { see, flow, site, bytes }: PlayRequest,
  message: ReturnType<typeof messageOf>,
): Promise<{ readonly bytes: Uint8Array } | { readonly reason: string }> {
  const seen = await see?.(site, flow, message, bytes);
  if (seen === undefined || (seen.seen && seen.removed === 0)) return { bytes };
  if (!seen.seen) return { reason: seen.reason };
  return flow.trigger.kind === 'cds'
    ? { bytes: permittedCall(site, flow, JSON.parse(Buffer.from(bytes).toString())) }
    : { bytes: seen.bytes };
}

/** What kind of message the bytes are, as a connection would say. */
export function messageOf({
  flow,
  bytes,
  type,
  connection,
}: Pick<PlayRequest, 'flow' | 'bytes' | 'type' | 'connection'>): {
  readonly format: Format;
  readonly type: string;
  readonly connection: string;
} {
  const { trigger } = flow;
  const there = connection ?? ('connection' in trigger ? (trigger.connection ?? '') : '');
  const text = Buffer.from(bytes).toString('utf8').trimStart();
  if (/^MSH./.test(text)) return { format: 'hl7', type: type ?? peek(bytes).type, connection: there };
  let resource: unknown;
  try {
    resource = (JSON.parse(text) as { resourceType?: unknown } | null)?.resourceType;
  } catch {
    return { format: 'text', type: type ?? '', connection: there };
  }
  if (typeof resource !== 'string') return { format: 'json', type: type ?? '', connection: there };
  const change = trigger.kind === 'event' ? (trigger.changes[0] ?? 'created') : 'created';
  return { format: 'fhir', type: type ?? `${resource}.${change}`, connection: there };
}

class Playing {
  readonly #request: PlayRequest;
  readonly #prepared: PreparedFlow;
  readonly #context: EventContext;
  readonly #calls: PlayedCall[];
  readonly #records = new Map<string, StepRecord>();
  #now: number;
  #slept = false;

  constructor(request: PlayRequest, prepared: PreparedFlow, context: EventContext, calls: PlayedCall[]) {
    this.#request = request;
    this.#prepared = prepared;
    this.#context = context;
    this.#calls = calls;
    this.#now = request.now;
    for (const [step, output] of request.remembered ?? []) this.#remember(step, output);
  }

  async toTheEnd(): Promise<Played> {
    for (let count = 0; count < MOST_COMMANDS; count += 1) {
      const done = await this.#one(next(this.#prepared, this.#context, this.#remembered()));
      if (done !== undefined) {
        return {
          calls: this.#calls,
          trace: trace(this.#prepared, this.#context, this.#remembered()),
          remembered: new Map(
            [...this.#records].map(([step, { output }]): [string, Json] => [step, output as Json]),
          ),
          ...done,
        };
      }
    }
    return {
      end: `did not end within ${MOST_COMMANDS} steps`,
      calls: this.#calls,
      trace: [],
      remembered: new Map(),
    };
  }

  #remembered(): Map<string, unknown> {
    return rememberedOf(this.#prepared.flow, [...this.#records.values()]);
  }

  #remember(step: string, output: unknown): void {
    this.#records.set(step, { step, output: output as Json, startedAt: this.#now, ms: 0 } as StepRecord);
  }

  async #one(command: Command): Promise<Pick<Played, 'end' | 'failure' | 'unanswered'> | undefined> {
    switch (command.kind) {
      case 'end':
        return { end: command.state === 'filtered' ? `filtered at ${command.step}` : command.state };
      case 'hold':
        return { end: `held at ${command.step}: ${command.reason}`, failure: command.failure.toJSON() };
      case 'fail':
        return {
          end: `failed at ${command.step}: ${command.failure.code}`,
          failure: command.failure.toJSON(),
        };
      case 'call':
        return this.#call(command);
      case 'code':
        return this.#code(command.step, () => command.run(structuredClone(command.input)));
      case 'script':
        return this.#code(command.step, () => this.#script(command));
      case 'sleep':
        return this.#sleep(command);
    }
  }

  #call({
    step,
    connection,
    do: capability,
    args,
    effect,
  }: Command & { kind: 'call' }): Pick<Played, 'end' | 'failure' | 'unanswered'> | undefined {
    const asked: PlayedCall = { step, connection, do: capability, args, effect };
    // Null is an answer, too: nothing was found.
    const written = this.#request.answers(asked, this.#slept);
    const answer = written === undefined && effect ? madeUp(asked) : written;
    if (answer === undefined) {
      this.#calls.push(asked);
      return {
        end: `stopped at ${step}: there is no answer to ${connection} ${capability}`,
        unanswered: asked,
      };
    }
    const call = { ...asked, answer };
    this.#calls.push(call);
    const failure = failureOf(call, this.#prepared.flow.name, this.#request.site.site);
    if (failure !== undefined) return { end: `failed at ${step}: ${failure.code}`, failure };
    this.#remember(step, effect ? answer : matchesOf(answer));
    return undefined;
  }

  #script({ script, source, input }: Command & { kind: 'script' }): Promise<Json> {
    const { script: run, site } = this.#request;
    if (run === undefined) throw new Error('there is no sandbox here');
    const signal = AbortSignal.timeout(SCRIPT_MS);
    return run({ script, source, input: input as Json, signal, at: this.#now, timeZone: site.timeZone });
  }

  async #code(step: string, run: () => unknown): Promise<Pick<Played, 'end' | 'failure'> | undefined> {
    try {
      const value: unknown = await run();
      // As the store would keep it.
      this.#remember(step, value === undefined ? null : JSON.parse(JSON.stringify(value)));
      return undefined;
    } catch (error) {
      const failure = asFailure(error, { flow: this.#prepared.flow.name, step });
      const said = error instanceof Error ? error.message : String(error);
      const message = failure.code === 'DEFECT' ? `The code threw: ${said}` : failure.message;
      return { end: `failed at ${step}: ${failure.code}`, failure: { ...failure.toJSON(), message } };
    }
  }

  #sleep(command: Command & { kind: 'sleep' }): Pick<Played, 'end'> | undefined {
    const { step, until, after, wakes, asked } = command;
    const call: PlayedCall = { step, connection: '', do: asked.kind, args: {}, effect: false };
    const answer = this.#request.answers(call, this.#slept);
    const wakeAt = until ?? (after === null ? null : this.#now + after);
    const base = { since: this.#now, wakeAt };
    const ended = endOfSleep(asked.kind, answer, { ...base, now: this.#now, wakes });
    if (ended === undefined) {
      return {
        end: `sleeping at ${step}${wakeAt === null ? '' : ` until ${new Date(wakeAt).toISOString()}`}`,
      };
    }
    const wokenAt = Math.max(this.#now, ended.by === 'time' ? (wakeAt ?? this.#now) : this.#now);
    // A moment later: what was found before is from before the sleep.
    this.#remember(step, { ...base, wokenAt, ...ended });
    this.#now = wokenAt + 1;
    this.#slept = true;
    return undefined;
  }
}

/** How a sleep ends in a case: an approval needs an answer, a wait ends by its time unless something else is written. */
function endOfSleep(
  kind: 'wait' | 'approve',
  answer: Json | undefined,
  { wakeAt, wakes }: { wakeAt: number | null; wakes: boolean; now: number; since: number },
): ({ readonly by: 'time' | 'event' | 'person' } & Record<string, unknown>) | undefined {
  if (kind === 'approve') {
    if (answer === 'approved' || answer === 'refused') {
      return { by: 'person', approved: answer === 'approved', who: 'tester', reason: '' };
    }
    return answer === 'late' ? { by: 'time' } : undefined;
  }
  if (answer === 'sleeps') return undefined;
  if (answer === 'cancelled') return { by: 'event', cancelled: true };
  if (answer === 'came' || (wakes && wakeAt === null)) return { by: 'event' };
  return { by: 'time' };
}

/** A find may be answered with its matches, a list of them, one, or null for none. */
function matchesOf(answer: Json): Json {
  if (answer === null) return { matches: [] };
  if (Array.isArray(answer)) return { matches: answer };
  if (typeof answer === 'object' && Array.isArray((answer as { matches?: unknown }).matches)) return answer;
  return { matches: [answer] };
}

/** What a connection would say of something that was done, when the case does not care. */
const madeUp = ({ step }: PlayedCall): Json => ({ id: `${step}-1`, reference: null, outcome: 'created' });

function failureOf(
  { step, connection, answer }: PlayedCall,
  flow: string,
  site: string,
): FailureRecord | undefined {
  const fails = (answer as { fails?: unknown } | null | undefined)?.fails;
  if (typeof fails !== 'object' || fails === null) return undefined;
  const {
    code = 'REFUSED',
    kind = 'rejected',
    message = 'The case says that this fails.',
  } = fails as {
    code?: string;
    kind?: FailureKind;
    message?: string;
  };
  const retry = retryByKind[kind] ?? { again: false };
  return { code, kind, message, fix: 'See the case’s answers.', at: { site, connection, flow, step }, retry };
}
