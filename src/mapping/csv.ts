/** Comma separated values as spreadsheets write them (RFC 4180), each row with the line it begins on. */

export interface CsvRow {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Where and why a text is no CSV. */
export interface CsvFault {
  readonly line: number;
  readonly reason: string;
  readonly fix: string;
}

/** The first of these that stands in the header outside quotes: spreadsheets of some countries write semicolons. */
const SEPARATORS = [',', ';', '\t'];

/**
 * Quotes may hold separators, line ends and doubled quotes; lines end with CRLF, LF or CR; a BOM at the beginning and
 * empty lines are left out. Linear in the text's length.
 * @example
 * readCsv('source,target\r\nA,"x, y"\r\n').rows[1] // { line: 2, cells: ['A', 'x, y'] }
 */
export function readCsv(text: string): {
  readonly rows: readonly CsvRow[];
  readonly faults: readonly CsvFault[];
} {
  const rows: CsvRow[] = [];
  const faults: CsvFault[] = [];
  const { length } = text;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const separator = separatorOf(text, at);
  if (!text.includes('"')) return { rows: unquoted(at === 0 ? text : text.slice(at), separator), faults };
  let line = 1;
  while (at < length) {
    const begins = line;
    const cells: string[] = [];
    for (let open = true; open; ) {
      let cell = '';
      if (text[at] === '"') {
        const quoted = quotedEnd(text, at);
        if (quoted === -1) {
          faults.push({
            line: begins,
            reason: 'a quotation mark is opened and never closed',
            fix: 'close it, or double a quotation mark that belongs to the text',
          });
          return { rows, faults };
        }
        const inside = text.slice(at + 1, quoted);
        cell = inside.replaceAll('""', '"');
        line += linesIn(inside);
        at = quoted + 1;
      }
      const end = plainEnd(text, at, separator);
      if (end > at) {
        if (cell !== '' && text.slice(at, end).trim() !== '')
          faults.push({
            line,
            reason: 'text follows a closing quotation mark',
            fix: 'put the whole value in quotation marks, and double those inside it',
          });
        cell += text.slice(at, end);
      }
      cells.push(cell.trim());
      at = end;
      if (text[at] === separator) at += 1;
      else {
        open = false;
        if (text[at] === '\r' && text[at + 1] === '\n') at += 2;
        else if (at < length) at += 1;
        line += 1;
      }
    }
    if (cells.some((cell) => cell !== '')) rows.push({ line: begins, cells });
  }
  return { rows, faults };
}

/** Most files have no quotation mark: their lines are divided, and that is all. */
function unquoted(text: string, separator: string): CsvRow[] {
  const rows: CsvRow[] = [];
  text.split(/\r\n|\n|\r/).forEach((whole, index) => {
    if (whole === '') return;
    const cells = whole.split(separator);
    let filled = false;
    for (let at = 0; at < cells.length; at++) {
      const cell = (cells[at] as string).trim();
      cells[at] = cell;
      if (cell !== '') filled = true;
    }
    if (filled) rows.push({ line: index + 1, cells });
  });
  return rows;
}

/** A cell as it is written: in quotes when it must be. */
export const csvCell = (text: string): string =>
  /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function separatorOf(text: string, at: number): string {
  let quoted = false;
  for (let here = at; here < text.length; here++) {
    const character = text[here] as string;
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (SEPARATORS.includes(character)) return character;
    else if (character === '\n' || character === '\r') break;
  }
  return ',';
}

/** The place of the closing quotation mark; -1: there is none. */
function quotedEnd(text: string, open: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1 || text[at + 1] !== '"') return at;
  }
}

function plainEnd(text: string, from: number, separator: string): number {
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === separator || character === '\n' || character === '\r') return at;
  }
  return text.length;
}

const linesIn = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;
