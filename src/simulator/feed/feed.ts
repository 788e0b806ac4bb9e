import { setTimeout as pause } from 'node:timers/promises';
import type { Habits } from './habits.ts';
import { type Acknowledgement, MllpConnection, readAcknowledgement } from './mllp.ts';
import type { MessageType } from './shared-segments.ts';

/** One outgoing interface of the hospital. */
export interface FeedOptions {
  readonly name: string;
  /** Where it sends; 127.0.0.1 when absent. */
  readonly host?: string;
  readonly port: number;
  /** Which messages it carries. */
  readonly kinds: readonly MessageType[];
  /** What this interface does differently from the site's other interfaces. */
  readonly habits?: Partial<Habits>;
  /** How many messages it keeps while nobody takes them (10,000). What comes after is counted and lost. */
  readonly capacity?: number;
  /** How long it waits for an acknowledgement, milliseconds (10,000). */
  readonly acknowledgementMs?: number;
  /** The first and the longest pause before it tries again, milliseconds (200 and 10,000). */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** How often a message that is rejected (AR) is sent before the feed goes on without it (3). */
  readonly rejectionAttempts?: number;
}

/** Counters of a feed since the simulator started, and how it stands now. */
export interface FeedState {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly kinds: readonly string[];
  readonly running: boolean;
  readonly connected: boolean;
  readonly queued: number;
  readonly offered: number;
  /** Messages written to the socket, repetitions included. */
  readonly sent: number;
  readonly accepted: number;
  /** Answered AE: recorded, and the feed went on. */
  readonly errors: number;
  /** Answered AR as often as it is tried: recorded, and the feed went on. */
  readonly rejected: number;
  /** Sent again: no answer, connection lost, or AR. */
  readonly repeated: number;
  readonly connections: number;
  /** Acknowledgements that did not belong to the message in flight. */
  readonly strayAcknowledgements: number;
  /** Lost because the queue was full. */
  readonly overflowed: number;
  /** Lost while the feed was told to lose what it is given. */
  readonly thrownAway: number;
  /** Kept still by hand, though connected. */
  readonly hushed?: 'silent' | 'losing';
  readonly lastProblem?: string;
}

interface Queued {
  readonly controlId: string;
  readonly message: string;
}

/**
 * An interface as Epic's Bridges runs one: a single long-lived connection, messages in order, one in flight.
 * Without a positive answer the same message is sent again; the queue waits behind it.
 */
