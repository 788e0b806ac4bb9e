/**
 * The conformance table: what chapter 2 of the HL7 v2 standard says, as data. Each case is a rule, the bytes that come
 * in, a question, and what must come out; `hl7-conformance.test.ts` makes a test of each.
 */
import { readBatchFile } from '../../src/hl7/batch.ts';
import {
  type AckCode,
  buildAck,
  EditError,
  escapeText,
  FrameScanner,
  type Message,
  PathError,
  parse,
  parseAck,
  path,
  peek,
  splitMessages,
  unescapeText,
} from '../../src/hl7/index.ts';

/** Paragraphs of chapter 2, "Control", numbered as in version 2.5.1 unless another version is named. */
export const rules = {
  originalMode: '2.9.2 Message response using the original processing rules',
  enhancedMode: '2.9.3 Response using enhanced acknowledgement',
  sequenceNumbers: '2.10.1 Sequence number protocol',
  messages: '2.5.1 Messages',
  segments: '2.5.2 Segments and segment groups',
  fields: '2.5.3 Fields',
  position: '2.5.3.1 Position (sequence)',
  length: '2.5.3.2 Maximum length',
  optionality: '2.5.3.4 Optionality: the null value',
  repetition: '2.5.3.5 Repetition',
  delimiters: '2.5.4 Message delimiters',
  truncation: '2.8: 2.5.5.2 Truncation pattern',
  construction: '2.6 Message construction rules',
  recipient: '2.6.1 Rules for the recipient',
  escapes: '2.7 Use of escape sequences in text fields',
  formattingCodes: '2.7.1 Formatting codes',
  characterSetEscapes: '2.7.2 Escape sequences supporting multiple character sets',
  highlighting: '2.7.3 Highlighting',
  specialCharacter: '2.7.4 Special character',
  hexadecimal: '2.7.5 Hexadecimal',
  formattedText: '2.7.6 Formatted text',
  local: '2.7.7 Local',
  compatibility: '2.8 Version compatibility definition',
  batch: '2.10.3 HL7 batch protocol',
  localSegments: '2.11 Local extension: Z segments',
  acknowledgement: '2.13.1 ACK: general acknowledgment',
  err: '2.15.5 ERR: error segment',
  msa: '2.15.8 MSA: message acknowledgment segment',
  fieldSeparator: '2.15.9.1 MSH-1 field separator',
  encodingCharacters: '2.15.9.2 MSH-2 encoding characters',
  application: '2.15.9.3 MSH-3 sending application, to MSH-6',
  time: '2.15.9.7 MSH-7 date/time of message',
  security: '2.15.9.8 MSH-8 security',
  messageType: '2.15.9.9 MSH-9 message type',
  controlId: '2.15.9.10 MSH-10 message control ID',
  processingId: '2.15.9.11 MSH-11 processing ID',
  version: '2.15.9.12 MSH-12 version ID',
  acceptAck: '2.15.9.15 MSH-15 accept acknowledgment type',
  applicationAck: '2.15.9.16 MSH-16 application acknowledgment type',
  characterSet: '2.15.9.18 MSH-18 character set (2.8: 2.14.9.18)',
  nte: '2.15.10 NTE: notes and comments segment',
  components: '2.A Data types: components and subcomponents',
  cx: '2.A.14 CX: extended composite ID',
  xpn: '2.A.88 XPN: extended person name',
  ft: '2.A.31 FT: formatted text data',
  tx: '2.A.78 TX: text data',
  ts: '2.A.77 TS: time stamp',
  ei: '2.A.28 EI: entity identifier',
  ce: '2.A.7 CE: coded element',
  paths: 'docs/hl7: paths',
  mllp: 'Appendix C, 4.3 Minimal lower layer message transport protocol',
} as const;

export type Rule = keyof typeof rules;

/**
 * `bytes` and every answer are byte strings (one unit a byte), but texts that were read are texts. What does not begin
 * with a header of its own is put behind {@link head}, and gets a CR at its end.
 */
export type Case = readonly [rule: Rule, about: string, bytes: string, question: string, answer: unknown];

export const head = 'MSH|^~\\&|A|B|C|D|20260131||ADT^A01^ADT_A01|1|P|2.5.1\r';

const whole = (bytes: string): string =>
  /^[A-Z][A-Z0-9]{2}(\||$)/.test(bytes) && !/^(MSH|FHS|BHS)/.test(bytes) ? `${head}${bytes}\r` : bytes;
