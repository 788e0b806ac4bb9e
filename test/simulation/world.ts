/** A simulated world of one seed: a disk, nodes, senders, receivers, a person, and what goes wrong among them. */
import {
  type Leased,
  type MemoryDisk,
  newDisk,
  openMemoryStore,
  type Sabotage,
  type Store,
  storeFailure,
} from '../../src/store/index.ts';
import { type Chance, chanceOf } from './chance.ts';
import { RECEIVERS, SENDERS } from './flows.ts';
import type { Sent } from './messages.ts';
import { Node } from './node.ts';
import { Person } from './person.ts';
import { Receiver } from './receiver.ts';
import { Rules } from './rules.ts';
import { EPOCH, Scheduler } from './scheduler.ts';
import { Sender } from './sender.ts';
import { Source } from './source.ts';

export interface WorldOptions {
  /** Safeguards of the store that are taken away. */
  readonly sabotage?: ReadonlySet<Sabotage>;
  /** Puts something between engine and store. */
  readonly between?: (store: Store, world: World) => Store;
}

const HOUR = 3_600_000;
/** More events than any seed needs; one that gets there has something that never ends. */
const MOST_EVENTS = 60_000;
/** Virtual milliseconds after which nothing goes wrong any more. */
const TROUBLE_ENDS = 60_000;
/** It has come to rest when nothing was left to do for so long. */
const REST = 8_000;

export class World {
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly disk: MemoryDisk;
  readonly rules: Rules;
  readonly options: WorldOptions;
  readonly shared: boolean;
  readonly workers: number;
  readonly backlogLimit: number;
  /** A call in so many finds its node standing still when the answer comes. */
  readonly pausesOneIn: number;
  /** Nothing goes wrong any more: what is under way comes to rest. */
  calm = false;
  readonly source: Source;
  readonly #nodes: Node[];
  readonly #senders: Sender[];
  readonly #receivers: ReadonlyMap<string, Receiver>;
  readonly #person: Person;
  readonly #byBytes = new Map<Uint8Array, Sent>();
  #slowUntil = 0;
  #failingUntil = 0;
  readonly #failsOneIn: number;