export class Feed {
  readonly name: string;
  readonly kinds: readonly MessageType[];
  readonly habits: Partial<Habits> | undefined;
  readonly #options: Required<Omit<FeedOptions, 'habits'>>;
  readonly #queue: Queued[] = [];
  readonly #counters = {
    offered: 0,
    sent: 0,
    accepted: 0,
    errors: 0,
    rejected: 0,
    repeated: 0,
    connections: 0,
    strayAcknowledgements: 0,
    overflowed: 0,
    thrownAway: 0,
  };
  readonly #rewrite: (message: string) => string;
  #hushed: 'silent' | 'losing' | undefined;
  #lastProblem: string | undefined;
  #connected = false;
  #stop: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #emptied: (() => void)[] = [];

  /** `rewrite` is what happens to each message on its way into the queue. */
  constructor(options: FeedOptions, rewrite: (message: string) => string = (message) => message) {
    this.#rewrite = rewrite;
    this.name = options.name;
    this.kinds = options.kinds;
    this.habits = options.habits;
    this.#options = {
      host: '127.0.0.1',
      capacity: 10_000,
      acknowledgementMs: 10_000,
      firstPauseMs: 200,
      longestPauseMs: 10_000,
      rejectionAttempts: 3,
      ...options,
    };
  }

  /**
   * Keeps the feed still while its connection stays: `silent` holds what comes and sends it afterwards,
   * `losing` throws it away. Undefined: as usual.
   */
  hush(hushed: 'silent' | 'losing' | undefined): void {
    this.#hushed = hushed;
    this.#wake();
  }

  /** Puts a message at the end of the queue. Returns false when the queue is full. */
  offer(controlId: string, message: string): boolean {
    this.#counters.offered += 1;
    if (this.#hushed === 'losing') {
      this.#counters.thrownAway += 1;
      return false;
    }
    if (this.#queue.length >= this.#options.capacity) {
      this.#counters.overflowed += 1;
      return false;
    }
    this.#queue.push({ controlId, message: this.#rewrite(message) });
    this.#wake();
    return true;
  }

  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    this.#done = this.#run(this.#stop.signal);
  }

  /** Closes the connection and keeps the queue; a message in flight is sent again after the next start. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#wake();
    await this.#done;
    this.#stop = undefined;
  }

  /** Resolves when the queue is empty, each message in it answered. */
  settled(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Stops for good and lets go of everyone who waits. */
  async close(): Promise<void> {
    await this.stop();
    this.#queue.length = 0;
    this.#letGo();
  }

  state(): FeedState {
    const { host, port } = this.#options;
    return {
      name: this.name,
      host,
      port,
      kinds: this.kinds,
      running: this.#stop !== undefined,
      connected: this.#connected,
      queued: this.#queue.length,
      ...this.#counters,
      ...(this.#hushed === undefined ? {} : { hushed: this.#hushed }),
      ...(this.#lastProblem === undefined ? {} : { lastProblem: this.#lastProblem }),
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { host, port } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      let connection: MllpConnection | undefined;
      try {
        connection = await MllpConnection.open(host, port, signal);
        this.#connected = true;
        this.#counters.connections += 1;
        const before = this.#counters.accepted;
        await this.#deliver(connection, signal);
        if (this.#counters.accepted > before) failures = 0;
      } catch (error) {
        this.#lastProblem = `no connection: ${error instanceof Error ? error.message : String(error)}`;
      } finally {
        this.#connected = false;
        await connection?.close();
      }
      await this.#rest(failures, signal);
      failures += 1;
    }
  }

  /** Sends from the head of the queue until the connection fails or the feed is stopped. */
  async #deliver(connection: MllpConnection, signal: AbortSignal): Promise<void> {
    let attempts = 0;
    for (;;) {
      await this.#work(connection);
      const head = this.#queue[0];
      if (signal.aborted || !connection.open) return;
      if (!head) continue;
      this.#counters.sent += 1;
      attempts += 1;
      const answer = await this.#exchange(connection, head);
      if (!answer) {
        if (!signal.aborted) this.#lastProblem = `no acknowledgement of ${head.controlId}`;
        this.#counters.repeated += 1;
        return;
      }
      if (isRejection(answer) && attempts < this.#options.rejectionAttempts) {
        this.#counters.repeated += 1;
        this.#lastProblem = `${head.controlId} rejected: ${answer.text}`;
        await this.#rest(attempts - 1, signal);
        continue;
      }
      this.#record(answer);
      attempts = 0;
      this.#queue.shift();
      if (this.#queue.length === 0) this.#letGo();
    }
  }

  #exchange(
    connection: MllpConnection,
    { message, controlId }: Queued,
  ): Promise<Acknowledgement | undefined> {
    return connection.exchange(message, this.#options.acknowledgementMs, (frame) => {
      const answer = readAcknowledgement(frame);
      if (answer?.controlId === controlId) return answer;
      // A late answer to a message that was repeated: it says nothing about this one.
      this.#counters.strayAcknowledgements += 1;
      return undefined;
    });
  }

  #record({ code, controlId, text }: Acknowledgement): void {
    if (code === 'AA' || code === 'CA') {
      this.#counters.accepted += 1;
      return;
    }
    if (code === 'AR' || code === 'CR') this.#counters.rejected += 1;
    else this.#counters.errors += 1;
    this.#lastProblem = `${code} for ${controlId}: ${text}`;
  }

  /** Waits until there is something to send, or nothing to send it through, or the feed is stopped. */
  async #work(connection: MllpConnection): Promise<void> {
    while (!this.#stop?.signal.aborted && connection.open) {
      if (this.#queue.length > 0 && this.#hushed !== 'silent') return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const cancel = connection.onClose(resolve);
      await promise;
      cancel();
      this.#wake = () => undefined;
    }
  }

  async #rest(failures: number, signal: AbortSignal): Promise<void> {
    const { firstPauseMs, longestPauseMs } = this.#options;
    const milliseconds = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 16));
    await pause(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  #letGo(): void {
    for (const resolve of this.#emptied.splice(0)) resolve();
  }
}

function isRejection({ code }: Acknowledgement): boolean {
  return code === 'AR' || code === 'CR';
}
