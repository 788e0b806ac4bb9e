import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/std/index.ts';
import { answering, engineWith, forward } from './delivery.fixture.ts';
import { until } from './engine.ts';

const HOUR = 3_600_000;

/** The machine's clock, and hands to set it with. */
function settableClock(): Clock & { set(ms: number): void } {
  let off = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + off,
    set(ms) {
      off = ms;
    },
  };
}

test('the clock is set back an hour: what waits goes out all the same, in order, also after a restart', async () => {
  const { got, port } = await answering('AR', 'AA', 'AA', 'AR');
  const out = { out: { connector: 'mllp', send: { host: '127.0.0.1', port } } };
  const clock = settableClock();
  // Each pause is drawn as long as it can be: the clock is set while the first message waits for its next attempt.
  const running = await engineWith(out, [forward], { clock, random: { fraction: () => 0.9 } });
  await running.admit('C-1');
  await running.admit('C-2');
  await until(async () => got.length === 1, 'the first attempt');
  await running.reaches('C-1', 'waiting');
  clock.set(-HOUR);
  await running.admit('C-3');
  await running.reaches('C-2', 'delivered');
  // The message that came by the new clock is put off by it, and nothing is tried without a pause.
  await running.reaches('C-3', 'delivered');
  expect(got).toEqual(['C-1 AR', 'C-1 AA', 'C-2 AA', 'C-3 AR', 'C-3 AA']);
  const [third] = await running.deliveriesOf('C-3');
  expect(Math.abs((third?.createdAt ?? 0) - clock.now())).toBeLessThan(HOUR / 2);
});

test('what was received before the clock was set back is due for an engine that starts after it', async () => {
  const { got, port } = await answering();
  const out = { out: { connector: 'mllp', send: { host: '127.0.0.1', port } } };
  const ahead = settableClock();
  ahead.set(HOUR);
  const mute = { out: { connector: 'mllp', send: { host: '127.0.0.1', port: 1 } } };
  const before = await engineWith(mute, [forward], { clock: ahead, random: { fraction: () => 0 } });
  await before.admit('D-1');
  await before.admit('D-2');
  await before.close();
  const after = await engineWith(out, [forward]);
  await after.reaches('D-2', 'delivered');
  expect(got).toEqual(['D-1 AA', 'D-2 AA']);
});
