import type { AckCode } from './ack.ts';

/** A message whose application acknowledgement has not come. */
export interface AwaitedAck {
  readonly endpoint: string;
  /** MSH-10 as it was written. */
  readonly controlId: string;
  /** On the clock of the caller, milliseconds. */
  readonly deadline: number;
}

/**
 * Application acknowledgements of enhanced mode come when they come, and may come over another connection than the
 * message went: they are matched by the endpoint and MSA-2 (HL7 2.5.1 chapter 2.9.3). Pure: the time is an argument. An
 * acknowledgement that nobody awaits, or whose deadline has passed, is credited to nothing.
 *
 *     const awaited = new AwaitedAcks();
 *     awaited.expect({ endpoint: 'lab', controlId: '4711', deadline: now + 600_000 });
 *     awaited.take('lab', ack.rawControlId, ack.code, now);       // 'credited'
 *     awaited.overdue(now);                                       // those to ask about
 */
export class AwaitedAcks {
  readonly #most: number;
  readonly #byKey = new Map<string, AwaitedAck>();

  /** @param most What is expected beyond this number pushes out the oldest; 10,000 unless given. */
  constructor(most = 10_000) {
    this.#most = most;
  }

  get size(): number {
    return this.#byKey.size;
  }

  expect(awaited: AwaitedAck): void {
    const key = keyOf(awaited.endpoint, awaited.controlId);
    // Behind the others again, so that the first in the map is the oldest.
    this.#byKey.delete(key);
    this.#byKey.set(key, awaited);
    if (this.#byKey.size <= this.#most) return;
    const [oldest] = this.#byKey.keys();
    if (oldest !== undefined) this.#byKey.delete(oldest);
  }

  /** Credits an application acknowledgement once. A commit code is none, and credits nothing. */
  take(endpoint: string, rawControlId: string, code: AckCode, now: number): 'credited' | 'late' | 'unknown' {
    if (code[0] === 'C') return 'unknown';
    const key = keyOf(endpoint, rawControlId);
    const awaited = this.#byKey.get(key);
    if (awaited === undefined) return 'unknown';
    this.#byKey.delete(key);
    return now > awaited.deadline ? 'late' : 'credited';
  }

  /** Those whose deadline has passed; each is told once. */
  overdue(now: number): AwaitedAck[] {
    const over = [...this.#byKey.values()].filter(({ deadline }) => now > deadline);
    for (const { endpoint, controlId } of over) this.#byKey.delete(keyOf(endpoint, controlId));
    return over;
  }
}

/** A control id holds no line end, so the two cannot run into each other. */
const keyOf = (endpoint: string, controlId: string): string => `${controlId}\r${endpoint}`;
