import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, parse, unescapeText } from '../../src/hl7/index.ts';
import { runCase } from './case.ts';
import { fixedCases } from './fixed.ts';
import { messagesOf } from './input.ts';
import { check, framesOf } from './property.ts';
import { Random } from './random.ts';
import { added, casesOf, emptyTally, remaining } from './tally.ts';

/** 200,000 in all, on two workers: another seed each day would be another test, so these are always the same. */
const blocks = Array.from({ length: 20 }, (_, i) => [i * 10_000, (i + 1) * 10_000] as const);

describe('anything that may come in', () => {
  it.each(blocks)('is read, edited, divided and answered: cases %i to %i', (from, to) => {
    for (let seed = from; seed < to; seed += 1) {
      const failure = runCase(seed);
      if (failure !== undefined)
        expect.fail(`${failure.what}: node test/fuzz/run.ts --seed ${seed}\n${failure.stack}`);
    }
  });

  it.each(fixedCases)('once broke something: %s', (_, bytes) => {
    for (let seed = 0; seed < 200; seed += 1) check(Buffer.from(bytes, 'latin1'), new Random(seed));
  });

  const corpus = process.env.HL7_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus/hl7v2');
  if (existsSync(corpus))
    it('and so are the messages of the folder HL7_CORPUS, mutated', () => {
      const messages = messagesOf(corpus);
      for (let seed = 0; seed < 10_000; seed += 1)
        expect(runCase(seed, messages), `seed ${seed}`).toBe(undefined);
    });
});

describe('any text', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('|', '^', '~', '\\', '&', '#', '\r', '\n', '"', 'X', '.', 'é', '王', '🙂'),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  });

  it('comes out of an escaped value as it went in', () => {
    fc.assert(
      fc.property(text, (value) => {
        const { delimiters } = parse('MSH|^~\\&#|A');
        expect(unescapeText(escapeText(value, delimiters), delimiters)).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes back from the place it was written to, and nothing else changes', () => {
    const place = fc.tuple(
      fc.integer({ min: 3, max: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
    );
    fc.assert(
      fc.property(text, place, (value, [field, repetition, component, subcomponent]) => {
        fc.pre(value !== '' && value.isWellFormed());
        const before = 'MSH|^~\\&|A|||||||7|P|2.5||||||UNICODE UTF-8\rPID|1\rZPD|x^y&z~""\r';
        const message = parse(before);
        const path = `PID-${field}[${repetition}].${component}.${subcomponent}`;
        message.set(path, value);
        const again = parse(message.bytes());
        expect(again.get(path)).toBe(value);
        expect(
          again
            .segments()
            .map(({ raw }) => raw)
            .filter((raw) => !raw.startsWith('PID')),
        ).toEqual(before.split('\r').filter((raw) => raw !== '' && !raw.startsWith('PID')));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('frames', () => {
  const stream = Buffer.from(
    [
      'junk\r\n',
      '\x0bMSH|^~\\&|A\rPID|1\r\x1c\r',
      '\x0bMSH|^~\\&|B\x1c\x1c\r',
      '\r\n',
      '\x0bMSH|^~\\&|C\x1cD\r\x1c\x0bMSH|E\r\x1c\r',
      'more junk',
      '\x0bMSH|broken\r\x0b\x1c\r',
      '\x0bMSH|^~\\&|F\r\x1c',
    ].join(''),
    'latin1',
  );
  const whole = framesOf(stream, []);

  it('are those that were sent', () => {
    expect(whole.filter((told) => told.startsWith('MSH'))).toHaveLength(5);
  });

  it('are the same however the stream is cut once', () => {
    for (let at = 0; at <= stream.length; at += 1)
      expect(framesOf(stream, [at]), `cut at ${at}`).toEqual(whole);
  });

  it('are the same however it is cut twice', () => {
    const told = JSON.stringify(whole);
    for (let first = 0; first <= stream.length; first += 1)
      for (let second = first; second <= stream.length; second += 1)
        if (JSON.stringify(framesOf(stream, [first, second])) !== told)
          expect(framesOf(stream, [first, second]), `cut at ${first} and ${second}`).toEqual(whole);
  });

  it('are the same byte by byte', () => {
    expect(
      framesOf(
        stream,
        Array.from(stream, (_, i) => i),
      ),
    ).toEqual(whole);
  });
});

describe('the tally of the long runs', () => {
  it('knows what is done, and what is left', () => {
    let tally = added(emptyTally, { ...emptyTally, done: [[0, 10]], bytes: 5 });
    tally = added(tally, { ...emptyTally, done: [[20, 30]], failures: { x: { count: 1, seed: 25 } } });
    tally = added(tally, { ...emptyTally, done: [[10, 15]], failures: { x: { count: 2, seed: 12 } } });
    expect(tally.done).toEqual([
      [0, 15],
      [20, 30],
    ]);
    expect(casesOf(tally)).toBe(25);
    expect(tally.failures).toEqual({ x: { count: 3, seed: 12 } });
    expect(remaining(tally, 5, 40, 4)).toEqual([
      [15, 19],
      [19, 20],
      [30, 34],
      [34, 38],
      [38, 40],
    ]);
  });
});
