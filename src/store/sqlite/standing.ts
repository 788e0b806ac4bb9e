/**
 * The deliveries that stand in lanes (waiting, running, held), in the writing thread's memory: who is first, and who is
 * due. Rows are the truth: they are read when the file is opened and after a rollback, and every change is written to
 * them in the same transaction. Rows of lanes and heads would be written and read again at each coming and going; here a
 * standing delivery takes 270 bytes, and 200,000 are read in 0.85 s when the file is opened.
 */
import type { DatabaseSync } from 'node:sqlite';
import { HELD, RUNNING, WAITING } from './codes.ts';
import { filedReader } from './filing.ts';
import { lanesFrom } from './lanes.ts';
import { deliveryId } from './numbers.ts';

const STANDING = `
SELECT id, connection, state, place, due_at, attempts, steps, coalesce(stood, lanes) AS lanes
FROM delivery INDEXED BY delivery_late WHERE late = 1 AND state < 4 AND state <> 2
UNION ALL
SELECT id, connection, state, place, due_at, attempts, steps, coalesce(stood, lanes) AS lanes
FROM delivery WHERE id >= ? AND late = 0 AND state < 4 AND state <> 2 ORDER BY place`;
const IN_HAND = 'SELECT delivery, epoch FROM in_hand';
const TAKE =
  'INSERT INTO in_hand (delivery, epoch) SELECT value, ? FROM json_each(?) WHERE true ON CONFLICT DO UPDATE SET epoch = excluded.epoch';
const LET_GO = 'DELETE FROM in_hand WHERE delivery IN (SELECT value FROM json_each(?))';

/** One delivery in its lanes. */
export interface Standing {
  readonly id: number;
  readonly connection: number;
  readonly place: number;
  readonly lanes: readonly string[];
  state: typeof WAITING | typeof RUNNING | typeof HELD;
  dueAt: number;
  epoch: number;
  attempts: number;
  /** Steps that are remembered. */
  steps: number;
}

/** Those of one lane, by place; the ones before `first` have left. */
interface Lane {
  readonly line: Standing[];
  first: number;
}

export interface StandingDeliveries {
  /** Stands at the tail of its lanes, waiting. */
  enter(delivery: Omit<Standing, 'state' | 'epoch'>): void;
  get(id: number): Standing | undefined;
  /** Up to so many heads that are due, by due time and place; each is now running under the epoch. */
  lease(now: number, limit: number, epoch: number): readonly Standing[];
  /** Goes on waiting in its place, from then on. */
  wait(delivery: Standing, dueAt: number): void;
  hold(delivery: Standing): void;
  /** The last in a lane. */
  lastIn(lane: string): Standing | undefined;
  /** Those that wait in a lane, in their order. */
  waitingIn(lane: string): readonly Standing[];
  /** Leaves its lanes; those who are first after that become heads. */
  leave(delivery: Standing): void;
  /** The earliest time at which a waiting head is due; `null` when none waits. */
  nextDue(): number | null;
  isHead(delivery: Standing): boolean;
  /** Heads that are held, or wait after a failed attempt, with each of their lanes and how many stand in it. Looks at all. */
  stuck(): readonly { readonly head: Standing; readonly lane: string; readonly standing: number }[];
  /** The highest place taken. */
  readonly highestPlace: number;
  /** Writes who is in hand; within the transaction. */
  flush(): void;
  /** Again from rows: after a rollback. */
  reload(): void;
}

/** A first-come line of a lane is cut when so many have left it, so that a lane that never empties stays short. */
const CUT_AT = 1_024;

