/** Heads that are due, given to this node. */
import type { StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Leased } from '../contract.ts';
import { openPayload } from '../payload.ts';
import type { KnownDeliveries } from '../sqlite/known.ts';
import type { Given, Unreadable } from '../sqlite/lease.ts';
import { messageOf } from '../sqlite/numbers.ts';
import { again } from './again.ts';
import { type Desk, SLOT } from './desk.ts';
import { faultOf, mayTryAgain, NODE_LOST, refusalOf, sqlStateOf } from './faults.ts';
import {
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
  namesOf,
  OPEN_COLUMNS,
} from './rows.ts';
import { stepReader } from './steps.ts';

const LEASE = { name: 'lease', text: 'SELECT id, fresh FROM lease_heads($1, $2, $3, $4, $5)' };
const LEASED = {
  name: 'leased',
  text: `
SELECT ${OPEN_COLUMNS}, ${MESSAGE_COLUMNS}, message.sealed
FROM unnest($1::bigint[]) AS wanted (id) JOIN open_delivery d USING (id) JOIN message ON message.id = d.id / 4096`,
};
const NEXT_DUE = {
  name: 'next-due',
  text: `
SELECT least(
  (SELECT min(due_at) FROM (
    SELECT o.due_at FROM open_delivery o
    WHERE o.candidate AND o.state = 0 AND o.shard IN (SELECT id FROM shard WHERE node = $1)
    ORDER BY o.due_at LIMIT 1
  ) one),
  (SELECT wake_at FROM open_delivery WHERE state = 2 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1)
) AS due`,
};
const RUNNING_HERE = 'SELECT id, epoch FROM open_delivery WHERE state = 1 AND epoch >> 32 = $1';
const GIVE_BACK = 'SELECT give_back($1, $2, $3)';
const TRIES = 8;
/** With other nodes at work: look again after so many milliseconds, for what they have put into our lanes. */
const LOOK_AGAIN = 200;

/** What this node has leased and not settled. */
export interface InHand {
  get(
    deliveryId: string,
  ): { readonly epoch: number; readonly attempts: number; readonly flow: string } | undefined;
  put(
    deliveryId: string,
    lease: { readonly epoch: number; readonly attempts: number; readonly flow: string },
  ): void;
  drop(deliveryId: string, epoch: number): void;
  /** All of a lease whose answer never reached anybody. */
  forget(epoch: number): void;
  clear(): void;
}

export function openInHand(): InHand {
  const held = new Map<string, { epoch: number; attempts: number; flow: string }>();
  return {
    get: (id) => held.get(id),
    put: (id, lease) => void held.set(id, lease),
    drop(id, epoch) {
      if (held.get(id)?.epoch === epoch) held.delete(id);
    },
    forget(epoch) {
      for (const [id, lease] of held) if (lease.epoch === epoch) held.delete(id);
    },
    clear: () => held.clear(),
  };
}

type Columns = DeliveryColumns & MessageColumns & { readonly sealed: Uint8Array };

export function lessor(desk: Desk, known: KnownDeliveries, inHand: InHand) {
  const { dictionary, keys, node, read, writers } = desk;
  const stepsOf = stepReader(desk);

  /** Leases whose answer is on its way to the engine. */
  const underWay = new Set<number>();

  const lease = async (request: { readonly now: number; readonly limit: number }): Promise<Given> => {
    for (let tried = 1; ; tried++) {
      if (!node.holds()) await node.beat();
      const epoch = node.nextEpoch();
      underWay.add(epoch);
      try {
        const rows = await writers.lease.ask<{ id: number; fresh: boolean }>(LEASE, [
          node.slot(SLOT.lease),
          node.id,
          epoch,
          request.now,
          request.limit,
        ]);
        // What another node has had in hand since is not as it was when it came.
        for (const row of rows) {
          if (!row.fresh) known.take(row.id, epoch);
          inHand.put(String(row.id), { epoch, attempts: 0, flow: '' });
        }
        if (rows.length === 0) underWay.delete(epoch);
        return { epoch, ids: rows.map((row) => row.id) };
      } catch (error) {
        underWay.delete(epoch);
        if (tried >= TRIES) throw faultOf(error) ?? refusalOf(error);
        if (sqlStateOf(error) === NODE_LOST) await node.beat();
        else if (!mayTryAgain(error)) throw faultOf(error) ?? refusalOf(error);
      }
    }
  };

  const leasedFrom = (row: Columns, epoch: number, steps: readonly StepRecord[]): Leased => ({
    delivery: deliveryFrom(row, dictionary),
    epoch,
    message: messageFrom(row, dictionary),
    bytes: openPayload(keys.vault, row.m_id, row.m_size, row.sealed),
    remembered: steps,
  });
  /** What was given out, from its rows. */
  const leased = async ({ epoch, ids }: Given): Promise<readonly (Leased | Unreadable)[]> => {
    // On the lease's own session, which plans it once: with the partitions of all messages, a plan costs more than its rows.
    const rows = await again(() => writers.lease.ask<Columns>(LEASED, [ids]));
    await keys.fetch(rows.map((row) => row.sealed));
    await dictionary.fetch(
      rows.map((row) => row.m_connection),
      namesOf(rows),
    );
    let steps: ReadonlyMap<number, StepRecord[]> = new Map();
    let broken: FailureRecord | undefined;
    try {
      steps = await stepsOf(rows.filter((row) => row.steps > 0).map((row) => row.id));
    } catch (error) {
      if (faultOf(error)) throw error;
      broken = refusalOf(error).toJSON();
    }
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id): Leased | Unreadable => {
      const row = byId.get(id);
      try {
        if (row === undefined) throw new RangeError(`message ${messageOf(id)} is not there`);
        if (broken && row.steps > 0) return { id, failure: broken };
        return leasedFrom(row, epoch, steps.get(id) ?? []);
      } catch (error) {
        return { id, failure: refusalOf(error).toJSON() };
      }
    });
  };

  return {
    lease,
    leased,
    /** The lease has reached the engine, or never will. */
    arrived(epoch: number, reached: boolean): void {
      underWay.delete(epoch);
      if (!reached) inHand.forget(epoch);
    },
    /**
     * What the database has as running here and nobody here knows of: the answer to its lease was lost. Nothing was done
     * with it, so it goes back as it was.
     */
    async reclaim(): Promise<boolean> {
      const rows = await writers.lease.ask<{ id: number; epoch: number }>(RUNNING_HERE, [node.id]);
      const lost = rows.filter(
        (row) => !underWay.has(row.epoch) && inHand.get(String(row.id))?.epoch !== row.epoch,
      );
      if (lost.length === 0) return false;
      const pairs = [lost.map((row) => row.id), lost.map((row) => row.epoch)];
      await writers.lease.ask(GIVE_BACK, [node.slot(SLOT.lease), ...pairs]);
      return true;
    },
    async nextDue(): Promise<number | null> {
      const [row] = await read<{ due: number | null }>(NEXT_DUE, [node.id]);
      const due = row?.due ?? null;
      if (!node.hasPeers) return due;
      const look = desk.clock.now() + LOOK_AGAIN;
      return due === null ? look : Math.min(due, look);
    },
  };
}
