import type { Quantity } from '../../r4.ts';
import type { Field } from '../line.ts';
import { element, number, type Reading } from '../reading.ts';
import type { Read } from '../rows.ts';
import { coding } from './cwe.ts';

const ucum = 'http://unitsofmeasure.org';

/**
 * CWE[Quantity]: unit (CWE.2, else 1), and system and code where the message names a coding system. A Quantity's code
 * needs its system; without one the unit is a text.
 */
export function unitOf(reading: Reading, field: Field | undefined): Quantity {
  if (field === undefined) return {};
  const code = field.get(1);
  const known = field.get(3) === undefined ? undefined : coding(reading, field, 1);
  return element<Quantity>({
    unit: field.get(2) ?? code,
    system: known?.system,
    code: known?.system === undefined ? undefined : known.code,
  });
}

/** CQ[Quantity]: value (CQ.1) and unit (CQ.2, by its subcomponents). */
export const toQuantity: Read = (field, reading) => {
  const value = number(reading, field.place, field.get(1));
  if (value === undefined) return undefined;
  return { value, ...unitOf(reading, below(field, 2)) };
};

/** A component that is a CWE, read by its subcomponents. */
const below = (field: Field, component: number): Field => ({
  place: field.place,
  repetition: field.repetition,
  text: field.get(component) ?? '',
  get: (part) => field.get(component, part),
});

/** NM. */
export const toNumber: Read = (field, reading) => number(reading, field.place, field.get(1));

/** NM[positiveInt], NM[unsignedInt]: whole numbers from `least`. */
export const toWhole =
  (least: 0 | 1): Read =>
  (field, reading) => {
    const value = number(reading, field.place, field.get(1));
    return value !== undefined && Number.isInteger(value) && value >= least ? value : undefined;
  };

/** A duration in a UCUM time unit. */
export const duration = (value: number, unit: string, code: string): Quantity => ({
  value,
  unit,
  system: ucum,
  code,
});

/** Minutes in a time unit as messages write it (SCH-10, AIS-8); `undefined` when it is none. */
export function minutesIn(unit: string | undefined): number | undefined {
  switch (unit?.toLowerCase().replace(/s$/, '')) {
    case undefined:
    case 'm':
    case 'min':
    case 'minute':
      return 1;
    case 'h':
    case 'hr':
    case 'hour':
      return 60;
    case 'd':
    case 'day':
      return 1440;
    case 's':
    case 'sec':
    case 'second':
      return 1 / 60;
    default:
      return undefined;
  }
}
