/** The page of failures: every code that a person may be shown, with its kind, what happened and what to do first. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

interface Row {
  readonly code: string;
  readonly kind: string;
  readonly about: string;
  readonly fix: string;
  /** Where it is given, for those who read the source. */
  readonly file: string;
}

const root = join(import.meta.dirname, '..');
const isShipped = (file: string): boolean =>
  file.endsWith('.ts') && !/\.(test|fixture|suite)\.ts$/.test(file) && !/^(simulator|console)\//.test(file);

/** A text of the source in any of its quotes; what is put into one stands as `…`. */
const TEXT = `(?:${["'", '"', '`'].map((quote) => String.raw`${quote}(?:[^${quote}\\]|\\.)*${quote}`).join('|')})`;
const CODE = /\bcode: '([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const TABLE_ROW = /^ {2}([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): \{/gm;

/** @param from Where an object begins, `{` or behind it. */
function objectAt(source: string, from: number): string {
  let depth = 1;
  let at = from;
  for (; at < source.length && depth > 0; at++) {
    const quoted = new RegExp(TEXT, 'y');
    quoted.lastIndex = at;
    const skipped = quoted.exec(source);
    if (skipped !== null) at += skipped[0].length - 1;
    else if (source[at] === '{') depth++;
    else if (source[at] === '}') depth--;
  }
  return source.slice(from, at - 1);
}

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  return (text.startsWith('`') ? inner.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…') : inner).replace(
    /\\(.)/g,
    '$1',
  );
}

function field(body: string, name: string): string | undefined {
  const found = new RegExp(String.raw`(?:^|[\s{,])${name}:\s*(${TEXT})`).exec(body)?.[1];
  return found === undefined ? undefined : unquoted(found);
}

function rowOf(code: string, body: string, file: string): Row {
  return {
    code,
    kind: field(body, 'kind') ?? '',
    about: field(body, 'about') ?? field(body, 'message') ?? field(body, 'text') ?? '',
    fix: field(body, 'fix') ?? '',
    file,
  };
}

/** Of one file: rows of its tables, and failures that are made where they happen. */
function rowsOf(source: string, file: string): Row[] {
  const tables = /failuresOf|FAILURES\b/.test(source)
    ? [...source.matchAll(TABLE_ROW)].map((match) =>
        rowOf(match[1] as string, objectAt(source, match.index + match[0].length), file),
      )
    : [];
  const made = [...source.matchAll(CODE)].map((match) => {
    const begin = source.lastIndexOf('{', match.index);
    return rowOf(match[1] as string, objectAt(source, begin + 1), file);
  });
  return [...tables, ...made];
}

/** `storeFailure('STORE_GONE', 'The data folder is not there.')`: a table gives kind and fix, the place what happened. */
const said = new RegExp(String.raw`\w+\(\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)',\s*(${TEXT})`, 'g');

/** One row a code: of several places that give it, what is said first stands. */
export function failureRows(): readonly Row[] {
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(isShipped).sort();
  const rows = new Map<string, Row>();
  const texts = new Map<string, string>();
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, code = '', message = ''] of text.matchAll(said)) texts.set(code, unquoted(message));
    for (const row of rowsOf(text, relative(root, join(source, file)))) {
      const before = rows.get(row.code);
      rows.set(row.code, {
        ...row,
        ...before,
        kind: before?.kind || row.kind,
        about: before?.about || row.about,
        fix: before?.fix || row.fix,
      });
    }
  }
  return [...rows.values()]
    .map((row) => ({ ...row, about: row.about || (texts.get(row.code) ?? '') }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

export function failuresPage(made: string): string {
  return [
    made,
    '# Failures and findings: reference\n',
    'Every code that stands with a dead letter, a held delivery, a refused command or a finding. What happens after each **kind** is in',
    '[retry](../retry.md); findings and answers of the API have none. `…` stands for the name or number that is told in its place; a message may say more than the row here.',
    'A link leads to a row: `failures.md#write_differs`.\n',
    '| code | kind | what happened | what to do first |',
    '|---|---|---|---|',
    ...failureRows().map(
      ({ code, kind, about, fix }) =>
        `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${kind === '' ? '' : `\`${kind}\``} | ${cell(about || 'The message says it.')} | ${cell(fix || 'It is said with it.')} |`,
    ),
    '',
  ].join('\n');
}
