import { expect, test } from 'vitest';
import { HospitalClock, type WallTime } from './clock.ts';

/** Wall time that a test moves by hand. */
class ManualWall implements WallTime {
  #now = 1_000;
  #timers = new Set<{ at: number; callback: () => void }>();
  now() {
    return this.#now;
  }
  after(milliseconds: number, callback: () => void) {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  get timers() {
    return this.#timers.size;
  }
  pass(milliseconds: number) {
    const target = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= target).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = target;
  }
  /** The computer sleeps: time passes and no timer fires until it wakes. */
  sleep(milliseconds: number) {
    this.#now += milliseconds;
    this.pass(0);
  }
}

function everyTenSeconds() {
  const times: number[] = [];
  let due = 10_000;
  const wall = new ManualWall();
  const clock: HospitalClock = new HospitalClock(
    0,
    1,
    {
      due: () => due,
      occur() {
        times.push(clock.now());
        due += 10_000;
      },
    },
    wall,
  );
  return { clock, wall, times };
}

test('stands still until it is started, and then runs at its speed', () => {
  const { clock, wall, times } = everyTenSeconds();
  wall.pass(60_000);
  expect([clock.now(), times]).toEqual([0, []]);
  clock.speed = 60;
  clock.start();
  wall.pass(1_000);
  expect(clock.now()).toBe(60_000);
  expect(times).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  clock.stop();
  wall.pass(1_000);
  expect([clock.now(), wall.timers]).toEqual([60_000, 0]);
});

test('is stepped: each event sees its own instant', () => {
  const { clock, times } = everyTenSeconds();
  clock.advance(25_000);
  expect([clock.now(), times]).toEqual([25_000, [10_000, 20_000]]);
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => clock.advance(wrong)).toThrow(RangeError);
  }
});

test('may be stepped while it runs', () => {
  const { clock, wall, times } = everyTenSeconds();
  clock.start();
  wall.pass(5_000);
  clock.advance(10_000);
  wall.pass(5_000);
  expect([clock.now(), times]).toEqual([20_000, [10_000, 20_000]]);
  clock.stop();
});

test('a computer that slept does not owe the hospital a night', () => {
  const { clock, wall, times } = everyTenSeconds();
  clock.start();
  wall.sleep(8 * 3_600_000);
  expect(clock.now()).toBeLessThanOrEqual(6_000);
  expect(times).toEqual([]);
  clock.stop();
});
