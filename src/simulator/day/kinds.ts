import { book, cancel, noshow, reschedule } from './appointments.ts';
import { update } from './demographics.ts';
import type { HappeningKind } from './happening.ts';
import { admit, discharge, register } from './visits.ts';

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
} as const satisfies Record<string, HappeningKind>;

export type KindName = keyof typeof kinds;

/** The names, in the order of the table. */
export const kindNames = Object.keys(kinds) as KindName[];

export function isKind(name: unknown): name is KindName {
  return typeof name === 'string' && Object.hasOwn(kinds, name);
}