  constructor(seed: number, options: WorldOptions = {}) {
    this.options = options;
    const chance = chanceOf(seed);
    this.chance = chance;
    this.scheduler = new Scheduler(chance);
    this.disk = newDisk(() => this.scheduler.now);
    this.rules = new Rules(this.disk);
    const nodes = chance.pick([1, 1, 2, 3]);
    this.shared = nodes > 1;
    this.workers = chance.pick([1, 3, 8, 64]);
    this.backlogLimit = chance.pick([4, 15, 1_000, 1_000]);
    this.pausesOneIn = chance.pick([15, 60, 100_000]);
    this.#failsOneIn = chance.pick([40, 300, 100_000]);
    this.#receivers = new Map(RECEIVERS.map((name) => [name, new Receiver(this, name)]));
    this.#nodes = Array.from({ length: nodes }, (_, at) => new Node(this, `node ${at + 1}`));
    this.#senders = SENDERS.map((name) => new Sender(this, name, 5 + chance.below(30)));
    this.source = new Source(this, 5 + chance.below(20));
    this.#person = new Person(this);
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  receiver(name: string): Receiver {
    return this.#receivers.get(name) as Receiver;
  }

  sent(message: Sent): void {
    this.#byBytes.set(message.bytes, message);
  }

  messageOf(bytes: Uint8Array): Sent | undefined {
    return this.#byBytes.get(bytes);
  }

  /** One that runs, whether or not it answers. */
  anyNode(): Node | undefined {
    const up = this.#nodes.filter((node) => node.process.alive);
    return up.length === 0 ? undefined : this.chance.pick(up);
  }

  commitFate(): { write: number; tell: number; failure?: ReturnType<typeof storeFailure> } {
    const { chance, scheduler, calm } = this;
    const slow = !calm && scheduler.now < this.#slowUntil;
    const write = slow ? chance.between(50, 3_000) : chance.delay(3, 40);
    // On the way back from a shared database a word may hang until the lease that it tells of is over.
    const hangs = !calm && this.shared && chance.oneIn(this.pausesOneIn * 4);
    const tell = hangs ? chance.between(9_000, 16_000) : slow ? chance.between(0, 500) : chance.fraction();
    const fails = !calm && (scheduler.now < this.#failingUntil || chance.oneIn(this.#failsOneIn));
    return fails
      ? { write, tell, failure: storeFailure('STORE_FULL', 'The disk is full.') }
      : { write, tell };
  }

  /** The store as the engine sees it: leases and settlements are watched. */
  watched(store: Store): Store {
    const { rules } = this;
    const watched: Store = {
      ...store,
      lease: async (request): Promise<readonly Leased[]> => {
        const leased = await store.lease(request);
        rules.leased(leased);
        return leased;
      },
      settle: async (end) => {
        const told = rules.settling(end);
        const settled = await store.settle(end);
        told(settled);
        this.scheduler.log(`delivery ${end.deliveryId} to ${end.to}: ${settled}`);
        return settled;
      },
      remember: async (done) => {
        const told = rules.settling(done);
        const settled = await store.remember(done);
        told(settled);
        return settled;
      },
    };
    return this.options.between?.(watched, this) ?? watched;
  }

  /** Runs to the end; what is broken stands in `rules`. */
  async run(): Promise<void> {
    const { chance, scheduler, rules } = this;
    for (const node of this.#nodes) node.start();
    for (const sender of this.#senders) sender.start();
    this.source.start();
    this.#person.start();
    this.#trouble();
    scheduler.after(TROUBLE_ENDS, () => this.#settleDown());
    let looked = 0;
    let restSince = Number.POSITIVE_INFINITY;
    const rested = (): boolean => {
      if (rules.broken) return true;
      if (!this.calm || ++looked % 20 !== 0) return false;
      // For a while: what a person asked for may still be on its way to the disk.
      if (!this.#atRest()) restSince = Number.POSITIVE_INFINITY;
      else restSince = Math.min(restSince, scheduler.now);
      return scheduler.now - restSince > REST;
    };
    const end = await scheduler.run(rested, MOST_EVENTS);
    if (!rules.broken && end !== 'done') rules.fail('everything comes to rest', end);
    if (!rules.broken && chance.oneIn(2)) {
      for (const node of this.#nodes) node.stop(null);
      const stopped = (): boolean => this.#nodes.every((node) => node.state === 'down');
      if ((await scheduler.run(stopped, MOST_EVENTS + 10_000)) !== 'done')
        rules.fail('a stop ends', 'the last one');
    }
    if (rules.broken) return;
    rules.atRest(this.source.records);
    await rules.totals(await openMemoryStore({ disk: this.disk, shared: true }), EPOCH + scheduler.now);
  }

  #atRest(): boolean {
    if (!this.#senders.every((sender) => sender.finished) || !this.source.finished) return false;
    const awake = (node: Node): boolean => node.process.pausedUntil < this.scheduler.now;
    if (!this.#nodes.every((node) => node.state === 'up' && awake(node))) return false;
    for (const { state } of this.disk.state.deliveries.values()) {
      if (state !== 'delivered' && state !== 'filtered' && state !== 'dead') return false;
    }
    return true;
  }

  /** Something goes wrong, and after a while something else. */
  #trouble(): void {
    const { chance, scheduler } = this;
    const every = chance.pick([1_500, 6_000, 25_000]);
    const next = (): void => {
      scheduler.after(chance.between(0, 2 * every), () => {
        if (this.calm) return;
        this.#goWrong();
        next();
      });
    };
    next();
  }

  #goWrong(): void {
    const { chance, scheduler } = this;
    const node = chance.pick(this.#nodes);
    const running = node.process.alive;
    // Where several share the disk, what matters most is a node that is away for longer than its lease.
    switch (chance.below(this.shared ? 11 : 9)) {
      case 0:
      case 1:
        if (running) node.crash(chance.pick([10, 500, 4_000, 20_000]));
        break;
      case 2:
        if (running && node.state === 'up') node.stop(chance.pick([0, 1_000, 15_000]));
        break;
      case 3:
      case 9:
      case 10:
        this.pause(node, chance.pick([200, 3_000, 9_500, 15_000, 30_000]));
        break;
      case 4:
      case 5:
        this.#slowUntil = scheduler.now + chance.between(1_000, 15_000);
        scheduler.log(`the store is slow until ${this.#slowUntil.toFixed(0)}`);
        break;
      case 6:
        this.#failingUntil = scheduler.now + chance.between(500, 15_000);
        scheduler.log(`the store fails until ${this.#failingUntil.toFixed(0)}`);
        break;
      case 7:
        node.process.clockOff += chance.pick([-HOUR, HOUR, -500, 60_000]);
        scheduler.log(`the clock of ${node.name} is off by ${node.process.clockOff}`);
        break;
      default: {
        const receiver = this.receiver(chance.pick(RECEIVERS));
        receiver.downUntil = scheduler.now + chance.between(1_000, 20_000);
        scheduler.log(`${receiver.name} is down until ${receiver.downUntil.toFixed(0)}`);
      }
    }
  }

  /** A machine that stands still for a while, and does not know it. */
  pause(node: Node, ms: number): void {
    node.process.pausedUntil = Math.max(node.process.pausedUntil, this.scheduler.now + ms);
    this.scheduler.log(`${node.name} is paused until ${node.process.pausedUntil.toFixed(0)}`);
  }

  #settleDown(): void {
    this.calm = true;
    this.scheduler.log('from now on nothing goes wrong');
    for (const node of this.#nodes) {
      // Ahead of all that any clock has said, so that nothing waits for a time that is hours away.
      node.process.clockOff = 12 * HOUR;
    }
  }
}