export function openStanding(database: DatabaseSync): StandingDeliveries {
  const standing = database.prepare(STANDING);
  const filed = filedReader(database);
  const inHand = database.prepare(IN_HAND);
  const take = database.prepare(TAKE);
  const letGo = database.prepare(LET_GO);
  let byId = new Map<number, Standing>();
  let lanes = new Map<string, Lane>();
  let due = new DueHeads();
  let highestPlace = 0;
  let taken: Standing[] = [];
  let dropped: number[] = [];

  const firstOf = (lane: string): Standing | undefined => {
    const of = lanes.get(lane);
    return of?.line[of.first];
  };
  const isHead = (one: Standing): boolean => {
    for (const lane of one.lanes) if (firstOf(lane) !== one) return false;
    return true;
  };
  const offer = (one: Standing): void => {
    if (one.state === WAITING && isHead(one)) due.add(one);
  };
  const stand = (one: Standing): void => {
    byId.set(one.id, one);
    for (const name of one.lanes) {
      const lane = lanes.get(name);
      if (lane) lane.line.push(one);
      else lanes.set(name, { line: [one], first: 0 });
    }
    if (one.place > highestPlace) highestPlace = one.place;
  };
  /** No longer in hand. */
  const release = (one: Standing): void => {
    if (one.state === RUNNING) dropped.push(one.id);
  };

  const reload = (): void => {
    byId = new Map();
    lanes = new Map();
    due = new DueHeads();
    taken = [];
    dropped = [];
    const epochs = new Map(inHand.all().map((row) => [row.delivery as number, row.epoch as number]));
    // Never lower than before: a place of a transaction that was rolled back may have been told.
    for (const row of standing.iterate(deliveryId(filed() + 1, 0))) {
      const epoch = epochs.get(row.id as number);
      stand({
        id: row.id as number,
        connection: row.connection as number,
        place: row.place as number,
        lanes: lanesFrom(row.lanes as string),
        state: epoch === undefined ? (row.state as typeof WAITING | typeof HELD) : RUNNING,
        dueAt: row.due_at as number,
        epoch: epoch ?? 0,
        attempts: row.attempts as number,
        steps: row.steps as number,
      });
    }
    for (const one of byId.values()) offer(one);
  };
  reload();

  return {
    enter(delivery) {
      const one: Standing = { ...delivery, state: WAITING, epoch: 0 };
      stand(one);
      offer(one);
    },
    get: (id) => byId.get(id),
    lease(now, limit, epoch) {
      const leased: Standing[] = [];
      while (leased.length < limit) {
        const one = due.take(now);
        if (one === undefined) break;
        one.state = RUNNING;
        one.epoch = epoch;
        leased.push(one);
        taken.push(one);
      }
      return leased;
    },
    wait(one, dueAt) {
      release(one);
      one.state = WAITING;
      one.dueAt = dueAt;
      offer(one);
    },
    hold(one) {
      release(one);
      one.state = HELD;
    },
    lastIn: (name) => lanes.get(name)?.line.at(-1),
    waitingIn(name) {
      const lane = lanes.get(name);
      return lane?.line.slice(lane.first).filter((one) => one.state === WAITING) ?? [];
    },
    leave(one) {
      release(one);
      one.dueAt = Number.NaN; // a head that is given up while it waits: its offer counts no more
      byId.delete(one.id);
      for (const name of one.lanes) {
        const lane = lanes.get(name) as Lane;
        // Whoever leaves has run or is a head, so it is the first of its lanes; but one that was held further back may be
        // given up.
        if (lane.line[lane.first] === one) lane.first++;
        else lane.line.splice(lane.line.indexOf(one, lane.first), 1);
        if (lane.first === lane.line.length) {
          lanes.delete(name);
          lane.line.length = 0; // the Map's old tables may hold the lane (see Cloakroom)
        } else if (lane.first === CUT_AT) {
          lane.line.splice(0, lane.first);
          lane.first = 0;
        }
      }
      for (const name of one.lanes) {
        const next = firstOf(name);
        if (next !== undefined) offer(next);
      }
    },
    nextDue: () => due.first()?.dueAt ?? null,
    isHead,
    stuck() {
      const found: { head: Standing; lane: string; standing: number }[] = [];
      for (const head of byId.values()) {
        if (head.state !== HELD && (head.state !== WAITING || head.attempts === 0)) continue;
        if (!isHead(head)) continue;
        for (const lane of head.lanes) {
          const { line, first } = lanes.get(lane) as Lane;
          found.push({ head, lane, standing: line.length - first });
        }
      }
      return found;
    },
    get highestPlace() {
      return highestPlace;
    },
    flush() {
      if (dropped.length > 0) {
        letGo.run(JSON.stringify(dropped));
        dropped = [];
      }
      if (taken.length > 0) {
        // One lease a transaction is the rule; were there two, each has its epoch.
        for (const epoch of new Set(taken.map((one) => one.epoch))) {
          const ids = taken.filter((one) => one.epoch === epoch && one.state === RUNNING).map(({ id }) => id);
          take.run(epoch, JSON.stringify(ids));
        }
        taken = [];
      }
    },
    reload,
  };
}

interface Offer {
  readonly one: Standing;
  readonly dueAt: number;
}

const before = (a: Offer, b: Offer): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.one.place < b.one.place);

/** Waiting heads by due time and place: a binary heap. What is no longer as it was offered is passed over when it comes up. */
class DueHeads {
  readonly #heap: Offer[] = [];

  add(one: Standing): void {
    const heap = this.#heap;
    const offer: Offer = { one, dueAt: one.dueAt };
    let at = heap.length;
    heap.push(offer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(offer, heap[parent] as Offer)) break;
      heap[at] = heap[parent] as Offer;
      at = parent;
    }
    heap[at] = offer;
  }

  /** The first, if it is due by then; no longer among them after that. */
  take(now: number): Standing | undefined {
    const one = this.first();
    if (one === undefined || one.dueAt > now) return undefined;
    this.#drop();
    return one;
  }

  first(): Standing | undefined {
    for (;;) {
      const offer = this.#heap[0];
      if (offer === undefined) return undefined;
      if (offer.one.state === WAITING && offer.one.dueAt === offer.dueAt) return offer.one;
      this.#drop();
    }
  }

  #drop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Offer;
    const size = heap.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1] as Offer, heap[child] as Offer)) child++;
      if (!before(heap[child] as Offer, last)) break;
      heap[at] = heap[child] as Offer;
      at = child;
    }
    heap[at] = last;
  }
}
