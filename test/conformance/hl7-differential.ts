/**
 * The codec beside two others, place by place: `node-hl7-client` (get) and `@medplum/core` (toString). Every difference
 * has a rule that says why it is one and who is right; one without a rule fails.
 * `node test/conformance/hl7-differential.ts FOLDER` runs it over a folder and prints the table.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Hl7Message } from '@medplum/core';
import { Message as ClientMessage } from 'node-hl7-client';
import { usage } from '../../scripts/usage.ts';
import { type Message, parse, type Segment, splitMessages } from '../../src/hl7/index.ts';

usage(import.meta.filename);

/** Why an answer of another library is another. `ours` is right by the paragraph that is named. */
export const explanations = {
  'client: throws: no header':
    'The bytes do not begin with MSH (a byte order mark, blanks, another segment): it throws, the codec tells and reads on.',
  'client: throws: several messages':
    'It takes a second MSH, or an envelope, for a batch and throws; the codec tells it as a finding.',
  'client: throws: blank line':
    'It throws on a blank line, or one that is no segment; 2.6.1: a recipient ignores what it does not expect.',
  'client: escapes':
    'It resolves no escape sequence but those of the delimiters, or decodes none (2.7): the codec gives the text.',
  'client: MSH-2': 'It gives nothing, or a part, for MSH-2, which is not divided (2.15.9.2).',
  'client: absent': 'It gives an empty text for what is absent; the codec tells the two apart (2.5.3.4).',
  'client: absent throws':
    'It throws a TypeError for a subcomponent of an absent component; the codec says undefined.',
  'client: lines':
    'It does not take LF or CRLF for a line end, or splits where CR and LF are mixed; 2.6: CR ends a segment.',
  'client: first part':
    'For a field of components it gives the first component, for a component its first subcomponent; the codec gives what stands there.',
  'client: few delimiters':
    'Where MSH-2 declares fewer than four characters it takes the usual ones for the rest, or loses its place; a delimiter that is not declared does not exist (2.5.4).',
  'client: trims':
    'It takes the blanks from the end of a segment; they belong to the value, and the codec keeps them.',
  'client: characters': 'It reads bytes as UTF-8 whatever MSH-18 says (2.15.9.18).',
  'medplum: no header': 'It throws when the bytes do not begin with MSH; the codec gives the bytes back.',
  'medplum: line ends':
    'It writes CR for LF and CRLF, and leaves blank lines out; the codec gives every byte back.',
  'medplum: characters': 'It works on text: bytes that are no UTF-8 are lost.',
} as const;

export type Explanation = keyof typeof explanations;

export interface Difference {
  readonly file: string;
  readonly path: string;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
  /** undefined: nobody can say why. */
  readonly why: Explanation | undefined;
}

export interface Comparison {
  readonly messages: number;
  readonly places: number;
  readonly differences: readonly Difference[];
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export function compare(
  messages: readonly { readonly file: string; readonly bytes: Uint8Array }[],
): Comparison {
  const differences: Difference[] = [];
  let places = 0;
  for (const { file, bytes } of messages) {
    const message = parse(bytes);
    places += readings(file, message, bytes, differences) + 1;
    writing(file, bytes, differences);
  }
  return { messages: messages.length, places, differences };
}

/** Every first segment of an id, every field and component: what `get` answers. */
function readings(file: string, message: Message, bytes: Uint8Array, differences: Difference[]): number {
  // It takes CR for a line end and nothing else; so that the rest can be compared, it gets CR.
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r\n|\n/g, '\r');
  if (bytes.includes(0x0a))
    differences.push({ file, path: '', ours: 'CR, LF and CRLF', theirs: 'CR', why: 'client: lines' });
  let other: ClientMessage;
  try {
    other = new ClientMessage({ text });
  } catch (error) {
    differences.push({
      file,
      path: '',
      ours: '',
      theirs: String(error),
      why: refusal(message, text),
    });
    return 0;
  }
  const seen = new Set<string>();
  let places = 0;
  for (const segment of message.segments()) {
    if (seen.has(segment.id) || !/^[A-Z][A-Z0-9]{2}$/.test(segment.id)) continue;
    seen.add(segment.id);
    for (let field = 1; field <= segment.fieldCount; field += 1)
      for (const component of ['', '.1', '.2', '.3', '.4.1', '.4.2']) {
        const path = `${segment.id}-${field}${component}`;
        const ours = message.get(path);
        const theirs = answerOf(other, `${segment.id}.${field}${component}`);
        places += 1;
        if (ours !== theirs)
          differences.push({
            file,
            path,
            ours,
            theirs,
            why: reason(message, segment, field, path, ours, theirs),
          });
      }
  }
  return places;
}

function answerOf(message: ClientMessage, path: string): string | undefined {
  try {
    const node = message.get(path);
    return node === undefined || node === null ? undefined : String(node.toString());
  } catch (error) {
    return `throws ${String(error)}`;
  }
}

function refusal(message: Message, text: string): Explanation | undefined {
  const codes = new Set(message.findings.map(({ code }) => code));
  if (!message.usable || codes.has('bytes-before-header')) return 'client: throws: no header';
  if (codes.has('second-header')) return 'client: throws: several messages';
  if (
    codes.has('blank-lines') ||
    codes.has('segment-id') ||
    codes.has('line-ends') ||
    codes.has('framing') ||
    /\r$/.test(text)
  )
    return 'client: throws: blank line';
  return undefined;
}

