/**
 * YAML as people write it in records, read at once: block maps and lists, one-line `{ }` and `[ ]`, plain and quoted
 * scalars, comments. Whatever is anything else (anchors, tags, block scalars, values over several lines, a tab, a key
 * twice) is not judged here: the answer is `undefined`, and the full reader has the word. What is answered is what the full
 * reader would have answered; a test holds the two together. Reading a thousand records so takes a twentieth of the time.
 */

/** Line of each key or item, by the object that holds it. */
export type Lines = Map<object, Record<string, number>>;

export interface PlainYaml {
  readonly value: Readonly<Record<string, unknown>>;
  /** 1-based; empty unless lines were asked for. */
  readonly lines: Lines;
}

const OTHER = Symbol('not plain');

/** Tabs, carriage returns, controls, separators and marks that YAML treats in its own way. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STRANGE = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\uFEFF\uD800-\uDFFF]/;
const KEY = /^([A-Za-z_][\w./^*-]*(?: [\w./^*-]+)*|\d{4}-\d\d-\d\d|0|[1-9]\d{0,8}) *:(?= |$)/;
const QUOTED_KEY = /^(?:"([^"\\]+)"|'([^']+)') *:(?= |$)/;
const WORD_KEY = /^(?:null|true|false|__proto__)$/i;

export function readPlainYaml(text: string, withLines = false): PlainYaml | undefined {
  if (STRANGE.test(text)) return undefined;
  const lines: Lines = new Map();
  try {
    const value = new Reader(text, withLines ? lines : undefined).document();
    return { value, lines };
  } catch (error) {
    if (error === OTHER) return undefined;
    throw error;
  }
}

interface Row {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

class Reader {
  readonly #rows: Row[] = [];
  readonly #lines: Lines | undefined;
  #at = 0;

  constructor(text: string, lines: Lines | undefined) {
    this.#lines = lines;
    let number = 0;
    for (const line of text.split('\n')) {
      number++;
      let indent = 0;
      while (line.charCodeAt(indent) === 32) indent++;
      let end = line.length;
      while (end > indent && line.charCodeAt(end - 1) === 32) end--;
      if (end === indent || line.charCodeAt(indent) === 35) continue;
      this.#rows.push({ indent, text: line.slice(indent, end), number });
    }
  }

  document(): Record<string, unknown> {
    const first = this.#rows[0];
    if (first === undefined || first.indent !== 0) throw OTHER;
    const value = this.#map(0);
    if (this.#at < this.#rows.length) throw OTHER;
    return value;
  }

  #map(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const lines = this.#note(map);
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      if (row.indent < indent) break;
      if (row.indent > indent || isItem(row.text)) throw OTHER;
      const { key, rest } = keyOf(row.text);
      if (Object.hasOwn(map, key)) throw OTHER;
      if (lines) lines[key] = row.number;
      map[key] = this.#after(rest, indent, true);
    }
    return map;
  }

  /** What stands behind a colon, or on the lines below it; moves on. */
  #after(rest: string, indent: number, listsBeside: boolean): unknown {
    const here = this.#rows[this.#at] as Row;
    this.#at++;
    const next = this.#rows[this.#at];
    if (rest !== '') {
      // More on a deeper line would belong to this scalar.
      if (next !== undefined && next.indent > indent) throw OTHER;
      return this.#inline(rest, here.number);
    }
    if (next === undefined || next.indent < indent) return null;
    if (next.indent > indent) return isItem(next.text) ? this.#list(next.indent) : this.#map(next.indent);
    return listsBeside && isItem(next.text) ? this.#list(indent) : null;
  }

  #list(indent: number): unknown[] {
    const list: unknown[] = [];
    const lines = this.#note(list);
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      if (row.indent < indent || (row.indent === indent && !isItem(row.text))) break;
      if (row.indent > indent) throw OTHER;
      if (lines) lines[list.length] = row.number;
      const content = row.text.slice(1).trimStart();
      if (content === '' || content[0] === '#' || isItem(content)) throw OTHER;
      if (KEY.test(content) || QUOTED_KEY.test(content)) {
        // `- key: value`: a map that begins behind the hyphen.
        const deeper = indent + row.text.length - content.length;
        this.#rows[this.#at] = { indent: deeper, text: content, number: row.number };
        list.push(this.#map(deeper));
        const left = this.#rows[this.#at];
        if (left !== undefined && left.indent > indent) throw OTHER;
      } else list.push(this.#after(content, indent, false));
    }
    return list;
  }

  #inline(rest: string, number: number): unknown {
    const first = rest[0] as string;
    if (first !== '{' && first !== '[') {
      if (first === '"' || first === "'") {
        const { value, end } = quoted(rest, 0);
        onlyComment(rest, end);
        return value;
      }
      const comment = rest.indexOf(' #');
      const words = (comment < 0 ? rest : rest.slice(0, comment)).trimEnd();
      if (words.includes(': ') || words.endsWith(':')) throw OTHER;
      return scalar(words);
    }
    const flow = new Flow(rest, number, this.#lines);
    const value = flow.value();
    onlyComment(rest, flow.at);
    return value;
  }

  #note(holder: object): Record<string, number> | undefined {
    if (this.#lines === undefined) return undefined;
    const lines: Record<string, number> = {};
    this.#lines.set(holder, lines);
    return lines;
  }
}

