/**
 * One record, made once. The intent is on disk before anything goes out; after a lost answer the record is looked for before
 * anything goes out again, and what cannot be found out waits for a person.
 */
import { asFailure, type Clock, Failure, type Json } from '../../std/index.ts';
import type { CallContext, LedgerEntry, WriteLedger } from '../contract.ts';
import { HELD, writeFailure } from './failures.ts';

/** What a look at the other side gave. */
export type Looked =
  | { readonly kind: 'one'; readonly id: string; readonly resource: Readonly<Record<string, unknown>> }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'doubt'; readonly about: readonly string[] }
  /** The server cannot be asked, or did not show all it has. */
  | { readonly kind: 'unsearchable'; readonly why: string };

export interface Sent {
  /** `undefined`: done, and the server did not say under which id. */
  readonly id: string | undefined;
  readonly outcome: Outcome;
  readonly resource?: Json;
}

/** `sent`: taken by a route that tells no id. `differs`: it is there, other than it should be, and cannot be changed. */
export type Outcome = 'created' | 'found' | 'updated' | 'unchanged' | 'differs' | 'sent';

export interface WriteOnce {
  readonly what: string;
  readonly type: string;
  readonly identity: string;
  readonly body: Json;
  /** By which way it goes: told beside the outcome when it went. */
  readonly route?: string;
  /**
   * Looks for what the ledger holds: after a lost answer that is what went out, whatever the flow would say now.
   * @param sentAt When it went out; `null`: it did not.
   */
  readonly look: (entry: LedgerEntry, sentAt: number | null) => Promise<Looked>;
  /** What must hold right before it goes out; throws a Failure when it does not. */
  readonly guard: (entry: LedgerEntry) => Promise<void>;
  /** Whether it is looked for before it goes out the first time. */
  readonly lookFirst: boolean;
  /**
   * Sends what the ledger holds. A Failure of kind unknown-outcome: it may have been done; one that may be tried again: it
   * certainly was not; any other: it was refused.
   */
  readonly send: (entry: LedgerEntry) => Promise<Sent>;
  /** The refusal says that it is there already. */
  readonly isThere?: (failure: Failure) => boolean;
  /** It is there; left out: taken as it is. May write. */
  readonly found?: (looked: Extract<Looked, { kind: 'one' }>, entry: LedgerEntry) => Promise<Sent>;
  /** The other side knows a repeat by its key: found nowhere, it is sent again even if it cannot be looked for. */
  readonly repeatable?: boolean;
}

export interface WriteMeans {
  readonly ledger: WriteLedger;
  readonly clock: Clock;
  /** Milliseconds that a server is given until what it took can be found. */
  readonly settle: number;
  readonly about: CallContext;
}

/** The first look after a lost answer: most of what was lost on the way back is there already; milliseconds. */
const FIRST_LOOK = 2_000;

/** What the step gives: `{ id, reference, outcome }`, with the route when it went out, and the resource where there is one. */
export async function writeOnce(write: WriteOnce, means: WriteMeans): Promise<Json> {
  const { ledger, about } = means;
  const { what, identity, body } = write;
  const entry = await ledger.plan({ what, identity, body }, about);
  if (entry.state === 'done') return entry.result;
  if (entry.state === 'sending') {
    // The process died, or lost its lease, after this was written: nobody knows how far it got.
    await ledger.unknown(about, lostInBetween());
    return afterLost(write, means, entry);
  }
  if (entry.state === 'unknown') return afterLost(write, means, entry);
  // Another delivery has made the same before: it is not made a second time if it is still there.
  if (write.lookFirst || entry.twin !== null) {
    const looked = await write.look(entry, null);
    if (looked.kind === 'one') return adopt(write, means, looked, entry);
    if (looked.kind !== 'none') throw undecided(looked, 'conflict');
  }
  return go(write, means, entry);
}

async function go(write: WriteOnce, means: WriteMeans, entry: LedgerEntry): Promise<Json> {
  const { ledger, about, clock } = means;
  await write.guard(entry);
  await ledger.sending(about, entry.attempts);
  const sentAt = clock.now();
  let sent: Sent;
  try {
    sent = await write.send(entry);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.kind === 'unknown-outcome') {
      await ledger.unknown(about, failure);
      throw failure.retry.again ? later(failure, FIRST_LOOK) : failure;
    }
    if (write.isThere?.(failure)) return alreadyThere(write, means, failure, entry, sentAt);
    await (failure.retry.again ? ledger.unsent(about, failure) : ledger.refused(about, failure));
    throw failure;
  }
  if (sent.id === undefined && sent.outcome !== 'sent') {
    const failure = writeFailure('WRITE_SETTLING', {
      message: 'The server has made it and did not say under which id; it is looked for.',
    });
    await ledger.unknown(about, failure);
    throw later(failure, FIRST_LOOK);
  }
  return conclude(write, means, sent, write.route);
}