/** The bytes that a case begins with. */
export const inputBytes = ([, , bytes]: Case): Buffer => Buffer.from(whole(bytes), 'latin1');

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** What the codec answers. Errors that it may throw are answers, too: `!delimiters`, `!path 5`. */
export function answerOf(each: Case): unknown {
  const [, , , question] = each;
  const input = inputBytes(each);
  const [verb = ''] = question.split(' ', 1);
  const rest = question.slice(verb.length + 1);
  try {
    return (readers[verb] ?? unknownVerb)(parse(input), rest, input);
  } catch (error) {
    if (error instanceof EditError) return `!${error.code}`;
    if (error instanceof PathError) return `!path ${error.position}`;
    throw error;
  }
}

/** What must come out, with bodies made whole as the input is. */
export function expectedOf([, , , question, answer]: Case): unknown {
  return typeof answer === 'string' && /^(set|null|setRaw|add|remove|bytes)\b/.test(question)
    ? whole(answer)
    : answer;
}

const unknownVerb = (): never => {
  throw new Error('the table asks something that nobody answers');
};

type Reader = (message: Message, rest: string, bytes: Buffer) => unknown;

const edit =
  (change: (message: Message, place: string, value: string) => unknown): Reader =>
  (message, rest) => {
    const [, place = '', value = ''] = rest.match(/^((?:[^=[]|\[[^\]]*\])*)=?(.*)$/s) ?? [];
    change(message, place, value);
    return latin1(message.bytes());
  };

const readers: Readonly<Record<string, Reader>> = {
  get: (message, place) => message.get(place),
  all: (message, place) => message.getAll(place),
  raw: (message, place) => message.raw(place),
  plain: (message, place) => message.plain(place),
  html: (message, place) => message.html(place),
  truncated: (message, place) => message.isTruncated(place),
  kind: (message, place) => message.value(place).kind,
  ids: (message) =>
    message
      .segments()
      .map(({ id }) => id)
      .join(' '),
  fields: (message, id) => message.segments(id)[0]?.fieldCount,
  usable: (message) => message.usable,
  reason: (message) => message.reason,
  findings: (message) => message.findings.map(({ code }) => code).join(' '),
  where: (message) => message.findings.map(({ where }) => where).join(', '),
  header: (message, name) => message.header[name as keyof typeof message.header],
  peek: (_, name, bytes) => peek(bytes)[name as 'type'],
  delimiter: (message, name) => message.delimiters[name as 'field'],
  charset: (message) => message.charset,
  text: (message) => message.toString(),
  bytes: (message) => latin1(message.bytes()),
  tree: (message) =>
    message
      .tree()
      .map(({ path: at, children }) => `${at}:${children.length}`)
      .join(' '),
  set: edit((message, place, value) => message.set(place, value)),
  reread: (message, rest) => {
    const [place = '', value = ''] = rest.split('=');
    message.set(place, value);
    return message.get(place);
  },
  null: edit((message, place) => message.set(place, null)),
  setRaw: edit((message, place, value) => message.setRaw(place, value)),
  add: (message, segment) => {
    const [raw = '', after] = segment.split(' after ');
    message.addSegment(raw, after);
    return latin1(message.bytes());
  },
  remove: edit((message, place) => message.removeSegment(place)),
  escape: (message, text) => escapeText(text, message.delimiters),
  unescape: (message, text) => unescapeText(text, message.delimiters),
  split: (_message, _rest, bytes) => splitMessages(bytes).messages.map(latin1),
  envelope: (_message, _rest, bytes) => splitMessages(bytes).envelope.map(latin1),
  stray: (_message, _rest, bytes) => splitMessages(bytes).strayBytes,
  batch: (_message, _rest, bytes) =>
    readBatchFile(bytes)
      .findings.map(({ code }) => code)
      .join(' '),
  batches: (_message, _rest, bytes) => readBatchFile(bytes).batches.map(({ messages }) => messages.length),
  ack: (_, code, bytes) =>
    latin1(buildAck(bytes, { code: code as AckCode, controlId: '9', time: '20260201' })),
  refuse: (_, text, bytes) =>
    latin1(
      buildAck(bytes, {
        code: 'AE',
        controlId: '9',
        time: '20260201',
        text,
        errors: [{ code: '101', segment: 'PID', field: 3 }],
      }),
    ),
  answer: (_message, name, bytes) => {
    const ack = parseAck(bytes);
    return ack.kind === 'junk' ? 'junk' : ack[name as 'code'];
  },
  path: (_, text) => path(text).source,
  frames: (_message, _rest, bytes) => {
    const scanner = new FrameScanner();
    return [...scanner.push(bytes), ...scanner.end()].map((event) =>
      event.kind === 'frame' ? latin1(event.bytes) : `${event.kind} ${event.bytes}`,
    );
  },
};
