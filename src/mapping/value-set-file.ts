/** Value set maps as files: `maps/<name>.csv`, and `sites/<site>/maps/<name>.csv` over it. */
import { nearest } from '../std/index.ts';
import { csvCell, readCsv } from './csv.ts';
import type { ValueSetRow } from './value-set.ts';

/** A fault in a file of maps. */
export interface MapFault {
  /** From 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly reason: string;
  readonly fix: string;
}

export const VALUE_SET_COLUMNS = [
  'source',
  'target',
  'display',
  'note',
  'verified by',
  'verified on',
] as const;
/** Need not be there. */
const MORE_COLUMNS = ['preferred'] as const;
type Column = (typeof VALUE_SET_COLUMNS)[number] | (typeof MORE_COLUMNS)[number];
const COLUMNS: readonly string[] = [...VALUE_SET_COLUMNS, ...MORE_COLUMNS];
const REQUIRED: readonly Column[] = ['source', 'target'];

/** As a target: the code is known and carries nothing. */
export const NO_TARGET = '(none)';

/** The target of a row that waits for one. */
const OPEN = Symbol('open');

const LARGEST = 64 * 1024 * 1024;
const LONGEST_CODE = 200;
const MOST_FAULTS = 50;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A code that was seen, and of which nobody has said yet what it means: it is no row, and stays unmapped. */
export interface OpenCode {
  readonly source: string;
  readonly line: number;
}

export interface ValueSetFile {
  readonly rows: readonly ValueSetRow[];
  /** Rows with a source and no target yet. */
  readonly open: readonly OpenCode[];
  readonly faults: readonly MapFault[];
}

/**
 * Reads a value set map. What is wrong is told with its line and what to do, at most 50 faults; of two rows for one code
 * both lines.
 * @param file The path that rows and messages name.
 */
export function readValueSet(bytes: Uint8Array, file: string): ValueSetFile {
  if (bytes.length > LARGEST)
    return only(0, 'is larger than 64 MB', 'a map of codes is no extract: keep the codes that are used');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return only(lineOfBadByte(bytes), 'is not UTF-8', 'save it as "CSV UTF-8" and try again');
  }
  const {
    rows: [head, ...rows],
    faults: torn,
  } = readCsv(text);
  if (torn.length > 0) return { rows: [], open: [], faults: torn };
  if (head === undefined) return only(0, 'is empty', `write a header: ${VALUE_SET_COLUMNS.join(',')}`);
  const faults: MapFault[] = [];
  const add = (line: number, reason: string, fix: string): void => {
    if (faults.length < MOST_FAULTS) faults.push({ line, reason, fix });
  };
  const places = columnsOf(head.cells, head.line, add);
  if (faults.length > 0) return { rows: [], open: [], faults };
  const read: ValueSetRow[] = [];
  const open: OpenCode[] = [];
  const lines = new Map<string, number>();
  for (const { line, cells } of rows) {
    const cell = (column: Column): string => {
      const place = places.get(column);
      return place === undefined ? '' : (cells[place] ?? '');
    };
    const row = rowOf(cell, cells.length, head.cells.length, file, line, add);
    if (row === undefined) continue;
    const before = lines.get(row.source);
    if (before !== undefined) {
      add(
        line,
        `the code "${row.source}" stands here and on line ${before}`,
        'leave one of the two rows; one code has one meaning',
      );
      continue;
    }
    lines.set(row.source, line);
    if (row.target === OPEN) open.push({ source: row.source, line });
    else read.push({ ...row, target: row.target });
  }
  return { rows: read, open, faults };

  function only(line: number, reason: string, fix: string): ValueSetFile {
    return { rows: [], open: [], faults: [{ line, reason, fix }] };
  }
}

type Add = (line: number, reason: string, fix: string) => void;

function columnsOf(cells: readonly string[], line: number, add: Add): Map<Column, number> {
  const places = new Map<Column, number>();
  cells.forEach((cell, place) => {
    const name = cell.toLowerCase().replaceAll('_', ' ').trim();
    if (name === '') return;
    if (!COLUMNS.includes(name)) {
      const near = nearest(name, COLUMNS);
      add(
        line,
        `there is no column "${cell.slice(0, 40)}"`,
        near ? `did you mean "${near}"?` : `the columns are: ${COLUMNS.join(', ')}`,
      );
    } else if (places.has(name as Column)) add(line, `the column "${name}" stands twice`, 'leave one out');
    else places.set(name as Column, place);
  });
  for (const column of REQUIRED) {
    if (places.has(column)) continue;
    add(
      line,
      `the column "${column}" is missing`,
      `the first line names the columns: ${VALUE_SET_COLUMNS.join(',')}`,
    );
  }
  return places;
}

