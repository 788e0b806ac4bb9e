/**
 * What the main thread and the two store threads say to each other: JSON text and one buffer that is handed
 * over. JSON costs 1.6 us an append where a structured clone costs 2.1; and a clone of a small view copies
 * the whole buffer below it, so all payloads of a post are packed into one buffer of their own.
 */
import type { StepRecord } from '../../message/index.ts';
import type { FailureRecord, Json } from '../../std/index.ts';
import type { WrappedKey } from '../../vault/index.ts';
import type {
  Append,
  Appended,
  AuditEntry,
  Job,
  Leased,
  NewWrite,
  NoiseCount,
  OutcomeCount,
  PutDeployment,
  ReplayRequest,
  Settled,
  Settlement,
  SlotSwap,
  Store,
  StoredSession,
  StoredUser,
  StuckLane,
  WriteMove,
  WritePlan,
} from '../contract.ts';
import type { Exchange } from '../exchanges.ts';
import type { Given, Unreadable } from './lease.ts';
import type { Pruned, PruneRound } from './prune.ts';
import type { ShelveRound } from './shelve.ts';
import type { StuckHead, StuckQuery } from './stuck.ts';

/** Done by the writing thread, each inside a transaction. */
export interface Writes {
  append(unit: Append): readonly Appended[];
  lease(request: { readonly now: number; readonly limit: number }): Given;
  nextDue(): number | null;
  remember(work: {
    readonly deliveryId: string;
    readonly epoch: number;
    readonly steps: readonly StepRecord[];
  }): Settled;
  settle(settlement: Settlement): Settled;
  wake(request: { readonly now: number; readonly wakeOn?: string }): number;
  release(request: Parameters<Store['release']>[0]): number;
  stuckHeads(query: StuckQuery): readonly StuckHead[];
  answer(request: Parameters<Store['answer']>[0]): Settled;
  replay(request: ReplayRequest): readonly string[];
  probe(): null;
  countOutcomes(counts: readonly OutcomeCount[]): null;
  countNoise(counts: readonly NoiseCount[]): null;
  audit(entries: readonly AuditEntry[]): null;
  putSecret(name: string, value: string): null;
  swapSlot(swap: SlotSwap, now: number): boolean;
  putUser(user: StoredUser, audit: AuditEntry): null;
  putSession(session: StoredSession): null;
  endSession(id: string): null;
  putJob(job: Job, audit?: AuditEntry): null;
  putFlowVersion(version: string, flow: Json): null;
  planWrite(write: NewWrite): WritePlan;
  moveWrite(move: WriteMove): Settled;
  pruneWrites(request: { readonly endedBefore: number; readonly limit: number }): number;
  keepExchange(exchange: Omit<Exchange, 'id'>, body: Json): string;
  pruneExchanges(request: Parameters<Store['pruneExchanges']>[0]): number;
  putContent(content: readonly (readonly [hash: string, base64: string])[]): null;
  putDeployment(request: PutDeployment): string | null;
  dropContent(hashes: readonly string[]): number;
  prune(round: PruneRound): Pruned;
  shelve(round: ShelveRound): { readonly moved: number; readonly after: number; readonly done: boolean };
  sweep(limit: number): number;
  /** The key as base64. */
  rewrap(masterKey: string): number;
}

type Read<Name extends keyof Store> = Store[Name] extends (...args: infer Args) => Promise<infer Result>
  ? (...args: Args) => Result
  : never;

