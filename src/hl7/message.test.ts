import { describe, expect, it } from 'vitest';
import { type FindingCode, type Node, parse, splitMessages } from './index.ts';

const adt = [
  'MSH|^~\\&|EPIC|HOSP|SUTURE|APP|20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1',
  'PID|1||203713^^^EPI^MRN~Z44029^^^EPIC&1.2.3&ISO^MR~""||DOE^JOHN^Q&R||19800101|M|""|||^^SPRINGFIELD||',
  'NTE|1',
  'OBX|1|NM|8480-6^SYS^LN||120|mm[Hg]',
  'OBX|2|NM|8462-4^DIA^LN||80|mm[Hg]',
  'OBX|3|TX|NOTE||one\\.br\\two~three \\T\\ four',
  'ZPD|x^y|z',
].join('\r');

describe('reading by path', () => {
  const message = parse(adt);

  it.each([
    ['MSH-1', '|'],
    ['MSH-2', '^~\\&'],
    ['MSH-1.1', '|'],
    ['MSH-2.1', '^~\\&'],
    ['MSH-2.2', undefined],
    ['MSH-2[2]', undefined],
    ['MSH-2[*]', '^~\\&'],
    ['MSH-3', 'EPIC'],
    ['MSH-8', ''],
    ['MSH-9', 'ADT^A01^ADT_A01'],
    ['MSH-9.2', 'A01'],
    ['MSH-12', '2.5.1'],
    ['MSH-13', undefined],
    ['PID-1', '1'],
    ['PID-2', ''],
    ['PID-2.1', ''],
    ['PID-2.2', undefined],
    ['PID-3', '203713^^^EPI^MRN'],
    ['PID-3.1', '203713'],
    ['PID-3.2', ''],
    ['PID-3.6', undefined],
    ['PID-3[1].5', 'MRN'],
    ['PID-3[2].1', 'Z44029'],
    ['PID-3[2].4', 'EPIC&1.2.3&ISO'],
    ['PID-3[2].4.2', '1.2.3'],
    ['PID-3[2].4.4', undefined],
    ['PID-3[3]', '""'],
    ['PID-3[4]', undefined],
    ['PID-3[*].5', 'MRN'],
    ['PID-3[5=MR].1', 'Z44029'],
    ['PID-3[5=MRN].1', '203713'],
    ['PID-3[5=XX].1', undefined],
    ['PID-3[4.1=EPIC].1', 'Z44029'],
    ['PID-3[4.1=EPIC][5=MR].1', 'Z44029'],
    ['PID-3[4.1=EPIC][5=MRN].1', undefined],
    ['PID-3[5="MR"].1', 'Z44029'],
    ['PID-3[5=][1]', '""'],
    ['PID-5', 'DOE^JOHN^Q&R'],
    ['PID-5.1', 'DOE'],
    ['PID-5.1.1', 'DOE'],
    ['PID-5.1.2', undefined],
    ['PID-5.3', 'Q&R'],
    ['PID-5.3.2', 'R'],
    ['PID-8.1.1', 'M'],
    ['PID-9', '""'],
    ['PID-12.3', 'SPRINGFIELD'],
    ['PID-14', ''],
    ['PID-15', undefined],
    ['NTE-1', '1'],
    ['NTE-2', undefined],
    ['OBX-5', '120'],
    ['OBX[1]-5', '120'],
    ['OBX[2]-5', '80'],
    ['OBX[3]-5', 'one\ntwo'],
    ['OBX[3]-5[2]', 'three & four'],
    ['OBX[4]-5', undefined],
    ['OBX[*]-5', '120'],
    ['OBX[3.1=8462-4]-5', '80'],
    ['OBX[3.3=LN][2]-1', '2'],
    ['OBX[3=8480-6^SYS^LN]-5', '120'],
    ['OBX[3.1=nothing]-5', undefined],
    ['ZPD-1.2', 'y'],
    ['ZPD-2', 'z'],
    ['ZPV-1', undefined],
    ['NTE', 'NTE|1'],
    ['ZZZ', undefined],
  ])('%s is %j', (path, text) => {
    expect(message.get(path)).toBe(text);
  });

  it.each([
    ['OBX[*]-5', ['120', '80', 'one\ntwo', 'three & four']],
    ['OBX-5', ['120', '80', 'one\ntwo', 'three & four']],
    ['OBX[3]-5', ['one\ntwo', 'three & four']],
    ['PID-3.1', ['203713', 'Z44029', '""']],
    ['PID-3.5', ['MRN', 'MR']],
    ['PID-3[2].1', ['Z44029']],
    ['PID-2', ['']],
    ['PID-40', []],
    ['ZZZ-1', []],
    ['OBX[3.3=LN]-3.1', ['8480-6', '8462-4']],
    ['MSH-2', ['^~\\&']],
  ])('getAll %s is %j', (path, texts) => {
    expect(message.getAll(path)).toEqual(texts);
  });

  it.each([
    ['PID-3', '203713^^^EPI^MRN~Z44029^^^EPIC&1.2.3&ISO^MR~""'],
    ['PID-3[2]', 'Z44029^^^EPIC&1.2.3&ISO^MR'],
    ['OBX[3]-5[2]', 'three \\T\\ four'],
    ['OBX[2]', 'OBX|2|NM|8462-4^DIA^LN||80|mm[Hg]'],
    ['OBX[3.1=8462-4]', 'OBX|2|NM|8462-4^DIA^LN||80|mm[Hg]'],
    ['MSH-1', '|'],
    ['MSH-2', '^~\\&'],
    ['PID-15', undefined],
  ])('raw %s is %j', (path, raw) => {
    expect(message.raw(path)).toBe(raw);
  });

  it('tells absent, empty, null and text apart', () => {
    expect(message.value('PID-15')).toEqual({ kind: 'absent', text: '' });
    expect(message.value('ZZZ-1')).toEqual({ kind: 'absent', text: '' });
    expect(message.value('PID-2')).toEqual({ kind: 'empty', text: '' });
    expect(message.value('PID-9')).toEqual({ kind: 'null', text: '""' });
    expect(message.value('PID-3[3].1')).toEqual({ kind: 'null', text: '""' });
    expect(message.value('PID-8')).toEqual({ kind: 'text', text: 'M' });
    expect(parse('MSH|^~\\&|\\X22\\\\X22\\').value('MSH-3')).toEqual({ kind: 'text', text: '""' });
  });

  it('reads within one segment', () => {
    const [systolic, diastolic, note] = message.segments('OBX');
    expect(systolic?.get('3.1')).toBe('8480-6');
    expect(diastolic?.path).toBe('OBX[2]');
    expect(diastolic?.fieldCount).toBe(6);
    expect(note?.getAll('5')).toEqual(['one\ntwo', 'three & four']);
    expect(note?.get('5[2]')).toBe('three & four');
    expect(note?.raw).toBe('OBX|3|TX|NOTE||one\\.br\\two~three \\T\\ four');
    expect(message.segments('PID')[0]?.get('3[5=MR].1')).toBe('Z44029');
    expect(message.segments().map(({ id }) => id)).toEqual(['MSH', 'PID', 'NTE', 'OBX', 'OBX', 'OBX', 'ZPD']);
    expect(() => systolic?.get('x')).toThrow(/at character 1, expected a field number/);
  });
});

