import { book, cancel, modify, noshow, reschedule } from './appointments.ts';
import { duplicate, merge, remove, unlink } from './charts.ts';
import { addend, allergy, correct, note, order, problem, result, vitals, withdraw } from './clinical.ts';
import { update } from './demographics.ts';
import type { HappeningKind } from './happening.ts';
import { admit, cancelAdmission, cancelDischarge, discharge, register, transfer } from './visits.ts';

/** Everything that can happen, by the name used in `happen()` and in `POST /admin/events`. */
export const kinds = {
  admit,
  register,
  update,
  discharge,
  book,
  reschedule,
  cancel,
  noshow,
  modify,
  transfer,
  'cancel-admission': cancelAdmission,
  'cancel-discharge': cancelDischarge,
  vitals,
  order,
  result,
  correct,
  note,
  addend,
  withdraw,
  problem,
  allergy,
  duplicate,
  merge,
  unlink,
  remove,
} as const satisfies Record<string, HappeningKind>;

export type KindName = keyof typeof kinds;

/** The names, in the order of the table. */
export const kindNames = Object.keys(kinds) as KindName[];

export function isKind(name: unknown): name is KindName {
  return typeof name === 'string' && Object.hasOwn(kinds, name);
}
