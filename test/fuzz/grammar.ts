import type { Random } from './random.ts';

/** What hospitals send, and what nobody should: messages from a grammar, as byte strings. */

const ids = [
  'PID',
  'PV1',
  'OBX',
  'OBX',
  'OBX',
  'OBR',
  'ORC',
  'NTE',
  'EVN',
  'AL1',
  'DG1',
  'IN1',
  'MSA',
  'ERR',
  'SCH',
  'RGS',
  'AIS',
  'TXA',
  'ZPD',
  'Z01',
  'FHS',
  'BHS',
  'BTS',
  'FTS',
  'MSH',
  'pid',
  'PIDX',
  'PI',
  '1PI',
  ' PID',
  'words and words',
];
const types = [
  'ADT^A01^ADT_A01',
  'ADT^A08',
  'ORU^R01^ORU_R01',
  'SIU^S12^SIU_S12',
  'ORM^O01',
  'MDM^T02',
  'VXU^V04^VXU_V04',
  'ACK^A01^ACK',
  'ACK',
  'MCF',
  'ADT^A01^ADT_A01~X',
  '^A01',
  'ZZZ^Z99^ZZZ_Z99',
  '',
];
const versions = [
  '2.1',
  '2.2',
  '2.3',
  '2.3.1',
  '2.4',
  '2.5',
  '2.5.1',
  '2.6',
  '2.7',
  '2.8',
  '2.99',
  '',
  'x',
  '2.5.1^USA',
];
const charsets = [
  'ASCII',
  '8859/1',
  '8859/2',
  '8859/15',
  'UNICODE UTF-8',
  'UNICODE UTF-16',
  'UNICODE',
  'GB 18030-2000',
  'KS X 1001',
  'BIG-5',
  'ISO IR14',
  'ISO IR87',
  'ISO IR6~ISO IR87',
  '8859/1~ISO IR87~ISO IR159',
  'KLINGON',
  'utf8',
];
const delimiterSets = [
  '|^~\\&#',
  '|^~\\',
  '|^~',
  '|^',
  '#*!%@',
  '!@#$%',
  '.*+?$',
  '[(~)]',
  ',;:/=',
  '\t^~\\&',
  '|^~\\\\&',
  '|^^\\&',
  '|',
  '||',
];
const escapes = [
  'F',
  'S',
  'T',
  'R',
  'E',
  'P',
  'H',
  'N',
  '.br',
  '.sp3',
  '.sp99',
  '.sk99',
  '.in+4',
  '.ti-2',
  '.ce',
  '.xx',
  'X41',
  'X0D0A',
  'XC3A9',
  'X8',
  'XZZ',
  'Zabc',
  'C2842',
  'M2442',
  'M244242',
  '',
  'Q',
  'B',
];
const values = [
  'DOE',
  'JOHN',
  '4711',
  '20260131120000-0600',
  '""',
  '"',
  '""""',
  'M',
  'N',
  'NM',
  'TX',
  'CE',
  'ED',
  '8480-6',
  '1.2.840.114350',
  ' ',
  '  x ',
  'a b',
  '0',
  '-1',
  '1e9',
  'null',
  '__proto__',
  'constructor',
  '\t',
  '#',
];
const beyondAscii = [
  '\xc3\x89',
  '\xc9',
  '\xe9',
  '\xff',
  '\xfe',
  '\x80',
  '\xf0\x9f\x99\x82',
  '\xed\xa0\x80',
  '\x81\x30\x81\x35',
  '\x81\x5e',
  '\xb3\x5c',
  '\xcd\xf5',
  '\x1b$B0l\x1b(B',
  '\x1b$B',
  '\x1b(J\\',
  '\x1b',
  '\xef\xbb\xbf',
  '\xc3',
  '\xa4',
];
const odd = ['\0', '\x01', '\x0b', '\x1c', '\x1c\r', '\x7f', '\x0c', '\u0085', '\n', '\r', '\r\n'];
const ends = ['\r', '\r', '\r', '\n', '\r\n', '\r\r', '\n\r', ' \r', '\r \t\r'];

