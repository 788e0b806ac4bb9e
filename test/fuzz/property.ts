import { isDeepStrictEqual } from 'node:util';
import { acksOwed } from '../../src/hl7/ack-mode.ts';
import { readBatchFile } from '../../src/hl7/batch.ts';
import { diffMessages } from '../../src/hl7/diff.ts';
import {
  buildAck,
  EditError,
  EscapeError,
  escapeText,
  FrameScanner,
  findingCodes,
  isAck,
  type Message,
  parse,
  parseAck,
  peek,
  splitMessages,
  unescapeText,
} from '../../src/hl7/index.ts';
import { fromJson, toJson } from '../../src/hl7/json.ts';
import { learnProfile } from '../../src/hl7/learn.ts';
import { type Found, MessageScanner } from '../../src/hl7/message-scanner.ts';
import { structureOf } from '../../src/hl7/structure.ts';
import { validate } from '../../src/hl7/validate/index.ts';
import type { Random } from './random.ts';

/** Something that must hold does not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

const hold = (condition: boolean, what: string): void => {
  if (!condition) throw new Broken(what);
};
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const codes = new Set(Object.keys(findingCodes));
const ids = ['MSH', 'PID', 'OBX', 'OBX', 'PV1', 'NTE', 'ZPD', 'MSA', 'BHS'];

function anyPath(random: Random, segment = random.pick(ids)): string {
  let text = segment;
  if (!text.includes('[') && random.once(3))
    text += random.pick(['[1]', '[2]', '[9]', '[*]', '[3.1=8480-6]', '[2=NM][1]', '[1="]"]']);
  if (random.once(12)) return text;
  text += `-${1 + random.few(30)}`;
  if (random.once(3)) text += random.pick(['[1]', '[2]', '[7]', '[*]', '[5=MR]', '[4.1=EPIC]', '[1=][2]']);
  if (random.once(2)) return text;
  text += `.${1 + random.few(8)}`;
  return random.once(3) ? `${text}.${1 + random.few(4)}` : text;
}

/** Everything that the codec promises of any bytes. What it throws, but for a broken promise, is a crash. */
export function check(bytes: Buffer, random: Random): void {
  const before = latin1(bytes);
  const message = parse(bytes);
  reading(message, bytes, random);
  outside(message, bytes, random);
  if (random.once(16)) forms(message);
  if (message.usable) editing(message, bytes, random);
  hold(latin1(bytes) === before, 'the bytes that came in were written to');
}

function reading(message: Message, bytes: Buffer, random: Random): void {
  hold(message.bytes() === bytes, 'bytes() is not what came in');
  const { findings, header } = message;
  hold(findings.length <= codes.size, 'there are more findings than kinds');
  for (const { code, text, where } of findings)
    hold(codes.has(code) && text !== '' && where !== '', 'a finding is not whole');
  const alone = peek(bytes);
  hold(
    alone.usable === header.usable &&
      alone.controlId === header.controlId &&
      alone.charset === header.charset,
    'the header read alone is another',
  );
  hold((message.reason === undefined) === message.usable, 'the reason does not fit');
  for (let i = 0; i < 6; i += 1) {
    const path = anyPath(random);
    const text = message.get(path);
    const { kind } = message.value(path);
    const all = message.getAll(path);
    const raw = message.raw(path);
    hold((kind === 'absent') === (text === undefined), `${path}: absent or not`);
    hold(kind !== 'empty' || text === '', `${path}: empty or not`);
    hold(text === undefined || all.length > 0, `${path}: there is one, but not among all`);
    hold((raw === undefined) === (text === undefined) || path.includes('['), `${path}: raw or not`);
    // `\.sp99\` is the longest that grows: 7 bytes become 99 line ends.
    hold((text?.length ?? 0) <= bytes.length * 20, `${path}: the text is out of proportion`);
    hold(all.length <= bytes.length + 1, `${path}: more places than bytes`);
  }
  const segments = message.segments();
  hold(segments.length <= bytes.length, 'more segments than bytes');
  for (const segment of segments.slice(0, 20)) {
    hold(segment.fieldCount <= segment.raw.length, 'more fields than characters');
    segment.get(String(1 + random.few(9)));
    segment.getAll('3.1');
  }
  message.toString();
  if (random.once(8)) {
    message.plain('OBX-5');
    const html = message.html('OBX-5');
    hold(
      html === undefined || !/<(?!\/?(br|strong|span)\b)/.test(html),
      'the HTML holds a tag of the message',
    );
  }
  if (random.once(16)) JSON.stringify(message.tree());
}

