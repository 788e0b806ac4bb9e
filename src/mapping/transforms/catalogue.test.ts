import { describe, expect, test } from 'vitest';
import { BadArgument, transforms, Unreadable } from './index.ts';
import { compilePattern } from './pattern.ts';

const context = { timeZone: 'America/New_York', receivedAt: Date.UTC(2026, 0, 31, 17) };
const done = (name: string, value: unknown, argument?: never): unknown => {
  const transform = transforms.get(name);
  expect(transform?.with ? transform.with.fits(argument) : argument === undefined, name).toBe(true);
  return transform?.make(argument)(value, context);
};
const fits = (name: string, argument: unknown): boolean | undefined =>
  transforms.get(name)?.with?.fits(argument as never);

describe('the catalogue', () => {
  test('every transform does what its examples in the reference say', () => {
    for (const [name, { about, group, examples }] of transforms) {
      expect(about, name).toMatch(/\.$/);
      expect(group).not.toBe('');
      expect(examples.length, name).toBeGreaterThan(0);
      for (const { from, with: argument, gives } of examples)
        expect(done(name, from, argument as never), `${name} ${JSON.stringify(from)}`).toEqual(gives);
    }
  });

  test('dates are read and written in other writings, day by day of the calendar', () => {
    expect(() => done('dateFrom', '02/30/2026', 'MM/dd/yyyy' as never)).toThrow(Unreadable);
    expect(done('dateFrom', '12:30 AM 01/31/2026', 'hh:mm a MM/dd/yyyy' as never)).toBe(
      '2026-01-31T00:30:00-05:00',
    );
    expect(done('dateFrom', '310126', 'ddMMyy' as never)).toBe('2026-01-31');
    expect(done('dateFrom', '1/2/87', ['yyyy-MM-dd', 'M/d/yy'] as never)).toBe('1987-01-02');
    expect(done('dateAs', '2026-07-31T23:30:00-04:00', "yyyyMMdd'at'HHmmZ" as never)).toBe(
      '20260731at2330-04:00',
    );
    expect(done('dateAs', '1987', 'MM/dd/yyyy' as never)).toBe('1987');
    for (const format of ['', 'QQQ', 'yyyy-QQ', 7, 'x'.repeat(80)])
      expect(fits('dateFrom', format), String(format)).toBe(false);
    expect(done('addTime', '2024-02-29', { years: 1 } as never)).toBe('2025-02-28');
    expect(done('addTime', '2026-03-31', { months: -1 } as never)).toBe('2026-02-28');
    expect(done('addTime', '202603080130', { hours: 1 } as never)).toBe('2026-03-08T03:30:00-04:00');
    expect(done('addTime', '2026-01-31T12:00:00+02:00', { minutes: 30 } as never)).toBe(
      '2026-01-31T12:30:00+02:00',
    );
    expect(done('age', ['20240229'])).toBe(1);
    expect(done('age', ['20250201'], 'months' as never)).toBe(11);
    expect(() => done('age', ['2027-01-01'])).toThrow(Unreadable);
  });

  test('units convert by UCUM’s definitions, and only between what measures the same', () => {
    const unit = (value: number, from: string, to: string, molarMass?: number): unknown =>
      done('unit', value, {
        from,
        to,
        digits: 4,
        ...(molarMass === undefined ? {} : { molarMass }),
      } as never);
    expect(unit(1, 'mg/dL', 'g/L')).toBe(0.01);
    expect(unit(120, 'mm[Hg]', 'kPa')).toBe(15.9986);
    expect(unit(4.5, '10*3/uL', '10*9/L')).toBe(4.5);
    expect(unit(60, 'mL/min/{1.73_m2}', 'mL/s/{1.73_m2}')).toBe(1);
    expect(unit(1.2, 'mg/dL', 'umol/L', 113.12)).toBe(106.082);
    expect(unit(37, 'Cel', '[degF]')).toBe(98.6);
    expect(unit(-40, '[degF]', 'Cel')).toBe(-40);
    expect(unit(6, '[ft_i]', 'cm')).toBe(182.88);
    expect(unit(12, '{beats}/min', '/h')).toBe(720);
    expect(() => unit(1, 'mg', 'mL')).toThrow(Unreadable);
    expect(() => unit(1, 'mg/dL', 'mmol/L')).toThrow(Unreadable);
    for (const from of ['constructor', '__proto__', 'kg/', '//', 'Cel/s', 'xyzzy'])
      expect(fits('unit', { from, to: 'kg' }), from).toBe(false);
  });

  test('telephone numbers go by the plan of their country; what can be none is refused', () => {
    expect(done('phone', '020 7946 0018', 'GB' as never)).toBe('+442079460018');
    expect(done('phone', '0049 30 901820', 'US' as never)).toBe('+4930901820');
    expect(done('phone', '1-608-555-0100')).toBe('+16085550100');
    for (const number of ['555-0100', '123-456-7890', '911', 'call me', '+', '']) {
      expect(() => done('phone', number), number).toThrow(Unreadable);
    }
    for (const mail of ['a@b', 'a b@example.org', '@example.org', 'a@exa mple.org'])
      expect(() => done('email', mail), mail).toThrow(Unreadable);
    expect(() => done('npi', '1234567890')).toThrow(Unreadable);
  });

  test('a template’s and a pattern’s replacement are never read out of a value', () => {
    expect(done('fill', ['{2}', '$1 {1}'], '{1}-{2}' as never)).toBe('{2}-$1 {1}');
    expect(done('replace', 'a$1b', { text: '$1', by: '$& $1' } as never)).toBe('a$& $1b');
    expect(done('replace', 'x1', { pattern: '(\\d)', by: '[$1\\n$$]' } as never)).toBe('x[1\\n$$]');
    expect(done('join', ["')} constructor", '{{1}}'], ' ' as never)).toBe("')} constructor {{1}}");
  });

  test('patterns are RE2’s: what cannot be linear, or is too large, is refused when the map is read', () => {
    for (const pattern of ['(?=a)', '(a)\\1', '(', 'a{2000}', '(a{900}){900}', '', 'x'.repeat(600)])
      expect(() => compilePattern(pattern), pattern.slice(0, 20)).toThrow(BadArgument);
    expect(() => transforms.get('replace')?.make({ pattern: 'a', by: '$3' })).toThrow(BadArgument);
    expect(() => done('fits', 'a'.repeat(3_000_000), '^(a+)+$' as never)).toThrow(Unreadable);
  });
});
