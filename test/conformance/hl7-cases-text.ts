import type { Case } from './hl7-case.ts';

const ft = (text: string): string => `OBX|1|FT|1||${text}`;
const r = String.raw;
const nbsp = '\u00a0';

/** Formatted text, laid out for a terminal and for a page. */
export const textCases: readonly Case[] = [
  ['formattedText', 'plain: a line end', ft(r`a\.br\b`), 'plain OBX-5', 'a\nb'],
  ['formattedText', 'plain: delimiters', ft(r`a\T\b\F\c`), 'plain OBX-5', 'a&b|c'],
  [
    'formattedText',
    'plain: \\.in+4\\ indents from then on',
    ft(r`\.in+4\a\.br\b`),
    'plain OBX-5',
    '    a\n    b',
  ],
  ['formattedText', 'plain: \\.ti+2\\ indents one line', ft(r`\.ti+2\a\.br\b`), 'plain OBX-5', '  a\nb'],
  ['formattedText', 'plain: \\.sk3\\ are blanks', ft(r`a\.sk3\b`), 'plain OBX-5', 'a   b'],
  ['highlighting', 'plain: nothing', ft(r`a\H\b\N\c`), 'plain OBX-5', 'abc'],
  ['formattedText', 'plain: of what is absent', ft('a'), 'plain OBX-6', undefined],
  ['formattedText', 'html: a line end', ft(r`a\.br\b`), 'html OBX-5', 'a<br>b'],
  ['highlighting', 'html: strong', ft(r`a\H\b\N\c`), 'html OBX-5', 'a<strong>b</strong>c'],
  ['highlighting', 'html: strong to the end', ft(r`a\H\b`), 'html OBX-5', 'a<strong>b</strong>'],
  ['highlighting', 'html: an end without a start', ft(r`a\N\b`), 'html OBX-5', 'ab'],
  ['escapes', 'html: an ampersand is an entity', ft(r`a\T\b`), 'html OBX-5', 'a&amp;b'],
  ['escapes', 'html: tags of the sender are text', ft('<b>a</b>'), 'html OBX-5', '&lt;b&gt;a&lt;/b&gt;'],
  [
    'escapes',
    'html: a script is text',
    ft('<script>x</script>'),
    'html OBX-5',
    '&lt;script&gt;x&lt;/script&gt;',
  ],
  ['hexadecimal', 'html: a tag in hexadecimal is text', ft(r`\X3C\b\X3E\ `), 'html OBX-5', '&lt;b&gt; '],
  ['escapes', 'html: quotation marks are entities', ft('a"b\'c'), 'html OBX-5', 'a&quot;b&#39;c'],
  [
    'hexadecimal',
    'html: a control character is shown as one that is missing',
    ft(r`a\X01\b`),
    'html OBX-5',
    'a\ufffdb',
  ],
  ['formattedText', 'html: an indent', ft(r`\.in+2\a`), 'html OBX-5', `${nbsp}${nbsp}a`],
  ['formattedText', 'html: centred', ft(r`\.ce\a`), 'html OBX-5', '<br><span class="hl7-centred">a</span>'],
  ['formattedText', 'html: of what is absent', ft('a'), 'html OBX-6', undefined],
  [
    'truncation',
    'a value that ends with # was cut',
    'MSH|^~\\&#|A\rPID|1||||SMITHS#\r',
    'truncated PID-5',
    true,
  ],
  ['truncation', 'one that does not was not', 'MSH|^~\\&#|A\rPID|1||||SMITHS\r', 'truncated PID-5', false],
  [
    'truncation',
    'an escaped # says nothing',
    'MSH|^~\\&#|A\rPID|1||||SMITHS\\P\\\r',
    'truncated PID-5',
    false,
  ],
  ['truncation', 'before 2.7 nothing is marked', 'PID|1||||SMITHS#', 'truncated PID-5', false],
  ['truncation', 'a component that was cut', 'MSH|^~\\&#|A\rPID|1||||SMI#^J\r', 'truncated PID-5.1', true],
];