function outside(message: Message, bytes: Buffer, random: Random): void {
  const { messages, envelope, strayBytes } = splitMessages(bytes);
  let total = strayBytes;
  for (const each of messages) total += each.length;
  for (const each of envelope) total += each.length;
  hold(total <= bytes.length, 'a file is divided into more than it held');
  if (random.once(4)) {
    const file = readBatchFile(bytes);
    const found = file.batches.flatMap((batch) => batch.messages);
    hold(isDeepStrictEqual(found.map(latin1), messages.map(latin1)), 'split and batch find other messages');
  }
  const code = random.pick(['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] as const);
  const ack = buildAck(bytes, { code, controlId: '9', time: '20260201', text: 'a|b^c~d\\e&f\rg\u00e9' });
  const answered = parseAck(ack);
  hold(answered.kind === 'ack' && answered.code === code, 'the acknowledgement is not read back');
  if (answered.kind === 'ack' && message.usable)
    hold(isAck(message.header) || answered.code === code, 'the acknowledgement is another');
  parseAck(bytes);
  if (random.once(16)) {
    const whole = framesOf(bytes, [bytes.length]);
    const cut = framesOf(
      bytes,
      [random.below(bytes.length + 1), random.below(bytes.length + 1)].sort((a, b) => a - b),
    );
    hold(isDeepStrictEqual(whole, cut), 'frames depend on how the stream is cut');
    const cuts = [random.below(bytes.length + 1), random.below(bytes.length + 1)].sort((a, b) => a - b);
    hold(
      isDeepStrictEqual(foundIn(bytes, []), foundIn(bytes, cuts)),
      'the messages of a file depend on how it is cut',
    );
  }
}

/** What the scanner of files finds, in pieces; stray bytes added up. */
function foundIn(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const scanner = new MessageScanner();
  const found: unknown[] = [];
  let stray = 0;
  let at = 0;
  const take = (each: Found): void => {
    if ('bytes' in each) found.push([each.kind, each.at, latin1(each.bytes)]);
    else stray += each.length;
  };
  for (const cut of [...cuts, bytes.length]) {
    for (const each of scanner.push(bytes.subarray(at, cut))) take(each);
    at = cut;
  }
  for (const each of scanner.finish()) take(each);
  return [...found, stray];
}

/** What the scanner tells, garbage added up (how it is told in parts may depend on the cuts). */
export function framesOf(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const scanner = new FrameScanner();
  const told: string[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    for (const event of scanner.push(bytes.subarray(at, cut)))
      told.push(event.kind === 'frame' ? latin1(event.bytes) : `${event.kind} ${event.bytes}`);
    at = cut;
  }
  for (const event of scanner.end())
    told.push(event.kind === 'frame' ? latin1(event.bytes) : `${event.kind} ${event.bytes}`);
  return told;
}

function forms(message: Message): void {
  validate(message);
  learnProfile([message, message]);
  hold(diffMessages(message, message.copy()).length === 0, 'a message differs from itself');
  acksOwed(message.header, { stored: 'accept', applied: 'accept' });
  structureOf(message);
  for (const form of ['compact', 'readable'] as const) {
    const json: unknown = JSON.parse(
      JSON.stringify(form === 'compact' ? toJson(message) : toJson(message, { form })),
    );
    const back = fromJson(json);
    hold(latin1(back.bytes()) === latin1(message.bytes()), `the ${form} JSON does not give the bytes back`);
  }
}

const texts = [
  'x',
  '',
  'O\\T\\x',
  'a|b^c&d~e\\f#g',
  'one\ntwo',
  'Émile 王 🙂',
  '\0\x0b\x1c\r\x1b',
  '""',
  ' ',
  'x'.repeat(300),
];

function editing(message: Message, bytes: Buffer, random: Random): void {
  const { delimiters } = message;
  const text = random.pick(texts);
  try {
    const escaped = escapeText(text, delimiters);
    hold(unescapeText(escaped, delimiters) === text, 'a text is not what it was after escaping');
  } catch (error) {
    if (!(error instanceof EscapeError)) throw error;
  }
  const segments = message.segments();
  const target = random.pick(segments);
  const proper = /^[A-Z][A-Z0-9]{2}$/.test(target.id) && !random.once(4);
  const path = anyPath(random, proper ? target.path : undefined);
  const rawBefore = segments.map(({ raw }) => raw);
  try {
    const written = random.once(6) ? message.setRaw(path, text) : message.set(path, text);
    const after = message.bytes();
    const again = parse(after);
    const changesCharset = /^MSH.*-18/.test(path) || /^MSH(\[\d\])?$/.test(path);
    if (changesCharset) return;
    const rawAfter = again.segments().map(({ raw }) => raw);
    const changed = rawAfter.filter((raw, i) => raw !== rawBefore[i]).length;
    if (path.includes('-') && !declaresCharset(bytes, after))
      hold(rawAfter.length === rawBefore.length && changed <= written, `${path}: other segments changed`);
    const readBack = message.get(path);
    hold(
      again.get(path) === readBack || declaresCharset(bytes, after),
      `${path}: it reads otherwise once written: ${JSON.stringify(readBack)}, ${JSON.stringify(again.get(path))}, ${JSON.stringify(text)}`,
    );
    if (
      written === 1 &&
      text !== '' &&
      !path.includes('=') &&
      path.includes('-') &&
      message.raw(path) !== text
    )
      hold(
        readBack === text || text.startsWith('O\\T') || path.includes('*'),
        `${path}: the text is not there: ${JSON.stringify(readBack)}, ${JSON.stringify(text)}`,
      );
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    hold(latin1(message.bytes()) === latin1(bytes), `${path}: an edit was refused, and changed something`);
  }
}

/** Nothing declared and something beyond ASCII written: all values are then read by what the bytes are now. */
const declaresCharset = (before: Uint8Array, after: Uint8Array): boolean =>
  after.some((byte) => byte > 127 || byte === 0x1b) && !before.every((byte) => byte < 128 && byte !== 0x1b)
    ? true
    : after.some((byte) => byte > 127);
