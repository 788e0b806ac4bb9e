/** What differs between two versions of a map: of codes line by line, of fields target by target. Pure. */
import { parse } from 'yaml';
import type { Change } from './changes.ts';
import { leafText, leaves, said } from './words.ts';

export function mapChanges(
  path: string,
  before: string | undefined,
  next: string | undefined,
): readonly Change[] {
  const tell = (kind: Change['kind'], text: string): Change => ({ of: 'map', name: path, kind, text });
  if (before === undefined) return [tell('added', 'the map is new')];
  if (next === undefined) return [tell('removed', 'the map is removed')];
  const texts = path.endsWith('.csv') ? codeTexts(before, next) : fieldTexts(before, next);
  return (texts.length > 0 ? texts : ['only its words for people, or its order, have changed']).map((text) =>
    tell('changed', text),
  );
}

function fieldTexts(before: string, next: string): readonly string[] {
  try {
    return leaves(parse(before), parse(next)).map(leafText);
  } catch {
    return ['it has changed'];
  }
}

/** Cells of one line; quotes hold commas, and two quotes are one. */
function cellsOf(line: string): readonly string[] {
  const cells: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    cells.push((quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
  return cells;
}

/** By source code: its target, and the rest of the line. */
function codesOf(text: string): ReadonlyMap<string, { readonly target: string; readonly rest: string }> {
  const [first = '', ...lines] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const names = cellsOf(first).map((name) => name.toLowerCase());
  const [source, target] = [names.indexOf('source'), names.indexOf('target')].map((at, index) =>
    at < 0 ? index : at,
  ) as [number, number];
  return new Map(
    lines.map((line) => {
      const cells = cellsOf(line);
      const rest = cells.filter((_, at) => at !== source && at !== target).join(', ');
      return [cells[source] ?? '', { target: cells[target] ?? '', rest }] as const;
    }),
  );
}

function codeTexts(before: string, next: string): readonly string[] {
  const [were, are] = [codesOf(before), codesOf(next)];
  return [
    ...[...are].flatMap(([code, { target, rest }]) => {
      const was = were.get(code);
      if (was === undefined) return [`the code ${said(code)} is new: it means ${said(target)}`];
      if (was.target !== target)
        return [`the code ${said(code)} now means ${said(target)} (was ${said(was.target)})`];
      return was.rest === rest ? [] : [`what is said of the code ${said(code)} has changed: ${rest}`];
    }),
    ...[...were.keys()].filter((code) => !are.has(code)).map((code) => `the code ${said(code)} is gone`),
  ];
}