/** It went out, and nobody knows what became of it. */
async function afterLost(write: WriteOnce, means: WriteMeans, entry: LedgerEntry): Promise<Json> {
  const { ledger, about, clock, settle } = means;
  const looked = await write.look(entry, entry.sentAt);
  if (looked.kind === 'one') return adopt(write, means, looked, entry);
  const cannotAsk = looked.kind === 'unsearchable';
  if (looked.kind !== 'none' && !(cannotAsk && write.repeatable)) {
    const failure = undecided(looked, 'unknown-outcome');
    // What a person reads beside the write: why nobody but them can decide it.
    await ledger.unknown(about, failure);
    throw failure;
  }
  const left = (entry.sentAt ?? 0) + settle - clock.now();
  if (left > 0 || entry.lookups === 0) {
    const failure = writeFailure('WRITE_SETTLING');
    await ledger.unknown(about, failure, true);
    throw later(failure, Math.max(left, FIRST_LOOK), true);
  }
  return go(write, means, entry);
}

async function alreadyThere(
  write: WriteOnce,
  means: WriteMeans,
  failure: Failure,
  entry: LedgerEntry,
  sentAt: number,
): Promise<Json> {
  // Refused: nothing of ours went in. What is there may be older than our attempt.
  const looked = await write.look(entry, null).catch(async (error: unknown) => {
    await means.ledger.unknown(means.about, failure);
    throw error;
  });
  if (looked.kind === 'one')
    return conclude(write, means, { id: looked.id, outcome: 'found', resource: looked.resource as Json });
  await means.ledger.unknown(means.about, failure);
  throw writeFailure('WRITE_EXISTS', {
    message: `${failure.message} It was looked for at ${new Date(sentAt).toISOString()} and ${looked.kind === 'none' ? 'not found' : 'could not be told apart'}.`,
    cause: failure,
    retry: HELD,
  });
}

async function adopt(
  write: WriteOnce,
  means: WriteMeans,
  looked: Extract<Looked, { kind: 'one' }>,
  entry: LedgerEntry,
): Promise<Json> {
  const sent = write.found
    ? await write.found(looked, entry)
    : { id: looked.id, outcome: 'found' as const, resource: looked.resource as Json };
  return conclude(write, means, sent);
}

async function conclude(
  write: WriteOnce,
  { ledger, about }: WriteMeans,
  sent: Sent,
  route?: string,
): Promise<Json> {
  const reference = sent.id === undefined ? null : `${write.type}/${sent.id}`;
  const result: Json = {
    id: sent.id ?? null,
    reference,
    outcome: sent.outcome,
    ...(route === undefined ? {} : { route }),
    ...(sent.resource === undefined ? {} : { resource: sent.resource }),
  };
  await ledger.done(about, result, reference);
  return result;
}

function undecided(
  looked: Exclude<Looked, { kind: 'one' | 'none' }>,
  kind: 'conflict' | 'unknown-outcome',
): Failure {
  switch (looked.kind) {
    case 'several':
      return writeFailure('WRITE_SEVERAL', {
        kind,
        message: `${looked.count} records fit what is to be written; none was picked.`,
        retry: HELD,
      });
    case 'doubt':
      return writeFailure('WRITE_DIFFERS', {
        kind,
        message: `A record fits what is to be written, but ${looked.about.join(' and ')} could not be confirmed; it was not taken for it.`,
        at: { path: looked.about.join(', ') },
        retry: HELD,
      });
    default:
      return writeFailure('WRITE_UNSEARCHABLE', {
        kind,
        message: `It cannot be found out whether the record is there: ${looked.why}.`,
        retry: HELD,
      });
  }
}

const lostInBetween = (): Failure =>
  writeFailure('WRITE_SETTLING', {
    message: 'The engine stopped while this was on its way: nobody knows how far it got.',
  });

function later(failure: Failure, after: number, alone = false): Failure {
  const told = failure.retry.again ? (failure.retry.after ?? 0) : 0;
  const { code, kind, message, fix, at, cause, detail } = failure;
  const retry = {
    again: true,
    after: Math.max(told, after),
    ...(alone ? { alone: true as const } : {}),
  } as const;
  return new Failure({
    code,
    kind,
    message,
    fix,
    at,
    cause,
    retry,
    ...(detail === undefined ? {} : { detail }),
  });
}
