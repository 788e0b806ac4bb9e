/** A ledger of writes in a map: what the engine keeps on the store. */
import { Failure, type Json } from '../std/index.ts';
import type { CallContext, LedgerEntry, WriteLedger } from './contract.ts';

export interface Entry {
  what: string;
  identity: string;
  body: Json;
  state: LedgerEntry['state'] | 'refused';
  attempts: number;
  lookups: number;
  sentAt: number | null;
  result: Json;
  record: string | null;
  failure: Failure | null;
}

export interface TestLedger extends WriteLedger {
  /** By idempotency key. */
  readonly entries: Map<string, Entry>;
  /** Every move, as `state before -> state`. */
  readonly moves: string[];
  /** What the clock says when something is sent. */
  now: () => number;
}

const OPEN = ['planned', 'sending', 'unknown'];

export function testLedger(): TestLedger {
  const entries = new Map<string, Entry>();
  const moves: string[] = [];
  const of = (about: CallContext): Entry => entries.get(about.idempotencyKey) as Entry;
  function move(about: CallContext, to: Entry['state'], more: Partial<Entry> = {}): void {
    const entry = of(about);
    moves.push(`${entry.state} -> ${to}`);
    Object.assign(entry, { state: to, ...more });
  }
  const conflict = (code: string): Failure =>
    new Failure({ code, kind: 'conflict', message: code, fix: 'Wait.', retry: { again: true, alone: true } });
  const ledger: TestLedger = {
    entries,
    moves,
    now: () => Date.now(),
    async plan({ what, identity, body }, about) {
      const others = [...entries].filter(
        ([key, one]) => key !== about.idempotencyKey && one.identity === identity,
      );
      const own = entries.get(about.idempotencyKey);
      const fresh = own === undefined || own.state === 'planned' || own.state === 'refused';
      if (fresh && others.some(([, one]) => OPEN.includes(one.state))) throw conflict('WRITE_BUSY');
      if (own === undefined) {
        entries.set(about.idempotencyKey, {
          ...{ what, identity, body, state: 'planned', attempts: 0, lookups: 0, sentAt: null },
          ...{ result: null, record: null, failure: null },
        });
        moves.push('planned');
      } else if (fresh) Object.assign(own, { what, identity, body, state: 'planned' });
      const entry = of(about);
      const twin = others.filter(([, one]) => one.state === 'done').at(-1)?.[1];
      return { ...entry, state: entry.state as LedgerEntry['state'], twin: twin?.result ?? null };
    },
    async sending(about, attempts) {
      const { state, attempts: had } = of(about);
      if (!['planned', 'unknown'].includes(state) || had !== attempts) throw conflict('WRITE_TAKEN');
      move(about, 'sending', { attempts: had + 1, lookups: 0, sentAt: ledger.now() });
    },
    async done(about, result, record) {
      move(about, 'done', { result, record });
    },
    async refused(about, failure) {
      move(about, 'refused', { failure });
    },
    async unsent(about, failure) {
      move(about, 'planned', { failure });
    },
    async unknown(about, failure, looked = false) {
      move(about, 'unknown', { failure, lookups: of(about).lookups + (looked ? 1 : 0) });
    },
    async taken(about, records) {
      const theirs = [...entries].filter(
        ([key, one]) => key !== about.idempotencyKey && one.state === 'done',
      );
      return new Set(
        theirs.flatMap(([, { record }]) => (record !== null && records.includes(record) ? [record] : [])),
      );
    },
  };
  return ledger;
}
