/**
 * This process as one of the nodes: its number, its shards of lanes, and for how long its leases hold. A node that could
 * not renew in time has lost what it leased, whatever the database still says: others may have taken over.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';
import { SLOT, SLOTS_OF_NODE } from './desk.ts';
import { NODE_LOST, sqlStateOf } from './faults.ts';
import type { Session } from './session.ts';

/** Milliseconds: a lease without a renewal. */
export const LEASE_MS = 15_000;
/** Renewed so many times within a lease. */
const BEATS = 5;

const REGISTER = 'SELECT id, number FROM register_node($1, $2, $3, $4)';
const BEAT = 'SELECT alive, shards, taken FROM beat($1, $2, $3)';
const TAKE_OVER = 'SELECT take_over($1, $2)';
const SAME_MACHINE = 'SELECT id, pid FROM node WHERE machine = $1';

/** Epochs of one registration: its number times this, counted up with each lease. */
const LEASES_OF_NODE = 2 ** 32;

export interface NodeLease {
  /** Of this registration; another after the leases were lost. */
  readonly id: number;
  /** More than one node is at work. */
  readonly hasPeers: boolean;
  /** What is leased still belongs to this node. */
  holds(): boolean;
  nextEpoch(): number;
  /** The epoch is of this registration. */
  owns(epoch: number): boolean;
  /** The tallies of one of its sessions. */
  slot(session: number): number;
  /** Renews, takes over from nodes that are gone, evens out the shards. */
  beat(): Promise<void>;
  /** Gives back what is in hand, and leaves. */
  leave(): Promise<void>;
  stop(): void;
}

export interface NodeOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly name: string;
  readonly leaseMs: number;
  /** After each beat: leases may have come or gone. */
  readonly lost: () => void;
  /** Shards, peers, or what a dead node left have come to this one. */
  readonly gained: () => void;
  readonly upkeep: () => Promise<void>;
}

/** Names this machine as far as process ids mean something on it; `null` where that cannot be told. */
function thisMachine(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Reads, and records what was read: no shards, no leases. */
export function standAside(): NodeLease {
  const refuse = (): Promise<never> =>
    Promise.reject(
      storeFailure('STORE_REFUSED', 'The store was opened to look only: it takes part in no work.'),
    );
  return {
    id: -1,
    hasPeers: false,
    holds: () => false,
    nextEpoch: () => -1,
    owns: () => false,
    slot: (of) => 1_001 * SLOTS_OF_NODE + of,
    beat: refuse,
    leave: () => Promise.resolve(),
    stop: () => undefined,
  };
}

export async function joinNodes(options: NodeOptions): Promise<NodeLease> {
  const { session, clock, leaseMs } = options;
  const machine = thisMachine();
  let id = 0;
  let number = 0;
  let leases = 0;
  let alive = 1;
  let shards = 0;
  let until = Number.NEGATIVE_INFINITY;
  let cancel: () => void = () => undefined;
  let stopped = false;
  /** Earlier numbers of this node that may still have something in hand. */
  const lost = new Set<number>();

  const slotOf = (of: number): number => number * SLOTS_OF_NODE + of;
  const register = async (): Promise<void> => {
    const sent = clock.elapsed();
    const [row] = await session.ask<{ id: number; number: number }>(REGISTER, [
      options.name,
      machine,
      process.pid,
      leaseMs,
    ]);
    if (!row) throw storeFailure('DATABASE_UNREACHABLE', 'The database gave this node no number.');
    ({ id, number } = row);
    leases = 0;
    until = sent + leaseMs;
  };
  /** A node of this machine whose process is gone will not come back: nobody need wait for its leases to expire. */
  const takeOverDead = async (): Promise<void> => {
    if (machine === null) return;
    for (const other of await session.ask<{ id: number; pid: number }>(SAME_MACHINE, [machine])) {
      if (other.id !== id && isDead(other.pid)) await session.ask(TAKE_OVER, [slotOf(SLOT.other), other.id]);
    }
  };
  const renew = async (): Promise<void> => {
    const sent = clock.elapsed();
    const [row] = await session.ask<{ alive: number; shards: number; taken: number }>(BEAT, [
      slotOf(SLOT.other),
      id,
      leaseMs,
    ]);
    until = sent + leaseMs;
    const now = { alive: row?.alive ?? 1, shards: row?.shards ?? 0 };
    const more = now.alive > alive || now.shards > shards || (row?.taken ?? 0) > 0;
    ({ alive, shards } = now);
    if (more) options.gained();
  };
  /** Also what an earlier try, cut short, has left under its number. */
  const takeBack = async (): Promise<void> => {
    if (lost.size === 0) return;
    for (const one of lost) {
      await session.ask(TAKE_OVER, [slotOf(SLOT.other), one]);
      lost.delete(one);
    }
    options.gained();
  };
  /** From here on under another number; what was in hand comes back flagged. */
  const again = async (): Promise<void> => {
    lost.add(id);
    until = Number.NEGATIVE_INFINITY;
    options.lost();
    await register();
    await takeBack();
    await renew();
  };
  const beat = async (): Promise<void> => {
    if (clock.elapsed() >= until) return again();
    try {
      await takeBack();
      await renew();
    } catch (error) {
      if (sqlStateOf(error) !== NODE_LOST) throw error;
      await again();
    }
  };
  const plan = (): void => {
    if (stopped) return;
    cancel = clock.after(leaseMs / BEATS, () => {
      // What fails is told by the session; the next beat tries again.
      beat()
        .then(options.upkeep)
        .catch(() => undefined)
        .finally(plan);
    });
  };

  await register();
  await takeOverDead();
  await renew();
  plan();

  return {
    get id() {
      return id;
    },
    get hasPeers() {
      return alive > 1;
    },
    holds: () => clock.elapsed() < until,
    nextEpoch: () => id * LEASES_OF_NODE + ++leases,
    owns: (epoch) => Math.floor(epoch / LEASES_OF_NODE) === id,
    slot: slotOf,
    beat,
    async leave() {
      await session.ask(TAKE_OVER, [slotOf(SLOT.other), id]);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
