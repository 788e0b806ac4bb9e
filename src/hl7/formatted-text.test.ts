import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formattedLines, htmlText, plainText } from './formatted-text.ts';
import { escapeText, parse, unescapeText } from './index.ts';

const plain = (raw: string): string => plainText(formattedLines(raw));
const html = (raw: string): string => htmlText(formattedLines(raw)).replaceAll('\u00a0', '_');

describe('formatted text (chapter 2, section 2.7.6)', () => {
  it.each([
    ['Fish \\T\\ chips', 'Fish & chips', 'Fish &amp; chips'],
    ['a\\.br\\b', 'a\nb', 'a<br>b'],
    ['a\\.sp\\b', 'a\nb', 'a<br>b'],
    ['a\\.sp2\\b', 'a\n\nb', 'a<br><br>b'],
    ['a\\.sp+2\\b', 'a\n\nb', 'a<br><br>b'],
    ['\\.in+4\\a\\.br\\b\\.in-2\\\\.br\\c', '    a\n    b\n  c', '____a<br>____b<br>__c'],
    ['\\.in2\\a\\.ti-2\\\\.br\\b\\.br\\c', '  a\nb\n  c', '__a<br>b<br>__c'],
    ['\\.ti+3\\a\\.br\\b', '   a\nb', '___a<br>b'],
    ['\\.in-5\\a', 'a', 'a'],
    ['a\\.sk3\\b', 'a   b', 'a___b'],
    ['a\\.ce\\b\\.br\\c', 'a\nb\nc', 'a<br><span class="hl7-centred">b</span><br>c'],
    ['\\.nf\\a b\\.br\\\\.fi\\c d', 'a b\nc d', 'a_b<br>c d'],
    ['two  columns', 'two  columns', 'two__columns'],
    ['a \\H\\b\\.br\\c\\N\\ d', 'a b\nc d', 'a <strong>b</strong><br><strong>c</strong> d'],
    ['\\X48\\\\X0D0A\\\\X49\\', 'H\nI', 'H<br>I'],
    ['\\XC3A9\\', 'é', 'é'],
    ['\\Zab\\ \\C2842\\', '\\Zab\\ \\C2842\\', '\\Zab\\ \\C2842\\'],
    ['DOMAIN\\user \\Q\\', 'DOMAIN\\user \\Q\\', 'DOMAIN\\user \\Q\\'],
    ['', '', ''],
  ])('%j is %j, and %j in HTML', (raw, text, page) => {
    expect(plain(raw)).toBe(text);
    expect(html(raw)).toBe(page);
  });

  it('is read at a place of a message, in its character set', () => {
    const bytes = Buffer.concat([
      Buffer.from('MSH|^~\\&|A||||||ORU|1|P|2.5||||||ISO IR14\rOBX|1|FT|||\\H\\'),
      Buffer.from([0x83, 0x5c]),
      Buffer.from('\\N\\<b>\\.br\\next~other\r'),
    ]);
    const message = parse(bytes);
    expect(message.plain('OBX-5')).toBe('ソ<b>\nnext');
    expect(message.html('OBX-5')).toBe('<strong>ソ</strong>&lt;b&gt;<br>next');
    expect(message.html('OBX-5[2]')).toBe('other');
    expect(parse('MSH|^~\\&|\\XC3\\\\XA9\\').html('MSH-3')).toBe('é');
    expect([message.html('OBX-9'), message.plain('ZZZ-1')]).toEqual([undefined, undefined]);
  });

  it.each([
    '<script>alert(1)</script>',
    '\\X3C\\script\\X3E\\',
    '\\X3C7363726970743E\\',
    '"><img src=x onerror=y>',
    "' onmouseover='x",
    '\\T\\lt;b\\T\\gt;',
    '<\\H\\script\\N\\>',
    '<\\.br\\script>',
    '\\H\\'.repeat(50),
    '\u202egpj.exe \\X00\\\\X1B\\',
  ])('cannot become markup of its own: %j', (raw) => {
    const page = htmlText(formattedLines(raw));
    expect(page.replace(/<br>|<strong>|<\/strong>|<span class="hl7-centred">|<\/span>/g, '')).not.toMatch(
      /[<>"']|&(?!(amp|lt|gt|quot|#39);)/,
    );
    for (const each of '\u202e\0\x1b') expect(page).not.toContain(each);
  });

  it('shows the very text in HTML, whatever it is, with every tag closed', () => {
    const unit = fc.constantFrom(
      ...[
        '<',
        '>',
        '&',
        '"',
        "'",
        '\\',
        '\\H\\',
        '\\N\\',
        '\\.br\\',
        '\\.ce\\',
        '\\.in+3\\',
        '\\.nf\\',
        '\\.sk2\\',
      ],
      ...['a', ' ', 'é', '\\X3C\\', '\\T\\', '\n', 'script', '\\.ti-1\\', '\\.sp3\\', '\\F\\'],
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (raw) => {
        const lines = formattedLines(raw);
        const page = htmlText(lines);
        const bare = page.replace(/<br>|<strong>|<\/strong>|<span class="hl7-centred">|<\/span>/g, '');
        expect(bare).not.toMatch(/[<>"']/);
        expect(page.split('<strong>').length).toBe(page.split('</strong>').length);
        expect(page.split('<span').length).toBe(page.split('</span>').length);
        const shown = page
          .replaceAll('<br>', '\n')
          .replace(/<[^>]*>/g, '')
          .replaceAll('\u00a0', ' ')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        expect(shown).toBe(plainText(lines));
        // Layout aside, it is what unescapeText reads.
        expect(shown.replace(/\s/g, '')).toBe(unescapeText(raw).replace(/\s/g, ''));
      }),
      { numRuns: 2_000 },
    );
  });

  it('brings back every text that escapeText wrote', () => {
    const text = fc.string({ unit: fc.constantFrom(...'|^~\\&.ab <\n') });
    fc.assert(
      fc.property(text, (original) => {
        expect(plain(escapeText(original))).toBe(original);
      }),
    );
  });

  it('does not grow beyond what it came from by more than a line is wide', () => {
    const raw = `\\.in+99\\${'x\\.br\\'.repeat(20_000)}`;
    expect(plain(raw).length).toBeLessThan(20_000 * 83);
    expect(plain('\\.in+99\\'.repeat(1_000)).length).toBe(0);
    expect(html('\\q'.repeat(200_000)).length).toBe(400_000);
  });
});

describe('the truncation character (2.5.5.2)', () => {
  it('tells that a value was cut', () => {
    const message = parse('MSH|^~\\&#|A\rPID|1||4711#^x|a#b|c\\P\\|#\r');
    expect(message.get('PID-3.1')).toBe('4711#');
    expect(['PID-3.1', 'PID-3', 'PID-4', 'PID-5', 'PID-6'].map((path) => message.isTruncated(path))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    expect(message.get('PID-5')).toBe('c#');
    message.set('PID-4', 'cut#');
    expect(message.raw('PID-4')).toBe('cut\\P\\');
    expect(message.isTruncated('PID-4')).toBe(false);
    expect(parse('MSH|^~\\&|A\rPID|1#').isTruncated('PID-1')).toBe(false);
  });
});

describe('an escape character that begins no sequence', () => {
  const where = (text: string): string[] =>
    parse(text).findings.flatMap((finding) => (finding.code === 'escape' ? [finding.where] : []));

  it.each([
    ['MSH|^~\\&|A\rPID|1||C:\\dir\r', 'PID[1]-3'],
    ['MSH|^~\\&|A\rNTE|1\rNTE|1|x|\\Q\\\r', 'NTE[2]-3'],
    ['MSH|^~\\&|A\\B\r', 'MSH[1]-3'],
    ['MSH|^~\\&|A\rPID|1|\\X4\\\r', 'PID[1]-2'],
    ['MSH|^~\\&|A\rPID|1|\\F|\\\r', 'PID[1]-2'],
    ['MSH|^~\\&|A\rPID|1|\\\\\r', 'PID[1]-2'],
    ['MSH|^~\\&|A\rPID|1|\\P\\\r', 'PID[1]-2'],
    ['MSH|^~\\&|A\rPID|1|\\.xx1\\\r', 'PID[1]-2'],
  ])('is a finding with its place: %j', (text, place) => {
    expect(where(text)).toEqual([place]);
  });

  it.each([
    'MSH|^~\\&|A\\T\\B\rPID|1|\\F\\\\S\\\\R\\\\E\\\\X41\\\\.br\\\\.sp3\\\\H\\x\\N\\\\Zx\\\\C2842\\\\M242844\\\r',
    'MSH|^~\\&#|A\\P\\\\L\\\r',
    'MSH|^~|A\rPID|C:\\dir\r',
    'MSH*:;!%*A!F!*C:\\dir\r',
  ])('is not seen where there is none: %j', (text) => {
    expect(where(text)).toEqual([]);
  });
});
