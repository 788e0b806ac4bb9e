import type { Charset } from './charset.ts';
import { type Delimiters, defaultDelimiters } from './delimiters.ts';
import { bytesAsText, type FormatCommand, formatCommand, keep, meaningOf } from './escape.ts';
import type { Reading } from './reading.ts';
import type { SegmentSpan } from './span.ts';

/** A stretch of text, and whether it stands between `\H\` and `\N\`. */
export interface FormattedRun {
  readonly text: string;
  readonly highlighted: boolean;
}

/** One line of formatted text, as its commands lay it out (2.7.6). */
export interface FormattedLine {
  /** Columns from the edge, 0 to 80. */
  readonly indent: number;
  readonly centred: boolean;
  /** False between `\.nf\` and `\.fi\`: the line is not to be wrapped. */
  readonly wraps: boolean;
  readonly runs: readonly FormattedRun[];
}

/** Beyond this no screen is wide; it also bounds what a short command can make of itself. */
const widest = 80;

const within = (columns: number): number => Math.max(0, Math.min(widest, columns));

/** Lays out line by line what {@link walk} finds. */
class Page {
  readonly lines: FormattedLine[] = [];
  #runs: FormattedRun[] = [];
  #margin = 0;
  #temporary: number | undefined;
  #wraps = true;
  #centred = false;
  #highlighted = false;
  /** Where the line that is being filled begins, from its first text on. */
  #indent = 0;

  text(text: string): void {
    const [first = '', ...others] = text.split(/\r\n|\r|\n/);
    this.#add(first);
    for (const each of others) {
      this.#end();
      this.#add(each);
    }
  }

  highlight(on: boolean): void {
    this.#highlighted = on;
  }

  /** 2.7.6: what each command does to the lines that follow. */
  command({ name, count }: FormatCommand): void {
    switch (name) {
      case 'br':
        this.#end();
        return;
      case 'sp':
        for (let i = Math.max(1, Math.abs(count ?? 1)); i > 0; i -= 1) this.#end();
        return;
      case 'ce':
        this.#end();
        this.#centred = true;
        return;
      case 'in':
        this.#margin = within(this.#margin + (count ?? 0));
        return;
      case 'ti':
        this.#temporary = within(this.#margin + (count ?? 0));
        return;
      case 'sk':
        this.#add(' '.repeat(Math.abs(count ?? 1)));
        return;
      case 'fi':
      case 'nf':
        this.#wraps = name === 'fi';
    }
  }

  done(): FormattedLine[] {
    this.#end();
    return this.lines;
  }

  #add(text: string): void {
    if (text === '') return;
    if (this.#runs.length === 0) {
      this.#indent = this.#temporary ?? this.#margin;
      this.#temporary = undefined;
    }
    const last = this.#runs.at(-1);
    const highlighted = this.#highlighted;
    if (last?.highlighted === highlighted)
      this.#runs[this.#runs.length - 1] = { text: last.text + text, highlighted };
    else this.#runs.push({ text, highlighted });
  }

  #end(): void {
    this.lines.push({
      indent: this.#runs.length === 0 ? 0 : this.#indent,
      centred: this.#centred,
      wraps: this.#wraps,
      runs: this.#runs,
    });
    this.#runs = [];
    this.#centred = false;
  }
}

const asItIs = (bytes: string): string => bytes;

/** Walks over an escaped value; text comes in the longest stretches that no command divides. Linear. */
function walk(
  raw: string,
  scan: string,
  delimiters: Delimiters,
  decode: (bytes: string) => string,
  hex: (bytes: string) => string,
  charset: Pick<Charset, 'switches'>,
): FormattedLine[] {
  const page = new Page();
  const mark = delimiters.escape;
  let pending = '';
  let copied = 0;
  let open = mark === undefined ? -1 : scan.indexOf(mark);
  while (open >= 0 && mark !== undefined) {
    const close = scan.indexOf(mark, open + 1);
    if (close < 0) break;
    const body = raw.slice(open + 1, close);
    const meaning = body === '' ? undefined : meaningOf(body, delimiters, hex, { charset });
    if (meaning === undefined) {
      open = close;
      continue;
    }
    pending += raw.slice(copied, open);
    copied = close + 1;
    open = scan.indexOf(mark, copied);
    const command = formatCommand(body);
    if (command !== undefined || body === 'H' || body === 'N') {
      page.text(decode(pending));
      pending = '';
      if (command === undefined) page.highlight(body === 'H');
      else page.command(command);
    } else pending += meaning === keep ? raw.slice(copied - body.length - 2, copied) : meaning;
  }
  page.text(decode(pending + raw.slice(copied)));
  return page.done();
}

/**
 * The lines of an escaped text, laid out by its formatting commands (2.7.6). What is no sequence stays as written.
 *
 *     formattedLines('\\.in+4\\Fish \\T\\ \\H\\chips\\N\\')[0]?.indent   // 4
 */
export function formattedLines(raw: string, delimiters: Delimiters = defaultDelimiters): FormattedLine[] {
  return walk(raw, raw, delimiters, asItIs, bytesAsText, {});
}

/** The same of a place in a message: sequences are resolved on bytes, then decoded. */
export function linesAt(reading: Reading, segment: SegmentSpan, start: number, end: number): FormattedLine[] {
  const raw = segment.text.slice(start, end);
  const scan = segment.scan === segment.text ? raw : segment.scan.slice(start, end);
  const { charset } = reading;
  return walk(raw, scan, reading.delimiters, (bytes) => charset.decode(bytes), asItIs, charset);
}

/** The lines as plain text: indented with spaces, divided by line feeds; a line is not centred, for want of a width. */
export function plainText(lines: readonly FormattedLine[]): string {
  return lines
    .map(({ indent, runs }) => ' '.repeat(indent) + runs.map(({ text }) => text).join(''))
    .join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for the inside of an element or a quoted attribute. Control characters, which HTML forbids, and the ones that
 * turn the direction of writing around, by which a text can look like another, become U+FFFD.
 */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => entities[character] as string)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

/**
 * The lines as HTML that is safe to put into an element: every text escaped, and no tag but `<br>`, `<strong>` and
 * `<span class="hl7-centred">`; spaces that lay out a text (indentation, several in a
 * row, all of a line that is not to be wrapped) are non-breaking ones.
 */
export function htmlText(lines: readonly FormattedLine[]): string {
  return lines.map(htmlLine).join('<br>');
}

function htmlLine({ indent, centred, wraps, runs }: FormattedLine): string {
  const text = runs
    .map(({ text, highlighted }) => {
      const spaced = text.replace(wraps ? / {2,}/g : / /g, (spaces) => '\u00a0'.repeat(spaces.length));
      const safe = escaped(spaced);
      return highlighted ? `<strong>${safe}</strong>` : safe;
    })
    .join('');
  const line = '\u00a0'.repeat(indent) + text;
  return centred && text !== '' ? `<span class="hl7-centred">${line}</span>` : line;
}