interface Marks {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

export function anyMessage(random: Random): string {
  const set = random.once(4) ? random.pick(delimiterSets) : '|^~\\&';
  const marks: Marks = {
    field: set[0] ?? '|',
    component: set[1] ?? '',
    repetition: set[2] ?? '',
    escape: set[3] ?? '',
    subcomponent: set[4] ?? '',
  };
  const end = random.pick(ends);
  const lineEnd = (): string => (random.once(20) ? random.pick(ends) : end);
  let text = header(random, set, marks) + lineEnd();
  const count = random.few(14);
  for (let i = 0; i < count; i += 1) {
    text += segment(random, marks);
    if (i < count - 1 || !random.once(3)) text += lineEnd();
  }
  return wrapped(random, text);
}

function header(random: Random, set: string, marks: Marks): string {
  const parts = [`MSH${set}`];
  const fields = random.once(10) ? random.few(25) : 16;
  for (let n = 3; n < 3 + fields; n += 1) {
    if (n === 7) parts.push('20260131120000-0600');
    else if (n === 9) parts.push(random.pick(types).replaceAll('^', marks.component));
    else if (n === 10) parts.push(random.once(5) ? value(random, marks) : String(random.below(100_000)));
    else if (n === 11) parts.push('P');
    else if (n === 12) parts.push(random.pick(versions));
    else if (n === 13) parts.push(random.once(5) ? String(random.below(10) - 1) : '');
    else if (n === 15 || n === 16) parts.push(random.pick(['', '', 'AL', 'NE', 'ER', 'SU', 'XX']));
    else if (n === 18) parts.push(random.once(2) ? random.pick(charsets) : '');
    else parts.push(random.once(4) ? value(random, marks) : '');
  }
  return parts.join(marks.field);
}

function segment(random: Random, marks: Marks): string {
  let text = random.once(30) ? value(random, marks) : random.pick(ids);
  const count = random.few(20);
  for (let n = 0; n < count; n += 1) text += marks.field + field(random, marks);
  if (random.once(8)) text += marks.field.repeat(random.few(30));
  return text;
}

function field(random: Random, marks: Marks): string {
  if (random.once(3)) return '';
  let text = value(random, marks);
  const count = random.few(8);
  for (let i = 0; i < count; i += 1) {
    text += random.pick([
      marks.component,
      marks.component,
      marks.component,
      marks.subcomponent,
      marks.repetition,
    ]);
    if (!random.once(3)) text += value(random, marks);
  }
  return text;
}

function value(random: Random, marks: Marks): string {
  const kind = random.below(40);
  if (kind < 24) return random.pick(values);
  if (kind < 30)
    return `${random.pick(values)}${marks.escape}${random.pick(escapes)}${marks.escape}${random.pick(values)}`;
  if (kind < 32) return marks.escape + random.pick(escapes);
  if (kind < 36) return random.pick(values) + random.pick(beyondAscii);
  if (kind < 37) return random.pick(odd);
  if (kind < 38) return random.pick(values).repeat(random.few(60));
  let text = '';
  for (let i = random.few(12); i > 0; i -= 1) text += String.fromCharCode(random.below(256));
  return text;
}

/** What stands around messages: byte order marks, frames, envelopes, other messages. */
function wrapped(random: Random, text: string): string {
  switch (random.below(24)) {
    case 0:
      return `\xef\xbb\xbf${text}`;
    case 1:
      return `\x0b${text}\x1c\r`;
    case 2:
      return `\x0b${text}\x1c\r\x0b${text}\x1c`;
    case 3:
      return `FHS|^~\\&|X\rBHS|^~\\&|X\r${text}\r${text}BTS|${random.below(4)}\rFTS|${random.below(3)}\r`;
    case 4:
      return `\r\n \t${text}\r\n\r\n`;
    case 5:
      return Buffer.from(text, 'utf16le').toString('latin1');
    case 6:
      return text + text;
    default:
      return text;
  }
}