function rowOf(
  cell: (column: Column) => string,
  cells: number,
  columns: number,
  file: string,
  line: number,
  add: Add,
): (Omit<ValueSetRow, 'target'> & { readonly target: string | null | typeof OPEN }) | undefined {
  const source = cell('source');
  const target = cell('target');
  if (cells > columns) {
    add(
      line,
      `the row has ${cells} cells, the header ${columns}`,
      'put a value with a comma in quotation marks',
    );
    return undefined;
  }
  for (const [name, code] of [
    ['source', source],
    ['target', target],
  ] as const) {
    if (code.length <= LONGEST_CODE && (code !== '' || name === 'target')) continue;
    add(
      line,
      code === '' ? `the row has no ${name}` : `its ${name} is longer than ${LONGEST_CODE} characters`,
      'a row is: the site’s code, the code it means',
    );
    return undefined;
  }
  const on = cell('verified on');
  if (on !== '' && !/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(on)) {
    add(line, `"verified on" is "${on.slice(0, 20)}"`, 'write a day like 2026-01-31, or leave it empty');
    return undefined;
  }
  const marked = cell('preferred').toLowerCase();
  if (!['', 'yes', 'no', 'true', 'false', 'x'].includes(marked)) {
    add(
      line,
      `"preferred" is "${marked.slice(0, 20)}"`,
      'write yes in the one row that is meant on the way back',
    );
    return undefined;
  }
  const [display, note, by] = [cell('display'), cell('note'), cell('verified by')];
  return {
    source,
    target: target === '' ? OPEN : target === NO_TARGET ? null : target,
    ...(display === '' ? {} : { display }),
    ...(note === '' ? {} : { note }),
    ...(by === '' ? {} : { verifiedBy: by }),
    ...(on === '' ? {} : { verifiedOn: on }),
    ...(['yes', 'true', 'x'].includes(marked) ? { preferred: true } : {}),
    file,
    line,
  };
}

/** The line of the first byte that is not UTF-8. */
function lineOfBadByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    try {
      decoder.decode(bytes.subarray(from, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    from = end + 1;
    line += 1;
  }
  return line;
}

/** What a person adds to a map. */
export type NewValueSetRow = Pick<ValueSetRow, 'source' | 'target'> &
  Partial<Pick<ValueSetRow, 'display' | 'note' | 'verifiedBy' | 'verifiedOn'>>;

/**
 * A file with one row more, in the columns that its header names, or with the row filled in that has waited for its target; a new
 * file when there is none yet. Everything else stays as it is written.
 */
export function withRow(text: string | undefined, row: NewValueSetRow): string {
  const before = text === undefined || text.trim() === '' ? `${VALUE_SET_COLUMNS.join(',')}\n` : text;
  const end = before.includes('\r\n') ? '\r\n' : '\n';
  const head = before.slice(0, before.search(/\r|\n|$/)).replace(/^\uFEFF/, '');
  const separator = /[,;\t]/.exec(head)?.[0] ?? ',';
  const values: Readonly<Record<string, string | undefined>> = {
    source: row.source,
    target: row.target ?? NO_TARGET,
    display: row.display,
    note: row.note,
    'verified by': row.verifiedBy,
    'verified on': row.verifiedOn,
  };
  const columns = readCsv(head).rows[0]?.cells ?? VALUE_SET_COLUMNS;
  const names = columns.map((column) => column.toLowerCase().replaceAll('_', ' ').trim());
  const written = (kept: readonly string[] = []): string =>
    names.map((name, place) => csvCell(values[name] ?? kept[place] ?? '')).join(separator);
  // A row of this code that waits for its target is filled in where it stands.
  const pieces = before.split(/(\r\n|\n|\r)/);
  const [source, target] = [names.indexOf('source'), names.indexOf('target')];
  for (const [place, piece] of pieces.entries()) {
    if (place === 0 || !piece.includes(row.source)) continue;
    const cells = readCsv(`${head}\n${piece}`).rows[1]?.cells;
    if (cells?.[source] !== row.source || (cells[target] ?? '') !== '') continue;
    return pieces.with(place, written(cells)).join('');
  }
  return `${before}${/[\r\n]$/.test(before) ? '' : end}${written()}${end}`;
}
