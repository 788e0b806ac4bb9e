/** Values in other units of measure, by UCUM. */
import { numberOf, rounded } from './numbers.ts';
import { type Catalogue, hasOnly, isTable, isText, own, plain, refuse, text } from './transform.ts';
import { converted, ucumCode, unitOf } from './ucum.ts';

const KEYS = ['from', 'to', 'digits', 'molarMass'];
const SYSTEM = 'http://unitsofmeasure.org';

const isUnit = (value: unknown): boolean =>
  typeof value === 'string' && unitOf(ucumCode(value) ?? '') !== undefined;
const fits = (value: unknown, needsFrom: boolean): boolean =>
  hasOnly(value as never, KEYS) &&
  isTable(value as never) &&
  isUnit(own(value, 'to')) &&
  (own(value, 'from') === undefined ? !needsFrom : isUnit(own(value, 'from'))) &&
  (own(value, 'digits') === undefined || [0, 1, 2, 3, 4, 5, 6].includes(own(value, 'digits') as number)) &&
  (own(value, 'molarMass') === undefined || (own(value, 'molarMass') as number) > 0);

interface Change {
  readonly from?: string;
  readonly to: string;
  readonly digits?: number;
  readonly molarMass?: number;
}

function change(value: number, from: string | undefined, { to, digits, molarMass }: Change): number {
  const source =
    unitOf((from === undefined ? undefined : ucumCode(from)) ?? '') ?? refuse('a unit that UCUM knows');
  const target = unitOf(ucumCode(to) as string) ?? refuse('a unit');
  const result = converted(value, source, target, molarMass) ?? refuse(`a unit of what ${to} measures`);
  return rounded(result, digits ?? 6);
}

export const units: Catalogue = {
  unit: {
    about:
      'A number in another unit. UCUM’s codes and usual names (lbs, °F) are understood; between mg/dL and mmol/L with the molar mass in g/mol.',
    with: {
      about: '{ from: "[lb_av]", to: kg, digits: 1 }; digits (6) and molarMass may be left out',
      fits: (value) => fits(value, true),
    },
    examples: [
      { from: '154', with: { from: '[lb_av]', to: 'kg', digits: 1 }, gives: 69.9 },
      { from: 98.6, with: { from: '[degF]', to: 'Cel', digits: 1 }, gives: 37 },
      { from: 90, with: { from: 'mg/dL', to: 'mmol/L', digits: 1, molarMass: 180.156 }, gives: 5 },
    ],
    make(argument) {
      const wanted = argument as unknown as Change;
      return (value) => change(numberOf(value), wanted.from, wanted);
    },
  },
  inUnit: {
    about: 'A FHIR Quantity in another unit, as a Quantity with its UCUM code.',
    with: {
      about: '{ to: kg, digits: 1 }; digits and molarMass may be left out',
      fits: (value) => fits(value, false),
    },
    examples: [
      {
        from: { value: 70, unit: 'in', system: 'http://unitsofmeasure.org', code: '[in_i]' },
        with: { to: 'cm', digits: 0 },
        gives: { value: 178, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
      },
    ],
    make(argument) {
      const wanted = argument as unknown as Change;
      return (value) => {
        const from = own(value, 'code') ?? own(value, 'unit');
        if (!isText(from as never)) return refuse('a FHIR Quantity with a unit');
        const code = ucumCode(wanted.to) as string;
        return {
          ...(own(value, 'comparator') === undefined ? {} : { comparator: own(value, 'comparator') }),
          value: change(numberOf(own(value, 'value')), from as string, wanted),
          unit: wanted.to,
          system: SYSTEM,
          code,
        };
      };
    },
  },
  ucum: {
    about: 'A unit’s name as UCUM’s code: lbs gives [lb_av].',
    examples: [
      { from: 'lbs', gives: '[lb_av]' },
      { from: 'K/uL', gives: '10*3/uL' },
    ],
    make: plain((value) => ucumCode(text(value)) ?? refuse('a unit that UCUM knows')),
  },
};