/** `{ }` and `[ ]` on one line. */
class Flow {
  at = 0;
  readonly #text: string;
  readonly #number: number;
  readonly #lines: Lines | undefined;

  constructor(text: string, number: number, lines: Lines | undefined) {
    this.#text = text;
    this.#number = number;
    this.#lines = lines;
  }

  value(): unknown {
    const first = this.#text[this.at];
    if (first === '{') return this.#map();
    if (first === '[') return this.#list();
    if (first === '"' || first === "'") {
      const { value, end } = quoted(this.#text, this.at);
      this.at = end;
      return value;
    }
    return scalar(this.#plain());
  }

  #map(): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const lines: Record<string, number> = {};
    this.#lines?.set(map, lines);
    this.at++;
    if (this.#skip() === '}') return this.#close(map);
    for (;;) {
      const key = this.#key();
      if (Object.hasOwn(map, key)) throw OTHER;
      lines[key] = this.#number;
      const next = this.#skip();
      if (next === ',' || next === '}' || next === undefined) throw OTHER;
      map[key] = this.value();
      const mark = this.#skip();
      if (mark === '}') return this.#close(map);
      if (mark !== ',') throw OTHER;
      this.at++;
      this.#skip();
    }
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    const lines: Record<string, number> = {};
    this.#lines?.set(list, lines);
    this.at++;
    if (this.#skip() === ']') return this.#close(list);
    for (;;) {
      lines[list.length] = this.#number;
      list.push(this.value());
      const mark = this.#skip();
      if (mark === ']') return this.#close(list);
      if (mark !== ',') throw OTHER;
      this.at++;
      this.#skip();
    }
  }

  #close<Value>(value: Value): Value {
    this.at++;
    return value;
  }

  #key(): string {
    const { key, rest } = keyOf(this.#text.slice(this.at));
    if (rest === '') throw OTHER;
    this.at = this.#text.length - rest.length;
    return key;
  }

  #plain(): string {
    const from = this.at;
    while (this.at < this.#text.length && !',[]{}'.includes(this.#text[this.at] as string)) this.at++;
    const words = this.#text.slice(from, this.at).trimEnd();
    if (words === '' || words.includes(' #') || words.includes(': ') || words.endsWith(':')) throw OTHER;
    return words;
  }

  #skip(): string | undefined {
    while (this.#text[this.at] === ' ') this.at++;
    return this.#text[this.at];
  }
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ');

function keyOf(text: string): { key: string; rest: string } {
  const match = KEY.exec(text) ?? QUOTED_KEY.exec(text);
  if (match === null) throw OTHER;
  const plain = match[2] === undefined && text[0] !== '"';
  const key = (match[1] ?? match[2]) as string;
  if (plain ? WORD_KEY.test(key) : key === '__proto__') throw OTHER;
  const rest = text.slice(match[0].length).trimStart();
  return { key, rest: rest[0] === '#' ? '' : rest };
}

function quoted(text: string, from: number): { value: string; end: number } {
  const mark = text[from] as string;
  let value = '';
  let at = from + 1;
  for (;;) {
    const end = text.indexOf(mark, at);
    if (end < 0) throw OTHER;
    value += text.slice(at, end);
    if (mark === "'" && text[end + 1] === "'") {
      value += "'";
      at = end + 2;
      continue;
    }
    if (mark === '"' && value.includes('\\')) throw OTHER;
    return { value, end: end + 1 };
  }
}

function onlyComment(text: string, from: number): void {
  const rest = text.slice(from);
  if (rest !== '' && !/^ +#/.test(rest)) throw OTHER;
}

const BEGINS_OTHERWISE = /^(?:[&*!|>'"%@`?:,[\]{}#]|-(?: |$|\d|\.)|\+|\.)/;
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;
const DECIMAL = /^(?:0|[1-9]\d{0,8})\.\d{1,6}$/;
/** What the full reader may take for a number of another spelling. */
const NUMBER_LIKE = /^(?:0[xo]|\d+(?:\.\d*)?(?:[eE][-+]?\d*)?$)/;

function scalar(words: string): unknown {
  const first = words.charCodeAt(0);
  // Most begin with a letter, and most of those are words.
  if (first >= 48 && first <= 57) {
    if (WHOLE.test(words) || DECIMAL.test(words)) return Number(words);
    if (NUMBER_LIKE.test(words)) throw OTHER;
    return words;
  }
  if (BEGINS_OTHERWISE.test(words)) throw OTHER;
  switch (words) {
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    case 'null':
    case 'Null':
    case 'NULL':
    case '~':
      return null;
    default:
      return words;
  }
}