function reason(
  message: Message,
  segment: Segment,
  field: number,
  path: string,
  ours: string | undefined,
  theirs: string | undefined,
): Explanation | undefined {
  const { delimiters } = message;
  const raw = message.raw(`${segment.id}-${field}`) ?? '';
  const holds = (separator: string | undefined): boolean =>
    separator !== undefined && raw.includes(separator);
  if (/^(MSH|BHS|FHS)$/.test(segment.id) && field <= 2) return 'client: MSH-2';
  const codes = new Set(message.findings.map(({ code }) => code));
  if (theirs?.includes('Segment must have a name') && (codes.has('blank-lines') || codes.has('segment-id')))
    return 'client: throws: blank line';
  if (ours === undefined && theirs === '') return 'client: absent';
  if (ours === undefined && theirs?.startsWith('throws TypeError')) return 'client: absent throws';
  // Above the lowest level it answers with the first part.
  const parts = path.split('.').length - 1;
  const first = [`${path}.1`, `${path}.1.1`].slice(0, 2 - parts).map((each) => message.get(each) ?? '');
  if (theirs !== undefined && first.includes(theirs)) return 'client: first part';
  if (ours !== undefined && ours.trimEnd() === theirs) return 'client: trims';
  if (holds(delimiters.escape)) return 'client: escapes';
  if (codes.has('encoding-characters') || codes.has('no-header')) return 'client: few delimiters';
  // It is given the bytes as UTF-8, whatever they are.
  if (!/UTF-?8/i.test(message.header.charset) && /[^\0-\x7f]/.test(message.toString()))
    return 'client: characters';
  if (codes.has('charset-mismatch')) return 'client: characters';
  return undefined;
}

/** What is written when nothing was changed. */
function writing(file: string, bytes: Uint8Array, differences: Difference[]): void {
  const source = latin1(bytes);
  const add = (theirs: string, why: Explanation | undefined): void =>
    void differences.push({ file, path: 'toString', ours: source, theirs, why });
  if (latin1(parse(bytes).bytes()) !== source) {
    add('the codec itself gives other bytes', undefined);
    return;
  }
  let theirs: string;
  try {
    theirs = latin1(Buffer.from(Hl7Message.parse(Buffer.from(bytes).toString('utf8')).toString()));
  } catch (error) {
    add(String(error), parse(bytes).usable && source.startsWith('MSH') ? undefined : 'medplum: no header');
    return;
  }
  if (theirs === source) return;
  const sent = source.replace(/[\r\n]+/g, '\r');
  const wrote = theirs.replace(/[\r\n]+/g, '\r');
  if (sent.replace(/^\r|\r$/g, '') === wrote.replace(/^\r|\r$/g, '')) add(theirs, 'medplum: line ends');
  else if (wrote.includes('\xef\xbf\xbd')) add(theirs, 'medplum: characters');
  else add(theirs, undefined);
}

/** The messages of a folder: `.hl7`, `.txt`, and the lists of embedded ones in JSON. */
export function corpusMessages(folder: string): { file: string; bytes: Uint8Array }[] {
  const found: { file: string; bytes: Uint8Array }[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const at = join(folder, name);
    if (!statSync(at).isFile()) continue;
    if (/\.(hl7|txt)$/i.test(name)) {
      const bytes = readFileSync(at);
      const { messages, envelope } = splitMessages(bytes);
      if (messages.length <= 1 && envelope.length === 0) found.push({ file: name, bytes });
      else for (const message of messages) found.push({ file: name, bytes: message });
    } else if (/embedded.*\.json$/.test(name))
      for (const { text } of JSON.parse(readFileSync(at, 'utf8')) as { text: string }[])
        found.push({ file: name, bytes: Buffer.from(text, 'utf8') });
  }
  return found;
}

/** The table: each explanation with how often it was needed, and an example. */
export function table({ messages, places, differences }: Comparison): string {
  const rows = new Map<string, { count: number; files: Set<string>; example: string }>();
  for (const { why, file, path } of differences) {
    const key = why ?? 'UNEXPLAINED';
    const row = rows.get(key) ?? { count: 0, files: new Set(), example: `${file} ${path}` };
    row.count += 1;
    row.files.add(file);
    rows.set(key, row);
  }
  const lines = [...rows]
    .sort((a, b) => b[1].count - a[1].count)
    .map(([why, { count, files, example }]) => `| ${why} | ${count} | ${files.size} | ${example} |`);
  return [
    `${messages} messages, ${places} places compared, ${differences.length} differences`,
    '',
    '| why | differences | files | first seen |',
    '|---|---|---|---|',
    ...lines,
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2];
  if (folder === undefined) {
    process.stderr.write('usage: npm run differential -- FOLDER\n');
    process.exit(2);
  }
  const comparison = compare(corpusMessages(folder));
  process.stdout.write(`${table(comparison)}\n`);
  for (const [why, text] of Object.entries(explanations)) process.stdout.write(`\n${why}: ${text}`);
  const open = comparison.differences.filter(({ why }) => why === undefined);
  for (const each of open.slice(0, 20)) process.stdout.write(`\n${JSON.stringify(each).slice(0, 600)}`);
  process.exit(open.length > 0 ? 1 : 0);
}
