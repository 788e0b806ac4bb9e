/** One engine process: the real engine on a store of its own, which may die, be paused, be stopped and start again. */
import type {
  Connection,
  Connector,
  Receiver as Door,
  Listening,
  Verdict,
} from '../../src/connectors/index.ts';
import { createEngine, type Engine } from '../../src/engine/index.ts';
import { type MemoryStore, openMemoryStore } from '../../src/store/index.ts';
import { FLOWS, siteRecord } from './flows.ts';
import { nameOf, type Sent } from './messages.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

interface Gate {
  readonly door: Door;
  paused: boolean;
  /** Came while nobody read. */
  unread: (() => void)[];
}

/** No patient's data here, so nothing to hide. */
export const plainHash = (...parts: string[]): string => parts.join('|');

export class Node {
  readonly name: string;
  process: Process;
  state: 'down' | 'opening' | 'up' | 'stopping' = 'down';
  engine: Engine | null = null;
  /** Calls that are between us and a receiver: how each arrives, and what keeps it from arriving. */
  readonly onTheWay = new Map<() => void, () => void>();
  readonly #world: World;
  readonly #gates = new Map<string, Gate>();
  #store: MemoryStore | null = null;
  #life = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.process = world.scheduler.process(name);
    this.process.alive = false;
  }

  start(): void {
    const { scheduler } = this.#world;
    this.state = 'opening';
    const life = ++this.#life;
    const off = this.process.clockOff;
    this.process = scheduler.process(this.name);
    this.process.clockOff = off;
    scheduler.log(`${this.name} starts`);
    this.#open().then(
      () => {
        if (life !== this.#life) return;
        this.state = 'up';
        scheduler.log(`${this.name} is up`);
      },
      (error: Error) => {
        if (life !== this.#life) return;
        scheduler.log(`${this.name} could not start: ${error.message}`);
        this.crash(1_000);
      },
    );
  }

  async #open(): Promise<void> {
    const { scheduler, chance, disk, options } = this.#world;
    const clock = scheduler.clockOf(this.process);
    this.#store = await openMemoryStore({
      disk,
      shared: this.#world.shared,
      clock,
      fate: () => this.#world.commitFate(),
      readTakes: () => chance.between(0, 2),
      ...(options.sabotage ? { sabotage: options.sabotage } : {}),
    });
    const engine = createEngine({
      store: this.#world.watched(this.#store),
      sites: [siteRecord],
      flows: FLOWS,
      clock,
      random: chance,
      keyedHash: plainHash,
      log: (level, text, facts) =>
        scheduler.log(`${this.name} ${level}: ${text} ${JSON.stringify(facts ?? {})}`),
      connectors: this.#connectors(),
      workers: this.#world.workers,
      backlogLimit: this.#world.backlogLimit,
    });
    this.engine = engine;
    await engine.start();
  }

  #connectors(): ReadonlyMap<string, Connector> {
    const of = (name: string, open: (connection: string) => Connection): [string, Connector] => [
      name,
      { name, about: '', parse: () => null, capabilities: [], open: (_, { connection }) => open(connection) },
    ];
    return new Map([
      of('simulated-sender', (connection) => ({
        test: async () => [],
        listen: async (door) => this.#listen(connection, door),
        close: async () => undefined,
      })),
      of('simulated-source', () => this.#world.source.connection(this)),
      of('simulated-receiver', (connection) => this.#world.receiver(connection).connection(this)),
    ]);
  }

  #listen(connection: string, door: Door): Listening {
    const gate: Gate = { door, paused: false, unread: [] };
    this.#gates.set(connection, gate);
    return {
      address: connection,
      pause: () => {
        gate.paused = true;
      },
      resume: () => {
        gate.paused = false;
        for (const read of gate.unread.splice(0)) read();
      },
      close: async () => {
        this.#gates.delete(connection);
      },
    };
  }

  /** Bytes of a sender reach this machine. */
  arrives(message: Sent, answer: (verdict: Verdict | null) => void): void {
    const { scheduler } = this.#world;
    if (!this.process.alive) {
      answer(null);
      return;
    }
    scheduler.after(
      0,
      () => {
        const gate = this.#gates.get(message.sender);
        const read = (): void => this.#receive((gate as Gate).door, message, answer);
        if (gate === undefined) answer(null);
        else if (gate.paused) gate.unread.push(read);
        else read();
      },
      this.process,
    );
  }

  #receive(door: Door, message: Sent, answer: (verdict: Verdict | null) => void): void {
    const { scheduler, rules } = this.#world;
    const reply = (verdict: Verdict): void => {
      scheduler.log(`${this.name} answers ${nameOf(message)}: ${verdict.kind}`);
      rules.verdict(message, verdict);
      answer(verdict);
    };
    door.receive({
      bytes: message.bytes,
      format: 'hl7',
      door: 'feed',
      type: message.type,
      key: message.controlId,
      sender: message.sender,
      ...(message.broken ? { refused: 'MSH is unusable.' } : {}),
      reply,
    });
  }

  /** Everything in memory is gone; what it had sent gets there now, or never. Starts again after a while. */
  crash(restartAfter: number): void {
    const { scheduler, chance } = this.#world;
    scheduler.log(`${this.name} dies`);
    this.#life++;
    this.state = 'down';
    this.process.alive = false;
    this.#store?.crash(chance.oneIn(2));
    this.#store = null;
    this.engine = null;
    this.#gates.clear();
    for (const [arrive, cancel] of [...this.onTheWay]) (chance.oneIn(2) ? arrive : cancel)();
    this.onTheWay.clear();
    scheduler.after(restartAfter, () => this.state === 'down' && this.start());
  }

  stop(restartAfter: number | null): void {
    const { scheduler, rules } = this.#world;
    const { engine } = this;
    const store = this.#store;
    if (engine === null || store === null) return;
    scheduler.log(`${this.name} is told to stop`);
    this.state = 'stopping';
    const life = this.#life;
    scheduler.after(
      120_000,
      () => {
        if (life === this.#life && this.state === 'stopping') rules.fail('a stop ends', this.name);
      },
      this.process,
    );
    void engine
      .stop()
      .then(() => store.close())
      .then(() => {
        if (life !== this.#life) return;
        scheduler.log(`${this.name} has stopped`);
        this.#life++;
        this.state = 'down';
        this.process.alive = false;
        this.#store = null;
        this.engine = null;
        this.#gates.clear();
        if (restartAfter !== null) scheduler.after(restartAfter, () => this.state === 'down' && this.start());
      });
  }
}