describe('lines', () => {
  it.each([
    ['CR', 'MSH|^~\\&|A\rPID|1\rPV1|2\r'],
    ['LF', 'MSH|^~\\&|A\nPID|1\nPV1|2\n'],
    ['CRLF', 'MSH|^~\\&|A\r\nPID|1\r\nPV1|2\r\n'],
    ['a mixture', 'MSH|^~\\&|A\nPID|1\r\nPV1|2\r'],
    ['no last line end', 'MSH|^~\\&|A\rPID|1\rPV1|2'],
    ['blank lines', '\r\nMSH|^~\\&|A\r\r\nPID|1\n\n  \nPV1|2\r\n\r\n'],
    ['an MLLP frame left around', '\x0bMSH|^~\\&|A\rPID|1\rPV1|2\r\x1c\r'],
    ['a byte order mark', '\ufeffMSH|^~\\&|A\rPID|1\rPV1|2'],
  ])('may end with %s', (_, text) => {
    const source = Buffer.from(text);
    const message = parse(source);
    expect(message.segments().map(({ id }) => id)).toEqual(['MSH', 'PID', 'PV1']);
    expect([message.get('MSH-3'), message.get('PID-1'), message.get('PV1-1')]).toEqual(['A', '1', '2']);
    expect(message.bytes()).toBe(source);
    message.set('PID-1', '9');
    expect(Buffer.from(message.bytes()).toString()).toBe(text.replace('PID|1', 'PID|9'));
  });

  it('that are no segments are kept, and found by nobody', () => {
    const text = 'MSH|^~\\&|A\rOBX|1|TX|||a text\nthat goes on | here\nPIDX|3\nP|D|4\rPID|5';
    const message = parse(text);
    expect(message.segments().map(({ id }) => id)).toEqual([
      'MSH',
      'OBX',
      'that goes on ',
      'PIDX',
      'P',
      'PID',
    ]);
    expect(message.get('PID-1')).toBe('5');
    expect(message.toString()).toBe(text);
  });

  it('of a whole feed are found in one pass', () => {
    // This takes minutes if each line were searched for the end that the file does not use.
    const feed = Buffer.from(`MSH|^~\\&|A\n${'NTE|1\n'.repeat(1_000_000)}PID|7\n`);
    expect(parse(feed).get('PID-1')).toBe('7');
    expect(parse(feed.subarray(0, 1_000_000)).get('NTE[100000]-1')).toBe('1');
    const unfielded = parse(`MSH|^~\\&|A\r${'NTE\r'.repeat(200_000)}`);
    expect(unfielded.getAll('NTE[*]-1')).toEqual([]);
  });
});