/** Done by the reading thread, each on one snapshot. */
export interface Reads {
  /** What was given out, from its rows. */
  leased(given: Given): readonly (Leased | Unreadable)[];
  cursor: Read<'cursor'>;
  seen(site: string, resource: string, identities: readonly string[]): readonly (readonly [string, string])[];
  cursors: Read<'cursors'>;
  uncounted: Read<'uncounted'>;
  rosterPage: Read<'rosterPage'>;
  rosterGet: Read<'rosterGet'>;
  search: Read<'search'>;
  stuckLanes(heads: readonly StuckHead[]): readonly StuckLane[];
  scan: Read<'scan'>;
  message: Read<'message'>;
  payload: Read<'payload'>;
  history: Read<'history'>;
  deadLetters: Read<'deadLetters'>;
  sleepers: Read<'sleepers'>;
  deadGroups: Read<'deadGroups'>;
  deliveries: Read<'deliveries'>;
  job: Read<'job'>;
  jobs: Read<'jobs'>;
  flowVersion: Read<'flowVersion'>;
  exchanges: Read<'exchanges'>;
  exchangeBody: Read<'exchangeBody'>;
  /** As base64. */
  content(hash: string): string | null;
  deployment: Read<'deployment'>;
  deployments: Read<'deployments'>;
  lacking: Read<'lacking'>;
  contents: Read<'contents'>;
  writes: Read<'writes'>;
  endedWrites: Read<'endedWrites'>;
  write: Read<'write'>;
  writtenBy(site: string, resultKeys: readonly string[]): readonly (readonly [string, string])[];
  tallies: Read<'tallies'>;
  noises: Read<'noises'>;
  backlog: Read<'backlog'>;
  ledger: Read<'ledger'>;
  outcomes: Read<'outcomes'>;
  auditTrail: Read<'auditTrail'>;
  verifyAudit: Read<'verifyAudit'>;
  getSecret: Read<'getSecret'>;
  slot(name: string, now: number): Awaited<ReturnType<Store['slot']>>;
  user: Read<'user'>;
  users: Read<'users'>;
  session: Read<'session'>;
}

export type Call = readonly [id: number, name: string, args: readonly unknown[]];

/** To a thread: `text` is JSON of calls. */
export interface Post {
  readonly text: string;
  readonly bytes: ArrayBuffer;
}

export type Answer =
  | readonly [id: number, ok: 1, value: unknown]
  | readonly [id: number, ok: 0, failure: FailureRecord];

/** From a thread: `text` is JSON of answers. */
export interface Reply {
  readonly text: string;
  readonly bytes: ArrayBuffer;
  /** The writer only: what the disk said. `null`: it committed. */
  readonly fault?: FailureRecord | null;
  /** The writer only: its log is long enough to be written back. */
  readonly full?: true;
}

/** First word of a thread. */
export type Greeting = { readonly ready: readonly WrappedKey[] } | { readonly failed: FailureRecord };

export interface ThreadData {
  readonly folder: string;
  readonly masterKey: Uint8Array;
}

type Slot = readonly [offset: number, length: number];

/** Collects bytes for one post. */
export class Parcel {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  put(bytes: Uint8Array): Slot {
    const slot: Slot = [this.#length, bytes.length];
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return slot;
  }

  close(): ArrayBuffer {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all.buffer;
  }
}

/** A copy of its own: whoever keeps one payload does not keep the whole post. */
const taken = (buffer: ArrayBuffer, slot: Slot): Uint8Array =>
  new Uint8Array(buffer.slice(slot[0], slot[0] + slot[1]));
const seenIn = (buffer: ArrayBuffer, slot: Slot): Uint8Array => new Uint8Array(buffer, slot[0], slot[1]);

/** The arguments of a call with bytes moved to the parcel. */
export function packArgs(name: string, args: readonly unknown[], parcel: Parcel): readonly unknown[] {
  if (name !== 'append') return args;
  const unit = args[0] as Append;
  return [
    { ...unit, messages: unit.messages.map((message) => ({ ...message, bytes: parcel.put(message.bytes) })) },
  ];
}

export function unpackArgs(name: string, args: readonly unknown[], buffer: ArrayBuffer): void {
  if (name !== 'append') return;
  for (const message of (args[0] as Append).messages) {
    (message as { bytes: unknown }).bytes = seenIn(buffer, message.bytes as unknown as Slot);
  }
}

/** The result of a call with bytes moved to the parcel. */
export function packResult(name: string, result: unknown, parcel: Parcel): unknown {
  if (name === 'leased') {
    return (result as readonly (Leased | Unreadable)[]).map((one) =>
      'failure' in one ? one : { ...one, bytes: parcel.put(one.bytes) },
    );
  }
  if (name === 'payload' && result !== null) return parcel.put(result as Uint8Array);
  return result;
}

export function unpackResult(name: string, result: unknown, buffer: ArrayBuffer): unknown {
  if (name === 'leased') {
    for (const one of result as (Leased | Unreadable)[]) {
      if ('failure' in one) continue;
      (one as { bytes: unknown }).bytes = taken(buffer, one.bytes as unknown as Slot);
    }
  } else if (name === 'payload' && result !== null) return taken(buffer, result as Slot);
  return result;
}
