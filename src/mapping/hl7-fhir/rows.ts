/**
 * Rows of the guide's segment maps, as the product states them: which field goes to which element, read by what. The
 * guide's own tables are prose in part (conditions such as "if person level VIP", several targets for one field, remarks
 * in place of codes), so they are not run as they stand. A row here is one statement that a person can hold against the
 * guide's, is compiled to a closure once, gives each value its origin, and is counted in docs/hl7/hl7-to-fhir-coverage.md,
 * so that nothing is implemented without being declared. The code tables, which are exact, are generated instead.
 */
import type { Field, Line } from './line.ts';
import { type Draft, note, type Reading, trace } from './reading.ts';

/** Reads one repetition of a field as a value of an element; `undefined`: nothing to say. */
export type Read = (field: Field, reading: Reading, line: Line) => unknown;

export interface Row {
  /** Field numbers; 0 is the segment itself (a constant). */
  readonly numbers: readonly number[];
  /** Elements that it fills, without list marks: `name`, `period.start`. */
  readonly elements: readonly string[];
  readonly run: (draft: Draft, line: Line, reading: Reading) => void;
  /** The one field without which it does nothing; 0: it is always run. */
  readonly only: number;
}

/** A map of the guide: `PID[Patient]`. */
export interface SegmentMap {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Every map that was declared, for the coverage table. */
export const declaredMaps: SegmentMap[] = [];
/** Fields of each segment that some map reads. */
const readFields = new Map<string, Set<number>>();

export function segmentMap(name: string, ...rows: readonly Row[]): SegmentMap {
  const map = { name, rows };
  declaredMaps.push(map);
  const segment = name.slice(0, 3);
  const numbers = readFields.get(segment) ?? new Set();
  readFields.set(segment, numbers);
  for (const row of rows) for (const each of row.numbers) numbers.add(each);
  return map;
}

/** The fields of a segment that maps read; `undefined` when no map reads it. */
export const fieldsRead = (segment: string): ReadonlySet<number> | undefined => readFields.get(segment);

export function apply(map: SegmentMap, draft: Draft, line: Line, reading: Reading): void {
  for (const row of map.rows) {
    // Most fields of most segments are empty.
    if (row.only !== 0 && !line.holds(row.only)) continue;
    row.run(draft, line, reading);
  }
}

type When = (line: Line, draft: Draft) => boolean;

interface Step {
  readonly name: string;
  /** `[]` adds to a list, `[0]` is its first, otherwise no list. */
  readonly kind: 'one' | 'add' | 'first';
}

/** `name[]`, `period.start`, `reaction[0].severity`. */
function stepsOf(path: string): readonly Step[] {
  return path.split('.').map((part) => {
    if (part.endsWith('[]')) return { name: part.slice(0, -2), kind: 'add' };
    if (part.endsWith('[0]')) return { name: part.slice(0, -3), kind: 'first' };
    return { name: part, kind: 'one' };
  });
}

/** Writes a value, making what is between; a single element that is there stays. Returns its index in a list, or -1. */
function writer(path: string): (draft: Draft, value: unknown) => number | undefined {
  const steps = stepsOf(path);
  const last = steps.at(-1) as Step;
  const way = steps.slice(0, -1);
  const { name: end } = last;
  if (way.length === 0 && last.kind === 'one')
    return (draft, value) => {
      if (draft[end] !== undefined) return undefined;
      draft[end] = value;
      return -1;
    };
  return (draft, value) => {
    let at: Record<string, unknown> = draft;
    for (const { name, kind } of way) {
      if (kind === 'first') {
        let list = at[name] as Record<string, unknown>[] | undefined;
        if (list === undefined) {
          list = [{}];
          at[name] = list;
        }
        at = list[0] as Record<string, unknown>;
      } else {
        at[name] ??= {};
        at = at[name] as Record<string, unknown>;
      }
    }
    if (last.kind === 'one') {
      if (at[end] !== undefined) return undefined;
      at[end] = value;
      return -1;
    }
    const list = at[end] as unknown[] | undefined;
    if (list === undefined) {
      at[end] = [value];
      return 0;
    }
    list.push(value);
    return list.length - 1;
  };
}

const plain = (path: string): string => path.replaceAll('[]', '').replaceAll('[0]', '');

/** One field to one element. `name[]` takes every repetition, anything else the first; `also`: what the reader fills beside. */
export function row(
  number: number,
  path: string,
  read: Read,
  options: { readonly when?: When; readonly also?: readonly string[] } = {},
): Row {
  const write = writer(path);
  const every = path.endsWith('[]');
  const shown = plain(path);
  const { when } = options;
  return {
    numbers: [number],
    elements: [shown, ...(options.also ?? [])],
    only: number,
    run(draft, line, reading) {
      const fields = line.fields(number);
      if (fields.length === 0 || (when !== undefined && !when(line, draft))) return;
      for (const field of fields) {
        const value = read(field, reading, line);
        if (value === undefined) continue;
        const index = write(draft, value);
        if (index !== undefined) trace(reading, draft, shown, index, line, number, field.repetition);
        if (!every) break;
      }
      if (!every && fields.length > 1)
        note(
          reading,
          'not-carried',
          `${line.id}-${number}`,
          `${line.id}-${number}: FHIR has room for the first of its repetitions only.`,
        );
    },
  };
}

/** A value that the map sets whatever the segment says. */
export function constant(path: string, value: unknown, when?: When): Row {
  const write = writer(path);
  return {
    numbers: [0],
    elements: [plain(path)],
    only: 0,
    run(draft, line) {
      if (when === undefined || when(line, draft)) write(draft, value);
    },
  };
}

/** Several fields or elements at once, where they depend on each other. */
export function rows(
  numbers: readonly number[],
  elements: readonly string[],
  run: (draft: Draft, line: Line, reading: Reading) => void,
): Row {
  return { numbers, elements, run, only: 0 };
}

/** Fields that are read elsewhere (an id, a condition, another resource): not to be reported as left behind. */
export const used = (...numbers: readonly number[]): Row => ({
  numbers,
  elements: [],
  run: nothing,
  only: Number.MAX_SAFE_INTEGER,
});
function nothing(): void {
  return;
}

/** An extension with one value. */
export const extension = (url: string, type: string, value: unknown): unknown =>
  value === undefined ? undefined : { url, [`value${type}`]: value };