it('a doubled escape character in MSH-2 is read as one, told as a finding, and written back as it came', () => {
  const text = 'MSH|^~\\\\&|APP|FAC|||20260131||ADT^A01|7|P|2.5\rPID|1||A&B^^^X^MR||L\\T\\D^JO\r';
  const message = parse(Buffer.from(text));
  expect(message.usable).toBe(true);
  expect(message.get('PID-3.1.2')).toBe('B');
  expect(message.get('PID-5.1')).toBe('L&D');
  expect(message.findings.map((finding) => finding.code)).toEqual(['encoding-characters']);
  expect(Buffer.from(message.bytes()).toString()).toBe(text);
});

describe('findings', () => {
  const codes = (source: string | Uint8Array): FindingCode[] =>
    parse(source).findings.map(({ code }) => code);

  it.each<[string, string, FindingCode[]]>([
    ['a clean message', 'MSH|^~\\&|A\rPID|1\r', []],
    ['LF', 'MSH|^~\\&|A\nPID|1\n', ['line-ends']],
    ['mixed ends', 'MSH|^~\\&|A\rPID|1\nPV1|1\r', ['line-ends']],
    ['blank lines', 'MSH|^~\\&|A\r\rPID|1\r', ['blank-lines']],
    ['blank lines at the end', 'MSH|^~\\&|A\rPID|1\r\r', ['blank-lines']],
    ['few encoding characters', 'MSH|^~|A\r', ['encoding-characters']],
    ['many encoding characters', 'MSH|^~\\&#@|A\r', ['encoding-characters']],
    ['a truncation character', 'MSH|^~\\&#|A\r', []],
    ['a byte order mark', '\ufeffMSH|^~\\&|A\r', ['bytes-before-header']],
    ['a line that is no segment', 'MSH|^~\\&|A\rwords\rmore words\r', ['segment-id']],
    ['a second message', 'MSH|^~\\&|A\rMSH|^~\\&|B\r', ['second-header']],
    ['a batch trailer', 'MSH|^~\\&|A\rBTS|1\r', ['second-header']],
    ['framing', '\x0bMSH|^~\\&|A\r\x1c\r', ['bytes-before-header', 'framing']],
    ['another segment first', 'PID|1\r', ['no-header']],
    ['an unknown character set', 'MSH|^~\\&|A|||||||||||||||KLINGON\r', ['charset-unknown']],
  ])('of %s', (_, text, expected) => {
    expect(codes(Buffer.from(text))).toEqual(expected);
  });

  it('say where', () => {
    const { findings } = parse('MSH|^~\\&|A\r\n\r\nPID|1\r\nwords\r\n');
    expect(findings.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'blank-lines line 2',
      'segment-id line 4',
      'line-ends line 1',
    ]);
  });

  it('stay few however bad the bytes are', () => {
    expect(parse(`MSH|^~\\&|A\r${'words\n\n'.repeat(10_000)}`).findings).toHaveLength(3);
  });

  it('are made anew after an edit', () => {
    const message = parse('MSH|^~\\&|A\rPID|1\r');
    expect(message.findings).toEqual([]);
    message.addSegment('ZZZ|1');
    message.setRaw('ZZZ', 'ZZZ|2');
    expect(message.findings).toEqual([]);
    expect(parse('PID|1').get('PID-1')).toBe('1');
  });
});

