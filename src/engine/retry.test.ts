import { expect, test } from 'vitest';
import { Failure, type FailureKind, seededRandom } from '../std/index.ts';
import { decide, type Limits } from './retry.ts';

const DAY = 86_400_000;
const patient: Limits = { giveUpAfter: DAY, exhausted: 'dead letter' };
const failed = (kind: FailureKind, retry?: Failure['retry']): Failure =>
  new Failure({ code: 'X', kind, message: 'm', fix: 'f', ...(retry ? { retry } : {}) });

test('refused content is a dead letter at once; what may pass is tried again', () => {
  const random = seededRandom(1);
  const fresh = { attempts: 0, createdAt: 0, released: null };
  expect(decide(failed('validation'), fresh, patient, 0, random)).toEqual({ to: 'dead' });
  expect(decide(failed('defect'), fresh, patient, 0, random)).toEqual({ to: 'dead' });
  for (const kind of [
    'auth',
    'config',
    'throttle',
    'timeout',
    'unreachable',
    'rejected',
    'unknown-outcome',
  ] as const) {
    expect(decide(failed(kind), fresh, patient, 0, random).to, kind).toBe('waiting');
  }
});

test('the pause grows, has jitter, and stays under its cap', () => {
  const random = seededRandom(2);
  const due = (attempts: number): number => {
    const decision = decide(
      failed('unreachable'),
      { attempts, createdAt: 0, released: null },
      { ...patient, giveUpAfter: DAY * 30 },
      0,
      random,
    );
    return decision.to === 'waiting' ? decision.dueAt : Number.NaN;
  };
  expect(due(0)).toBeGreaterThanOrEqual(100);
  expect(due(0)).toBeLessThanOrEqual(1_000);
  for (let attempts = 0; attempts < 60; attempts++) expect(due(attempts)).toBeLessThanOrEqual(300_000);
  expect(new Set(Array.from({ length: 10 }, () => due(8))).size).toBeGreaterThan(5);
});

test('a pause that the other side asked for is never cut short', () => {
  const random = seededRandom(3);
  const told = failed('throttle', { again: true, after: 60_000 });
  for (let i = 0; i < 50; i++) {
    const decision = decide(told, { attempts: 9, createdAt: 0, released: null }, patient, 1_000, random);
    expect(decision.to === 'waiting' && decision.dueAt).toBeGreaterThanOrEqual(61_000);
  }
});

test('after the flow’s patience it is a dead letter', () => {
  const random = seededRandom(4);
  expect(
    decide(failed('unreachable'), { attempts: 40, createdAt: 0, released: null }, patient, DAY, random),
  ).toEqual({
    to: 'dead',
  });
});
