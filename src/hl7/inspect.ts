import { charsetFault } from './declared-charset.ts';
import { isDoubledEscape } from './delimiters.ts';
import { meaningOf } from './escape.ts';
import type { Finding, FindingCode } from './finding.ts';
import { segmentCode } from './path.ts';
import type { Source } from './source.ts';
import { fieldSpan, isDeclaration, type SegmentSpan } from './span.ts';

const envelope = new Set(['MSH', 'FHS', 'BHS', 'BTS', 'FTS'].map((id) => segmentCode(id, 0)));

/** Looks the whole message over; one finding for each kind, at its first place, so that bad bytes cannot fill memory. */
export function inspect(source: Source): Finding[] {
  const findings = new Map<FindingCode, Finding>();
  const add = (code: FindingCode, text: string, where: string): void => {
    if (!findings.has(code)) findings.set(code, { code, text, where });
  };
  const { text, place } = source;
  // The mark of UTF-16 belongs to it; in its UTF-8 form it has three bytes.
  const marked = source.wide !== undefined && place.start === 3;
  if (place.reason !== undefined) add('no-header', place.reason, `byte ${place.start}`);
  else {
    if (place.start > 0 && !marked)
      add('bytes-before-header', `${place.start} bytes stand before MSH.`, 'byte 0');
    const { encoding } = source.delimiters;
    if (isDoubledEscape(encoding))
      add('encoding-characters', 'MSH-2 writes the escape character twice; it is read as once.', 'MSH-2');
    else if (encoding.length < 4 || encoding.length > 5)
      add(
        'encoding-characters',
        `MSH-2 declares ${encoding.length} encoding characters, where 4 are usual.`,
        'MSH-2',
      );
  }
  inspectLines(source, add);
  if (text.includes('\x1c'))
    add('framing', 'An MLLP end byte (1C) stands in the bytes.', `byte ${text.indexOf('\x1c')}`);
  inspectEscapes(source, add);
  const { choice } = source;
  const body = place.start > 0 ? source.joined().slice(place.start) : source.joined();
  const charset = choice.finding ?? charsetFault(choice.charset, body);
  if (charset !== undefined) add(charset.code, charset.text, charset.where);
  return [...findings.values()];
}

function inspectLines(source: Source, add: (code: FindingCode, text: string, where: string) => void): void {
  const { text, place } = source;
  const kinds = new Set<string>();
  let line = 1;
  let previous = place.start;
  for (const [i, segment] of source.index.all().entries()) {
    const ends = lineEnds(text, previous, segment.from);
    for (const end of ends) kinds.add(end);
    if (ends.length > (i === 0 ? 0 : 1)) add('blank-lines', 'There are blank lines.', `line ${line + 1}`);
    line += ends.length;
    previous = segment.to;
    if (segment.code === 0)
      add('segment-id', 'The line does not begin with a segment id and a field separator.', `line ${line}`);
    else if (i > 0 && envelope.has(segment.code))
      add(
        'second-header',
        'Another header or a batch envelope follows: split the file into its messages.',
        `line ${line}`,
      );
  }
  const last = lineEnds(text, previous, source.index.end);
  for (const end of last) kinds.add(end);
  if (last.length > 1) add('blank-lines', 'There are blank lines.', `line ${line + 1}`);
  if (kinds.has('\n') || kinds.has('\r\n'))
    add(
      'line-ends',
      `Segments end with ${[...kinds].map(nameOfEnd).join(', ')}, where HL7 says CR.`,
      'line 1',
    );
}

const nameOfEnd = (end: string): string => (end === '\r' ? 'CR' : end === '\n' ? 'LF' : 'CRLF');

function lineEnds(text: string, from: number, to: number): string[] {
  if (to - from === 1) return text[from] === '\r' ? ['\r'] : text[from] === '\n' ? ['\n'] : [];
  return text.slice(from, to).match(/\r\n|\r|\n/g) ?? [];
}

/** Says where the first escape character stands that opens no sequence; what it opens is read as it is written. */
function inspectEscapes(source: Source, add: (code: FindingCode, text: string, where: string) => void): void {
  const mark = source.delimiters.escape;
  if (mark === undefined || source.place.reason !== undefined) return;
  const seen = new Map<number, number>();
  for (const segment of source.index.all()) {
    const nth = (seen.get(segment.code) ?? 0) + 1;
    seen.set(segment.code, nth);
    const at = segment.code === 0 ? -1 : strayMark(source, segment, mark);
    if (at < 0) continue;
    add(
      'escape',
      'An escape character begins no escape sequence; it is read as it is written. The sender should write \\E\\.',
      `${segment.text.slice(segment.start, segment.start + 3)}[${nth}]-${fieldAt(source, segment, at)}`,
    );
    return;
  }
}

/** The place of the first escape character that is neither the begin nor the end of a sequence; -1 when all are. */
function strayMark(source: Source, segment: SegmentSpan, mark: string): number {
  const { start, text } = segment;
  // Its own characters only: a search in all of them would run through the whole message for each segment.
  const scan = segment.scan.slice(0, segment.end);
  const { end } = segment;
  // MSH-2 declares the character.
  const span = { start: 0, end: 0 };
  const declares = isDeclaration(segment, 2) && fieldSpan(segment, source.delimiters, 2, span);
  const from = declares ? span.end : start;
  for (let open = scan.indexOf(mark, from); open >= 0 && open < end; open = scan.indexOf(mark, open + 1)) {
    const close = scan.indexOf(mark, open + 1);
    if (close < 0 || close >= end || close === open + 1) return open;
    if (meaningOf(text.slice(open + 1, close), source.delimiters, asItIs, source) === undefined) return open;
    open = close;
  }
  return -1;
}

function fieldAt(source: Source, segment: SegmentSpan, at: number): number {
  const span = { start: 0, end: 0 };
  let field = 0;
  while (fieldSpan(segment, source.delimiters, field + 1, span) && span.start <= at) field += 1;
  return field;
}

const asItIs = (bytes: string): string => bytes;
