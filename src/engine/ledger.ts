/** The ledger of writes as connections see it, on the store: keys and identities hashed, every move checked. */
import type { CallContext, LedgerEntry, WriteLedger } from '../connectors/index.ts';
import { type Clock, Failure } from '../std/index.ts';
import type { Settled, Store, WriteMove } from '../store/index.ts';
import type { KeyedHash } from './patient.ts';

export interface LedgerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly site: string;
  readonly connection: string;
}

/** A write that was planned and never sent, and whose delivery was not heard of for so long, keeps nobody back. */
export const IDLE_AFTER = 60_000;
/** When a write that is in the way is looked at again. */
const BUSY_PAUSE = 5_000;

export function createLedger(options: LedgerOptions): WriteLedger {
  const { store, clock, keyedHash, site, connection } = options;
  const at = { site, connection };
  const keyOf = (about: CallContext): string => keyedHash('write', site, about.idempotencyKey);
  const recordKey = (record: string): string => keyedHash('record', site, record);

  async function move(about: CallContext, moving: Omit<WriteMove, 'key' | 'at'>): Promise<Settled> {
    return store.moveWrite({ key: keyOf(about), at: clock.now(), ...moving });
  }

  return {
    async plan({ what, identity, body }, about): Promise<LedgerEntry> {
      const now = clock.now();
      const plan = await store.planWrite({
        key: keyOf(about),
        identity: keyedHash('write identity', site, identity),
        ...at,
        what,
        deliveryId: about.delivery,
        messageId: about.message.id,
        flow: about.flow,
        step: about.step,
        body,
        at: now,
        idleSince: now - IDLE_AFTER,
      });
      if (plan.kind === 'busy') throw busy(plan.by.deliveryId, plan.by.state, at);
      const { state, attempts, lookups, sentAt, result } = plan.write;
      if (state === 'refused') throw taken(at);
      return {
        state,
        attempts,
        lookups,
        sentAt,
        body: plan.write.body,
        result,
        twin: plan.twin?.result ?? null,
      };
    },
    async sending(about, attempts) {
      const moved = await move(about, { from: ['planned', 'unknown'], to: 'sending', attempts });
      if (moved === 'stale') throw taken(at);
    },
    async done(about, result, record) {
      // From planned, too: it was found, and nothing had to be sent.
      const moved = await move(about, {
        from: ['planned', 'sending', 'unknown', 'done'],
        to: 'done',
        result,
        ...(record === null ? {} : { resultKey: recordKey(record) }),
      });
      if (moved === 'stale') throw taken(at);
    },
    async refused(about, failure) {
      await move(about, { from: ['planned', 'sending'], to: 'refused', failure: failure.toJSON() });
    },
    async unsent(about, failure) {
      await move(about, { from: ['sending'], to: 'planned', failure: failure.toJSON() });
    },
    async unknown(about, failure, looked = false) {
      const from = ['sending', 'unknown'] as const;
      await move(about, {
        from,
        to: 'unknown',
        failure: failure.toJSON(),
        ...(looked ? { looked: true as const } : {}),
      });
    },
    async taken(about, records) {
      const byKey = new Map(records.map((record) => [recordKey(record), record]));
      const written = await store.writtenBy(site, [...byKey.keys()]);
      const own = keyOf(about);
      return new Set([...written].flatMap(([key, by]) => (by === own ? [] : [byKey.get(key) ?? key])));
    },
  };
}

const busy = (
  delivery: string,
  state: string,
  at: LedgerOptions | { site: string; connection: string },
): Failure =>
  new Failure({
    code: 'WRITE_BUSY',
    kind: 'conflict',
    message: `Another delivery (${delivery}) is writing the same record now; its write is ${state}.`,
    fix: 'Nothing at first: this one goes on when that one has ended. If that one is unknown, "suture writes" shows what to decide.',
    at: { site: at.site, connection: at.connection },
    retry: { again: true, after: BUSY_PAUSE, alone: true },
  });

const taken = (at: { site: string; connection: string }): Failure =>
  new Failure({
    code: 'WRITE_TAKEN',
    kind: 'conflict',
    message: 'Somebody else has gone on with this write in the meantime; nothing was sent from here.',
    fix: 'Nothing: it is looked at again.',
    at,
    retry: { again: true, after: 1_000, alone: true },
  });
