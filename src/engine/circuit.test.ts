import { describe, expect, test } from 'vitest';
import { Failure, type FailureKind, type Retry, seededRandom } from '../std/index.ts';
import {
  afterCall,
  type Circuit,
  CLOSED,
  circuitText,
  OPENS_AFTER,
  permit,
  probing,
  SAYS,
  TEST_EVERY,
  testFailed,
} from './circuit.ts';

const random = { fraction: () => 0.5 };
const failed = (kind: FailureKind, retry?: Retry) =>
  new Failure({ code: 'X', kind, message: 'What.', fix: 'Do.', ...(retry ? { retry } : {}) }).toJSON();
const T = 1_769_860_800_000;

function end(
  circuit: Circuit,
  kind: FailureKind | null,
  now = T,
  more: { probe?: boolean; retry?: Retry } = {},
) {
  const result = kind === null ? null : failed(kind, more.retry);
  return afterCall(circuit, { with: result, probe: more.probe ?? false, now, random });
}
function opened(kind: FailureKind = 'unreachable'): Circuit {
  let circuit: Circuit = CLOSED;
  for (let i = 0; i < OPENS_AFTER.others && circuit.state === 'closed'; i++) circuit = end(circuit, kind);
  return circuit;
}

describe('a circuit', () => {
  test('opens after so many failures in a row, sooner where nothing was sent', () => {
    const needed = (kind: FailureKind): number => {
      let circuit: Circuit = CLOSED;
      for (let count = 1; count <= 50; count++) {
        circuit = end(circuit, kind);
        if (circuit.state === 'open') return count;
      }
      return Number.POSITIVE_INFINITY;
    };
    expect(needed('unreachable')).toBe(OPENS_AFTER.unreachable);
    for (const kind of ['timeout', 'rejected', 'unknown-outcome', 'config'] as const)
      expect(needed(kind), kind).toBe(OPENS_AFTER.others);
    for (const kind of ['validation', 'conflict', 'defect', 'throttle'] as const)
      expect(needed(kind), kind).toBe(Number.POSITIVE_INFINITY);
  });

  test('any answer between failures begins the counting anew, also a refusal of content', () => {
    for (const answer of [null, 'validation', 'conflict'] as const) {
      let circuit: Circuit = CLOSED;
      for (let i = 0; i < OPENS_AFTER.unreachable - 1; i++) circuit = end(circuit, 'unreachable');
      circuit = end(circuit, answer);
      for (let i = 0; i < OPENS_AFTER.unreachable - 1; i++) circuit = end(circuit, 'unreachable');
      expect(circuit.state).toBe('closed');
    }
    // Refused for good concerns this message, of whatever kind: a patient behind break-the-glass, for one.
    const glass = end(CLOSED, 'config', T, { retry: { again: false } });
    expect(glass).toEqual(CLOSED);
  });

  test('lets one probe through when its time has come, at growing intervals with a cap, and none beside it', () => {
    let circuit = opened();
    let now = T;
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      const before = permit(circuit, now);
      expect(before).toMatchObject({ kind: 'wait', why: 'failing' });
      const until = (before as { until: number }).until;
      pauses.push(until - now);
      now = until;
      expect(permit(circuit, now)).toEqual({ kind: 'probe' });
      circuit = probing(circuit);
      expect(permit(circuit, now).kind).toBe('wait');
      circuit = end(circuit, 'unreachable', now, { probe: true });
    }
    expect(pauses.slice(0, 4)).toEqual([550, 1_100, 2_200, 4_400]);
    expect(pauses.at(-1)).toBe(33_000);
  });

  test('what was under way when it opened neither delays nor brings forward the probe; our own stop says nothing', () => {
    const circuit = probing(opened());
    expect(end(circuit, 'timeout')).toEqual({ ...circuit, failure: failed('timeout') });
    const cut = afterCall(circuit, { with: 'cut', probe: true, now: T, random });
    expect(cut).toMatchObject({ state: 'open', probing: false });
    expect(afterCall(CLOSED, { with: 'cut', probe: false, now: T, random })).toBe(CLOSED);
  });

  test('closes with the first success', () => {
    expect(end(probing(opened()), null, T, { probe: true })).toEqual(CLOSED);
    expect(end(opened('timeout'), 'validation')).toEqual(CLOSED);
  });

  test('waits as told, for everyone, unless it was said of one thing alone', () => {
    const told = end(CLOSED, 'throttle', T, { retry: { again: true, after: 60_000 } });
    expect(permit(told, T + 59_999)).toEqual({ kind: 'wait', until: T + 60_000, why: 'paused' });
    expect(permit(told, T + 60_000)).toEqual({ kind: 'call' });
    // A shorter word, and the success of what was under way, do not cut it short.
    const shorter = end(told, 'throttle', T, { retry: { again: true, after: 5_000 } });
    expect(permit(end(shorter, null), T + 59_999).kind).toBe('wait');
    const alone = end(CLOSED, 'throttle', T, { retry: { again: true, after: 60_000, alone: true } });
    expect(permit(alone, T)).toEqual({ kind: 'call' });
    // Without a word it waits for longer and longer.
    const once = end(CLOSED, 'throttle');
    const twice = end(once, 'throttle');
    expect([once, twice].map((one) => (one as { pausedUntil: number }).pausedUntil - T)).toEqual([
      1_100, 2_200,
    ]);
  });

  test('who is not accepted is stopped at once, and nothing that was under way changes that', () => {
    const stopped = end(CLOSED, 'auth');
    expect(stopped).toMatchObject({ state: 'stopped', since: T, testAt: T + TEST_EVERY });
    expect(end(stopped, null)).toBe(stopped);
    expect(end(stopped, 'auth', T + 5)).toBe(stopped);
    expect(permit(stopped, T + TEST_EVERY * 9)).toMatchObject({ kind: 'wait' });
    expect(testFailed(stopped, T + TEST_EVERY)).toMatchObject({ testAt: T + 2 * TEST_EVERY, since: T });
  });

  test('says what it is, since when, what waits and what to do', () => {
    expect(circuitText(CLOSED, 3, T)).toBeNull();
    expect(circuitText(opened(), 1_204, T)).toBe(
      'Fails since 2026-01-31 12:00 UTC: only probes go out (the next in 1 s); 1204 lanes wait for it. What. Do.',
    );
    expect(circuitText(end(CLOSED, 'auth'), 1, T)).toBe(
      'Stopped since 2026-01-31 12:00 UTC: we are not accepted; 1 lane waits for it, untried. What. Do. Then resume it; it is tested again at 2026-01-31 12:15 UTC.',
    );
  });

  test('whatever happens in whatever order, it is one of its states, and success always heals an open one', () => {
    const kinds = Object.keys(SAYS) as FailureKind[];
    for (let seed = 1; seed <= 200; seed++) {
      const chance = seededRandom(seed);
      let circuit: Circuit = CLOSED;
      let now = T;
      for (let step = 0; step < 100; step++) {
        now += Math.floor(chance.fraction() * 20_000);
        const may = permit(circuit, now);
        const probe = may.kind === 'probe';
        if (probe) circuit = probing(circuit);
        if (may.kind === 'wait') {
          expect(may.until).toBeGreaterThanOrEqual(now);
          if (chance.fraction() < 0.5) continue; // else: one that was under way before
        }
        const kind = kinds[Math.floor(chance.fraction() * (kinds.length + 3))] ?? null;
        const before = circuit;
        circuit = afterCall(circuit, {
          with: kind === null ? null : failed(kind),
          probe,
          now,
          random: chance,
        });
        if (before.state === 'open' && kind === null) expect(circuit.state).toBe('closed');
        if (before.state === 'stopped') expect(circuit).toBe(before);
        if (probe && circuit.state === 'open') expect(circuit.probing).toBe(false);
      }
    }
  });
});
