/**
 * Virtual time. Everything that would be I/O or a timer is an event here; between two events only microtasks run. The
 * order of events of one time, and how late a timer rings, come from the seed: the same seed gives the same run.
 */
import type { Clock, Random } from '../../src/std/index.ts';

/** Something that can die or be paused with all that it was going to do. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** What it was going to do until then happens then. */
  pausedUntil: number;
  /** Milliseconds that its clock is off. */
  clockOff: number;
}

interface Event {
  readonly at: number;
  readonly tie: number;
  readonly nth: number;
  readonly process: Process | null;
  run: (() => void) | null;
}

/** A Monday, so that times in logs can be read. */
export const EPOCH = 1_790_000_000_000;

const before = (a: Event, b: Event): boolean =>
  a.at !== b.at ? a.at < b.at : a.tie !== b.tie ? a.tie < b.tie : a.nth < b.nth;

export class Scheduler {
  now = 0;
  events = 0;
  readonly random: Random;
  readonly lines: string[] = [];
  readonly #heap: Event[] = [];
  #nth = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Runs once after that many milliseconds; the function returned cancels it. */
  after(ms: number, run: () => void, process: Process | null = null): () => void {
    const tie = this.random.fraction();
    const event: Event = { at: this.now + Math.max(0, ms), tie, nth: this.#nth++, process, run };
    this.#push(event);
    return () => {
      event.run = null;
    };
  }

  process(name: string): Process {
    return { name, alive: true, pausedUntil: 0, clockOff: 0 };
  }

  /** The clock that a process sees: its timers ring late now and then, and die with it. */
  clockOf(process: Process): Clock {
    return {
      now: () => Math.floor(EPOCH + this.now + process.clockOff),
      elapsed: () => this.now,
      after: (ms, run) => this.after(ms + this.random.fraction(), run, process),
    };
  }

  log(text: string): void {
    this.lines.push(`${this.now.toFixed(3)} ${text}`);
  }

  /** Until `done`, or nothing is left, or so many events have been. */
  async run(done: () => boolean, most: number): Promise<'done' | 'nothing left' | 'too many events'> {
    for (;;) {
      if (done()) return 'done';
      const event = this.#pop();
      if (event === undefined) return 'nothing left';
      const { process } = event;
      if (event.run === null || (process && !process.alive)) continue;
      this.now = Math.max(this.now, event.at);
      if (process && process.pausedUntil > this.now) {
        this.#push({ ...event, at: process.pausedUntil });
        continue;
      }
      if (++this.events > most) return 'too many events';
      event.run();
      // Called from a microtask, this comes back when no microtask is left.
      await new Promise<void>((resolve) => globalThis.process.nextTick(resolve));
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!before(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
