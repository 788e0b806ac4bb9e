/**
 * Reads XML strictly and as data alone: no DTD, no entities but the five and character references, nothing is fetched and no
 * class that an attribute names is ever made. What is larger or deeper than an export may be is refused, with its line.
 */
import { importFailure } from '../failures.ts';
import type { XmlElement } from './element.ts';

export interface XmlLimits {
  readonly characters: number;
  readonly depth: number;
  readonly elements: number;
  readonly attributes: number;
}

export const XML_LIMITS: XmlLimits = {
  characters: 256 * 1024 * 1024,
  depth: 100,
  elements: 4_000_000,
  attributes: 64,
};

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  readonly texts: string[];
  readonly line: number;
  textLine: number;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const BLANK = /[ \t\r\n]*/y;
const UNNAMED = { textLine: 0 };

/**
 * @param file For messages.
 * @throws Failure IMPORT_UNREADABLE, IMPORT_REFUSED, IMPORT_TOO_LARGE: each names the file and the line.
 */
export function readXml(text: string, file: string, limits: XmlLimits = XML_LIMITS): XmlElement {
  return new XmlReader(text, file, limits).read();
}

class XmlReader {
  readonly #text: string;
  readonly #file: string;
  readonly #limits: XmlLimits;
  #at = 0;
  /** The line of `#counted`; counted on from there, so that the whole is counted once. */
  #line = 1;
  #counted = 0;
  #elements = 0;