describe('the tree', () => {
  it('has a path for every part, which get and set take', () => {
    const message = parse(adt);
    const visit = (nodes: readonly Node[]): void => {
      for (const node of nodes) {
        if (node.level !== 'segment') {
          expect(message.raw(node.path), node.path).toBe(node.raw);
          expect(message.value(node.path).kind, node.path).toBe(
            node.level === 'field' && node.raw.includes('~') ? 'text' : node.kind,
          );
        }
        visit(node.children);
      }
    };
    visit(message.tree());
  });

  it('goes as deep as the bytes do', () => {
    const [, pid] = parse(adt).tree();
    const ids = pid?.children[2];
    expect(ids?.children.map(({ path, level }) => `${path} ${level}`)).toEqual([
      'PID-3[1] repetition',
      'PID-3[2] repetition',
      'PID-3[3] repetition',
    ]);
    const assigner = ids?.children[1]?.children[3];
    expect(assigner?.path).toBe('PID-3[2].4');
    expect(assigner?.children.map(({ text }) => text)).toEqual(['EPIC', '1.2.3', 'ISO']);
    expect(pid?.children[0]?.children).toEqual([]);
    expect(parse('MSH|^~\\&|A&B').tree()[0]?.children[2]?.children[0]?.children[1]?.path).toBe('MSH-3.1.2');
    expect(
      parse(adt)
        .tree()
        .map(({ path }) => path),
    ).toEqual(['MSH', 'PID', 'NTE', 'OBX[1]', 'OBX[2]', 'OBX[3]', 'ZPD']);
    expect(parse(adt).tree()[0]?.children[1]?.children).toEqual([]);
  });

  it('becomes plain JSON', () => {
    const [msh] = JSON.parse(JSON.stringify(parse('MSH|^~\\&|A^B').tree()));
    expect(msh.children[2]).toMatchObject({
      level: 'field',
      path: 'MSH-3',
      label: '3',
      kind: 'text',
      text: 'A^B',
    });
    expect(msh.children[2].children[1]).toMatchObject({
      level: 'component',
      path: 'MSH-3.2',
      text: 'B',
      children: [],
    });
  });
});

describe('a file of messages', () => {
  const one = 'MSH|^~\\&|A\rPID|1\r';
  const two = 'MSH|^~\\&|B\rPID|2\r';
  const texts = (file: string): string[] =>
    splitMessages(Buffer.from(file)).messages.map((message) => Buffer.from(message).toString());

  it.each([
    ['one message', one, [one]],
    ['one without a last line end', 'MSH|^~\\&|A\rPID|1', ['MSH|^~\\&|A\rPID|1']],
    ['two in a row', one + two, [one, two]],
    ['two with blank lines', `\r\n${one}\r\n\r\n${two}\r\n`, [one, two]],
    ['a byte order mark', `\ufeff${one}${two}`, [one, two]],
    ['blanks before the header', `  ${one}`, [one]],
    ['a batch', `FHS|^~\\&|X\rBHS|^~\\&|X\r${one}${two}BTS|2\rFTS|1\r`, [one, two]],
    ['trailers without fields', `BHS|^~\\&|X\r${one}BTS\rFTS\r`, [one]],
    ['MLLP frames', `\x0b${one}\x1c\r\x0b${two}\x1c\r`, [one, two]],
    ['MLLP frames without 0D', `\x0b${one}\x1c\x0b${two}\x1c`, [one, two]],
    ['a frame that ends within a line', '\x0bMSH|^~\\&|A\x1c\r', ['MSH|^~\\&|A']],
    ['CRLF', 'MSH|^~\\&|A\r\nPID|1\r\nMSH|^~\\&|B\r\n', ['MSH|^~\\&|A\r\nPID|1\r\n', 'MSH|^~\\&|B\r\n']],
    ['blank lines within a message', 'MSH|^~\\&|A\r\rPID|1\r\r', ['MSH|^~\\&|A\r\rPID|1\r']],
    ['different delimiters', `${one}MSH*:;!%*B\r`, [one, 'MSH*:;!%*B\r']],
    ['a faulty header of the same kind', `${one}MSH|^^|B\r`, [one, 'MSH|^^|B\r']],
    [
      'MSH within a text',
      'MSH|^~\\&|A\rOBX|1\nMSH is a header\nMSHX|1\r',
      ['MSH|^~\\&|A\rOBX|1\nMSH is a header\nMSHX|1\r'],
    ],
    ['MSH in the middle of a line', 'MSH|^~\\&|A\rNTE|MSH|^~\\&|x\r', ['MSH|^~\\&|A\rNTE|MSH|^~\\&|x\r']],
    ['nothing', '', []],
    ['no message', 'words\r', []],
  ])('with %s', (_, file, expected) => {
    expect(texts(file)).toEqual(expected);
  });

  it('tells what it left out', () => {
    const file = splitMessages(Buffer.from(`junk\rBHS|^~\\&|X\r${one}BTS|1\rmore junk\r`));
    expect(file.envelope.map((line) => Buffer.from(line).toString())).toEqual(['BHS|^~\\&|X', 'BTS|1']);
    expect(file).toMatchObject({ strayBytes: 13, strayAt: 0 });
    const framed = splitMessages(Buffer.from(`\x0b${one}\x1c\rlost\r`));
    expect(framed).toMatchObject({ strayBytes: 4, strayAt: one.length + 3 });
    expect(framed.messages.map((each) => Buffer.from(each).toString())).toEqual([one]);
    expect(splitMessages(Buffer.from(one))).toMatchObject({ strayBytes: 0, strayAt: -1, envelope: [] });
  });

  it('is sliced, not copied', () => {
    const file = Buffer.from(one + two);
    expect(splitMessages(file).messages.every(({ buffer }) => buffer === file.buffer)).toBe(true);
  });
});
