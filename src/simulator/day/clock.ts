/** What a running day must be given from outside: real time, and a timer. */
export interface WallTime {
  now(): number;
  /** Calls once after so many milliseconds; returns a way to cancel. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The computer's own time. */
export const wallTime: WallTime = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** What the clock drives: something that knows when it is due next and can be run up to an instant. */
export interface Agenda {
  /** The instant of the next event. */
  due(): number;
  /** Makes that event happen. */
  occur(): void;
}

// A computer that slept does not owe the hospital a night: one tick moves at most this much wall time.
const longestTick = 5_000;
const usualTick = 1_000;

/** The hospital's clock: runs at a chosen speed, or stands still and is stepped. */
export class HospitalClock {
  readonly #wall: WallTime;
  readonly #agenda: Agenda;
  #instant: number;
  #anchor = 0;
  #speed: number;
  #cancel: (() => void) | undefined;

  constructor(start: number, speed: number, agenda: Agenda, wall: WallTime) {
    this.#instant = start;
    this.#speed = speed;
    this.#agenda = agenda;
    this.#wall = wall;
  }

  get running(): boolean {
    return this.#cancel !== undefined;
  }
  get speed(): number {
    return this.#speed;
  }
  set speed(speed: number) {
    if (!(speed > 0) || speed > 86_400) throw new RangeError('speed must be above 0 and at most 86400');
    const running = this.running;
    this.stop();
    this.#speed = speed;
    if (running) this.start();
  }

  /** The hospital's time, milliseconds since 1970. */
  now(): number {
    if (!this.running) return this.#instant;
    const passed = Math.min(longestTick, Math.max(0, this.#wall.now() - this.#anchor));
    return Math.floor(this.#instant + passed * this.#speed);
  }

  start(): void {
    if (this.running) return;
    this.#anchor = this.#wall.now();
    this.#schedule();
  }

  stop(): void {
    if (!this.running) return;
    const now = this.now();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#runUntil(now);
  }

  /** Moves on by so many milliseconds of hospital time; everything due in them happens, in order, before it returns. */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0 && Number.isFinite(milliseconds)))
      throw new RangeError('a clock can only be advanced forwards');
    const now = this.now();
    this.#anchor = this.#wall.now();
    this.#runUntil(now + milliseconds);
    if (this.running) this.#schedule();
  }

  /** Runs what is due; while it happens the clock shows the instant of each event. */
  #runUntil(target: number): void {
    const cancel = this.#cancel;
    this.#cancel = undefined;
    while (this.#agenda.due() <= target) {
      this.#instant = Math.max(this.#instant, this.#agenda.due());
      this.#agenda.occur();
    }
    this.#instant = target;
    this.#cancel = cancel;
  }

  #schedule(): void {
    this.#cancel?.();
    const wait = Math.ceil((this.#agenda.due() - this.#instant) / this.#speed);
    this.#cancel = this.#wall.after(Math.min(usualTick, Math.max(0, wait)), () => this.#tick());
  }

  #tick(): void {
    const now = this.now();
    this.#anchor = this.#wall.now();
    this.#runUntil(now);
    this.#schedule();
  }
}
