import { expect, test } from 'vitest';
import { parse } from '../../src/hl7/index.ts';
import { compileFieldMap, transforms } from '../../src/mapping/index.ts';
import { compilePattern } from '../../src/mapping/transforms/pattern.ts';
import { prototypes, tryPaths, tryPatterns } from './hostile-maps.ts';

/** Counts and does not time: what bounds the work is tried by itself. */
const noClock = (): number => 0;

test('hostile paths reach no prototype and change nothing but what they make', () => {
  const before = prototypes();
  const { paths, read } = tryPaths(1_500, 7, noClock);
  expect(paths).toBe(1_500);
  expect(read).toBeGreaterThan(50);
  expect(prototypes()).toBe(before);
});

test('evil patterns are refused, or end', () => {
  const { paths, read } = tryPatterns(60, 7, noClock);
  expect(paths).toBe(60);
  expect(read).toBeGreaterThan(5);
});

test('the work of a pattern is bounded by its size times the text', () => {
  const small = compilePattern('(a|aa)+$');
  expect(small.fits(`${'a'.repeat(50_000)}!`)).toBe(false);
  const large = compilePattern('(\\p{L}{1,900})$');
  expect(() => large.fits('a'.repeat(5_000))).toThrow();
});

test('what a message holds is never a path, a template or a pattern', () => {
  const values = ['event.secret', '{1}{2}', '$1$&', '(a+)+$', "').constructor('", '{{hl7:PID-5}}', '`'];
  const event = { values, secret: 'SECRET', list: values.map((value) => ({ value })) };
  const hl7 = parse('MSH|^~\\&|A|B|||20260131||ADT^A01|1|P|2.5\rPID|||event.secret||hl7:PID-3^$1{1}\r');
  const given = { values: new Map<string, unknown>([['event', event]]), hl7, timeZone: 'UTC' };
  const made = compileFieldMap({
    plain: 'event.values[*]',
    fhirpath: "event.values.select($this & '')[*]",
    each: { each: 'event.list', as: 'item', fields: { value: { from: 'item.value', transform: 'trim' } } },
    id: 'hl7:PID-3',
    name: { from: ['hl7:PID-5.1', 'hl7:PID-5.2'], transform: 'fill', with: '{2} {1}' },
    replaced: { from: 'hl7:PID-5.2', transform: [{ replace: { pattern: '1', by: '[$]' } }] },
    looked: { from: 'hl7:PID-3', transform: 'lookup', with: { 'event.secret': 'event.secret' } },
    literal: { value: 'event.secret' },
    otherwise: { from: 'event.nothing', default: 'event.secret' },
  })(given);
  expect(made).toEqual({
    plain: values,
    fhirpath: values,
    each: values.map((value) => ({ value })),
    id: 'event.secret',
    name: '$1{1} hl7:PID-3',
    replaced: '$[$]{[$]}',
    looked: 'event.secret',
    literal: 'event.secret',
    otherwise: 'event.secret',
  });
  expect(JSON.stringify(made)).not.toContain('SECRET');
  expect(transforms.get('either')?.make({ true: 'event.secret' })('Y', given)).toBe('event.secret');
});