  constructor(text: string, file: string, limits: XmlLimits) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#file = file;
    this.#limits = limits;
  }

  read(): XmlElement {
    const text = this.#text;
    if (text.length > this.#limits.characters) throw this.#large(`it has ${text.length} characters`);
    const stack: Open[] = [];
    let root: XmlElement | undefined;
    while (this.#at < text.length) {
      if (text[this.#at] !== '<') {
        const end = text.indexOf('<', this.#at);
        this.#words(stack.at(-1), text.slice(this.#at, end < 0 ? text.length : end));
        this.#at = end < 0 ? text.length : end;
      } else if (text.startsWith('<?', this.#at)) this.#skip('?>', 'a processing instruction');
      else if (text.startsWith('<!--', this.#at)) this.#skip('-->', 'a comment');
      else if (text.startsWith('<![CDATA[', this.#at)) {
        const from = this.#at + 9;
        const line = this.#lineAt(from);
        this.#skip(']]>', 'a CDATA section');
        this.#put(stack.at(-1), text.slice(from, this.#at - 3), line);
      } else if (text.startsWith('<!', this.#at)) {
        throw this.#refused('it declares a document type or entities (<!…), which no export does');
      } else if (text[this.#at + 1] === '/') {
        const closed = this.#close(stack);
        const parent = stack.at(-1);
        if (parent === undefined) root = closed;
        else parent.children.push(closed);
      } else {
        if (root !== undefined && stack.length === 0) throw this.#wrong('there is a second root element');
        const { open, empty } = this.#open();
        if (!empty) {
          stack.push(open);
          if (stack.length > this.#limits.depth)
            throw this.#large(`elements stand more than ${this.#limits.depth} deep`);
        } else if (stack.length === 0) root = finished(open);
        else (stack.at(-1) as Open).children.push(finished(open));
      }
    }
    const last = stack.at(-1);
    if (last !== undefined) throw this.#wrong(`it ends inside <${last.name}>, opened in line ${last.line}`);
    if (root === undefined) throw this.#wrong('there is no element in it');
    return root;
  }

  #open(): { readonly open: Open; readonly empty: boolean } {
    const line = this.#lineAt(this.#at);
    this.#at += 1;
    const name = this.#match(NAME) || this.#fail('the name of an element');
    this.#elements += 1;
    if (this.#elements > this.#limits.elements)
      throw this.#large(`it has more than ${this.#limits.elements} elements`);
    const open: Open = { name, attributes: Object.create(null), children: [], texts: [], line, ...UNNAMED };
    for (let count = 0; ; count += 1) {
      const blank = this.#match(BLANK);
      const next = this.#text[this.#at];
      if (next === '>') {
        this.#at += 1;
        return { open, empty: false };
      }
      if (next === '/' && this.#text[this.#at + 1] === '>') {
        this.#at += 2;
        return { open, empty: true };
      }
      if (count >= this.#limits.attributes)
        throw this.#large(`<${name}> has more than ${this.#limits.attributes} attributes`);
      if (blank === '') this.#fail(`a blank, > or /> in <${name}>`);
      this.#attribute(open);
    }
  }

  #attribute(open: Open): void {
    const name = this.#match(NAME) || this.#fail(`the name of an attribute of <${open.name}>`);
    if (name in open.attributes) throw this.#wrong(`<${open.name}> has the attribute ${name} twice`);
    this.#match(BLANK);
    if (this.#text[this.#at] !== '=') this.#fail('=');
    this.#at += 1;
    this.#match(BLANK);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail('a value in quotes');
    const end = this.#text.indexOf(quote as string, this.#at + 1);
    if (end < 0) this.#fail('the end of a value in quotes');
    const value = this.#text.slice(this.#at + 1, end);
    if (value.includes('<')) throw this.#wrong(`the value of ${name} holds <`);
    open.attributes[name] = this.#plain(value);
    this.#at = end + 1;
  }

  #close(stack: Open[]): XmlElement {
    this.#at += 2;
    const name = this.#match(NAME);
    const open = stack.pop();
    if (open === undefined) throw this.#wrong(`</${name}> closes nothing`);
    if (open.name !== name)
      throw this.#wrong(`</${name}> closes <${open.name}>, opened in line ${open.line}`);
    this.#match(BLANK);
    if (this.#text[this.#at] !== '>') this.#fail('>');
    this.#at += 1;
    return finished(open);
  }

  #words(open: Open | undefined, raw: string): void {
    if (raw.trim() === '') {
      if (open !== undefined && open.children.length === 0 && raw !== '') open.texts.push(raw);
      return;
    }
    if (open === undefined) throw this.#wrong('there is text outside of the root element');
    this.#put(open, this.#plain(raw), this.#lineAt(this.#at));
  }

  #put(open: Open | undefined, text: string, line: number): void {
    if (open === undefined) throw this.#wrong('there is text outside of the root element');
    if (open.textLine === 0) open.textLine = line;
    open.texts.push(text);
  }

  #plain(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&\s]{0,32};?)/g, (_, name: string) => {
      const known = ENTITIES[name.slice(0, -1)];
      if (known !== undefined && Object.hasOwn(ENTITIES, name.slice(0, -1))) return known;
      const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));$/.exec(name);
      const point =
        code === null
          ? Number.NaN
          : Number.parseInt(code[1] ?? (code[2] as string), code[1] === undefined ? 10 : 16);
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) || Number.isNaN(point))
        throw this.#refused(`it names the entity "&${name.slice(0, 20)}", which there is not`);
      return String.fromCodePoint(point);
    });
  }

  #skip(end: string, what: string): void {
    const at = this.#text.indexOf(end, this.#at);
    if (at < 0) throw this.#wrong(`${what} does not end`);
    this.#at = at + end.length;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #lineAt(place: number): number {
    for (;;) {
      const next = this.#text.indexOf('\n', this.#counted);
      if (next < 0 || next >= place) return this.#line;
      this.#counted = next + 1;
      this.#line += 1;
    }
  }

  #fail(expected: string): never {
    throw this.#wrong(`${expected} was expected`);
  }

  #place(): string {
    return `${this.#file}:${this.#lineAt(this.#at)}`;
  }

  #wrong(reason: string): Error {
    return importFailure('IMPORT_UNREADABLE', {
      message: `It is no XML: ${reason}.`,
      at: { path: this.#place() },
    });
  }

  #refused(reason: string): Error {
    return importFailure('IMPORT_REFUSED', {
      message: `It is not read: ${reason}.`,
      at: { path: this.#place() },
    });
  }

  #large(reason: string): Error {
    return importFailure('IMPORT_TOO_LARGE', {
      message: `It is not read: ${reason}.`,
      at: { path: this.#place() },
    });
  }
}

function finished({ name, attributes, children, texts, line, textLine }: Open): XmlElement {
  // Blanks between elements are layout.
  const text = children.length > 0 ? texts.join('').trim() : texts.join('');
  return { name, attributes, children, text, line, textLine: textLine || line };
}
