/** Codes that sample messages show, as value set maps whose targets are still to be said. */
import { csvCell, readValueSet, VALUE_SET_COLUMNS } from '../../mapping/index.ts';
import type { Role } from '../../site/index.ts';
import { ASSIGNERS, CODE_FIELDS, mapOfField } from './code-fields.ts';
import type { SeenFeed } from './samples.ts';

export interface CodeStub {
  /** The map: `hl7-pv1-2`. */
  readonly map: string;
  readonly about: string;
  readonly role: Role;
  /** By code, where and how often it was seen. */
  readonly codes: ReadonlyMap<string, string>;
}

/** Longer lists are asked for as a whole. */
const MOST_ROWS = 500;

export function codeStubs(feeds: readonly SeenFeed[]): CodeStub[] {
  const stubs: CodeStub[] = [];
  const stub = (
    map: string,
    about: string,
    role: Role,
    place: string,
    seen: ReadonlyMap<string, number>,
  ): void => {
    if (seen.size === 0 || seen.size > MOST_ROWS) return;
    const note = (times: number): string => `${place}, ${times} times in samples`;
    const codes = new Map([...seen].map(([code, times]) => [code, note(times)]));
    const known = stubs.find((each) => each.map === map);
    if (known === undefined) stubs.push({ map, about, role, codes });
    else stubs[stubs.indexOf(known)] = { ...known, codes: new Map([...codes, ...known.codes]) };
  };
  for (const { path, about, role } of CODE_FIELDS) {
    const seen = new Map<string, number>();
    for (const { codes } of feeds)
      for (const [code, times] of Object.entries(codes[path] ?? {}))
        seen.set(code, (seen.get(code) ?? 0) + times);
    stub(mapOfField(path), about, role, path.split('.')[0] ?? path, seen);
  }
  stub(
    ASSIGNERS,
    'id systems by assigner',
    'Identity analyst',
    'assigner of ids',
    new Map(assignersOf(feeds)),
  );
  return stubs;
}

/** Assigners of patients' and visits' ids. Of `""` and what is no code nothing can be mapped. */
function assignersOf(feeds: readonly SeenFeed[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { facts } of feeds)
    for (const [value, times] of facts.get('assigner') ?? []) {
      const [, place, assigner] = /^((?:PID|PV1|MRG)-\d+) ([^\s(]+)$/.exec(value) ?? [];
      if (place !== undefined && assigner !== undefined)
        found.set(assigner, (found.get(assigner) ?? 0) + times);
    }
  return found;
}

/**
 * The file with a row for each code that it lacks, without a target. What stands in it stays as it is written.
 * @param known Codes that the shared map translates already.
 */
export function stubText(
  before: string | undefined,
  stub: CodeStub,
  known: (code: string) => boolean,
): { readonly text: string; readonly added: number } {
  const columns = VALUE_SET_COLUMNS.join(',');
  let text = before === undefined || before.trim() === '' ? `${columns}\n` : before;
  const { rows, open, faults } = readValueSet(new TextEncoder().encode(text), '');
  // A file of other columns, or with faults, is left to whoever wrote it.
  if (faults.length > 0 || !text.replace(/^\uFEFF/, '').startsWith(columns)) return { text, added: 0 };
  const there = new Set([...rows, ...open].map(({ source }) => source));
  const missing = [...stub.codes].filter(([code]) => !there.has(code) && !known(code));
  if (missing.length > 0 && !/[\r\n]$/.test(text)) text += '\n';
  const head = text.slice(0, text.search(/[\r\n]/)).replace(/^\uFEFF/, '');
  const rest = ','.repeat(Math.max(0, head.split(',').length - 4));
  for (const [code, note] of missing) text += `${csvCell(code)},,,${csvCell(note)}${rest}\n`;
  return { text, added: missing.length };
}
