import type { Random } from './random.ts';

const pieces = [
  'MSH|^~\\&|',
  'MSH',
  'BHS|^~\\&|',
  'BTS|1\r',
  'FTS|1',
  '|',
  '^',
  '~',
  '\\',
  '&',
  '#',
  '\r',
  '\n',
  '\r\n',
  '\x0b',
  '\x1c\r',
  '\x1c',
  '""',
  '\\T\\',
  '\\X41\\',
  '\\X',
  '\\.br\\',
  '\\.sp99\\',
  '\0',
  '\xff',
  '\xfe\xff',
  '\xef\xbb\xbf',
  '\x1b$B',
  'OBX|1|',
  'PID|',
];

/** Bytes with a few things done to them that lines, disks and programs do to bytes. */
export function mutated(random: Random, source: string, others: readonly string[]): string {
  let text = source;
  for (let i = 1 + random.few(6); i > 0; i -= 1) text = once(random, text, others);
  return text.slice(0, 20_000);
}

function once(random: Random, text: string, others: readonly string[]): string {
  const at = random.below(text.length + 1);
  const length = random.few(random.once(8) ? text.length + 1 : 12);
  const before = text.slice(0, at);
  switch (random.below(9)) {
    case 0:
      return before + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 1:
      return before + text.slice(at + length);
    case 2:
      return before + random.pick(pieces) + text.slice(at);
    case 3:
      return before + random.pick(pieces).repeat(1 + random.few(40)) + text.slice(at);
    case 4:
      return before + text.slice(at, at + length) + text.slice(at);
    case 5:
      return before;
    case 6: {
      const other = random.pick(others);
      return before + other.slice(random.below(other.length + 1));
    }
    case 7:
      return before + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))) + text.slice(at + 1);
    default: {
      const next = text.slice(at).search(/[\r\n]/);
      const line = text.lastIndexOf('\r', at) + 1;
      // A line twice, or gone.
      const end = next < 0 ? text.length : at + next + 1;
      return random.once(2)
        ? text.slice(0, end) + text.slice(line, end) + text.slice(end)
        : text.slice(0, line) + text.slice(end);
    }
  }
}
