/** What may become of a value on its way: the catalogue that `transform` in a field rule names. */
import { codes } from './codes.ts';
import { contacts } from './contacts.ts';
import { dates } from './dates.ts';
import { identifiers } from './identifiers.ts';
import { names } from './names.ts';
import { numbers } from './numbers.ts';
import { texts } from './texts.ts';
import type { Catalogue, Transform } from './transform.ts';
import { units } from './units.ts';

const groups: readonly (readonly [string, Catalogue])[] = [
  ['Texts', texts],
  ['Dates and times', dates],
  ['Names of people', names],
  ['Telephone and mail', contacts],
  ['Numbers', numbers],
  ['Units of measure', units],
  ['Identifiers and references', identifiers],
  ['Codes', codes],
];

/** Every transform by name. */
export const transforms: ReadonlyMap<string, Transform> = new Map(
  groups.flatMap(([group, catalogue]) =>
    Object.entries(catalogue).map(([name, transform]) => [name, { ...transform, group }] as const),
  ),
);

export {
  BadArgument,
  type Transform,
  type TransformContext,
  type TransformExample,
  type TransformRun,
  Unreadable,
} from './transform.ts';
