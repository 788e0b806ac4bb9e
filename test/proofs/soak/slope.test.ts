import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/std/index.ts';
import { slopeOf } from './slope.ts';

const samples = (perSecond: number, noise: number) => {
  const random = seededRandom(3);
  return Array.from({ length: 120 }, (_, at) => {
    const seconds = at * 10;
    return [seconds, 100 + perSecond * seconds + noise * (random.fraction() - 0.5)] as const;
  });
};

test('what only trembles is flat, and what grows is not, however much it trembles', () => {
  expect(slopeOf(samples(0, 20), 30)).toMatchObject({ verdict: 'flat' });
  const growing = slopeOf(samples(0.05, 20), 30);
  expect(growing).toMatchObject({ verdict: 'grows' });
  // 0.05 a second are 180 an hour; the interval holds it.
  expect(growing?.from).toBeLessThan(180);
  expect(growing?.to).toBeGreaterThan(180);
});

test('a saw that is collected now and then is flat, and one that is collected to a higher place each time is not', () => {
  const saw = (rise: number) =>
    Array.from({ length: 360 }, (_, at) => [at * 10, 50 + (at % 12) * 4 + rise * at] as const);
  expect(slopeOf(saw(0), 30)).toMatchObject({ verdict: 'flat' });
  expect(slopeOf(saw(0.5), 30)).toMatchObject({ verdict: 'grows' });
});

test('too few samples tell nothing, and few tell little', () => {
  expect(slopeOf([[0, 1]], 1)).toBeUndefined();
  expect(slopeOf(samples(0, 20).slice(0, 8), 30)).toMatchObject({ verdict: 'unsure' });
});
