import { describe, expect, it } from 'vitest';
import { EditError, parse } from './index.ts';

const head = 'MSH|^~\\&|EPIC||||||ADT^A08|1|P|2.5';
const edited = (line: string, path: string, text: string | null): string => {
  const message = parse(`${head}\r${line}\rZPD|last`);
  message.set(path, text);
  const lines = message.toString().split('\r');
  expect(lines[0]).toBe(head);
  expect(lines[2]).toBe('ZPD|last');
  return lines[1] ?? '';
};
const refused = (run: () => unknown): EditError => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(EditError);
    return error as EditError;
  }
  throw new Error('nothing was thrown');
};

describe('set', () => {
  it.each([
    ['PID|1|old|3', 'PID-2', 'new', 'PID|1|new|3'],
    ['PID|1||3', 'PID-2', 'new', 'PID|1|new|3'],
    ['PID|1', 'PID-4', 'new', 'PID|1|||new'],
    ['PID', 'PID-1', 'new', 'PID|new'],
    ['PID', 'PID-3', 'new', 'PID|||new'],
    ['PID|a^b^c', 'PID-1.2', 'new', 'PID|a^new^c'],
    ['PID|a', 'PID-1.3', 'new', 'PID|a^^new'],
    ['PID|', 'PID-1.2', 'new', 'PID|^new'],
    ['PID|a^b&c', 'PID-1.2.2', 'new', 'PID|a^b&new'],
    ['PID|a', 'PID-1.1.3', 'new', 'PID|a&&new'],
    ['PID|a', 'PID-1.2.2', 'new', 'PID|a^&new'],
    ['PID|1', 'PID-3.2.2', 'new', 'PID|1||^&new'],
    ['PID|a~b', 'PID-1[2]', 'new', 'PID|a~new'],
    ['PID|a~b', 'PID-1[4]', 'new', 'PID|a~b~~new'],
    ['PID|a~b^c', 'PID-1[2].2', 'new', 'PID|a~b^new'],
    ['PID|a', 'PID-1[2].2', 'new', 'PID|a~^new'],
    ['PID|a~b', 'PID-1', 'new', 'PID|new'],
    ['PID|a^x~b^y', 'PID-1.2', 'new', 'PID|a^new~b^y'],
    ['PID|a^x~b^y~c', 'PID-1[*].2', 'new', 'PID|a^new~b^new~c^new'],
    ['PID|a^x~b^y~c', 'PID-1[*]', 'n', 'PID|n~n~n'],
    ['PID|1^^^^MRN~2^^^^MR', 'PID-1[5=MR].1', 'new', 'PID|1^^^^MRN~new^^^^MR'],
    ['PID|1^^^^MRN~2^^^^MR', 'PID-1[5=MR].6', 'new', 'PID|1^^^^MRN~2^^^^MR^new'],
    ['PID|1', 'PID-1', 'a|b^c&d~e\\f', 'PID|a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f'],
    ['PID|1', 'PID-1', 'a\rMSH|x', 'PID|a\\X0D\\MSH\\F\\x'],
    ['PID|1', 'PID-1', null, 'PID|""'],
    ['PID|1', 'PID-1', '""', 'PID|""'],
    ['PID|1|x', 'PID-1', '', 'PID||x'],
    ['PID|1', 'PID-9.2', '', 'PID|1'],
    ['PID|1', 'PID-1', 'Müller', 'PID|Müller'],
  ])('%s with %s = %j is %s', (line, path, text, expected) => {
    expect(edited(line, path, text)).toBe(expected);
  });

  it('writes every place that a path with [*] means, and says how many', () => {
    const message = parse(`${head}\rOBX|1\rOBX|2\rOBX|3`);
    expect(message.set('OBX[*]-2', 'ST')).toBe(3);
    expect(message.toString()).toBe(`${head}\rOBX|1|ST\rOBX|2|ST\rOBX|3|ST`);
    expect(message.set('NTE[*]-1', 'x')).toBe(0);
    expect(message.set('OBX[1=2]-2', 'NM')).toBe(1);
    expect(message.getAll('OBX-2')).toEqual(['ST', 'NM', 'ST']);
  });

  it('can be repeated, read between, and undone', () => {
    const source = Buffer.from(`${head}\r\nPID|1|a^b\r\n\nOBX|1\r`);
    const message = parse(source);
    for (const text of ['x', 'longer text', '', 'b']) {
      message.set('PID-2.2', text);
      expect(message.get('PID-2.2')).toBe(text);
    }
    message.set('OBX-3', 'y');
    expect(Buffer.from(message.bytes()).toString()).toBe(`${head}\r\nPID|1|a^b\r\n\nOBX|1||y\r`);
    message.setRaw('OBX', 'OBX|1');
    expect(Buffer.compare(message.bytes(), source)).toBe(0);
  });

  it('changes the header too, but never the delimiters', () => {
    const message = parse(`${head}\rPID|1`);
    message.set('MSH-10', 'new|id');
    message.set('MSH-20', 'x');
    expect(message.header.controlId).toBe('new|id');
    expect(message.get('MSH-20')).toBe('x');
    for (const path of ['MSH-1', 'MSH-2', 'MSH-2.1'])
      expect(refused(() => message.set(path, '!')).code).toBe('delimiters');
    expect(refused(() => message.setRaw('MSH', 'MSH|^~\\&|')).code).toBe('delimiters');
  });

  it.each([
    ['ZZZ-1', 'not-found', /no such ZZZ segment; addSegment adds one/],
    ['PID[2]-1', 'not-found', /no such PID segment/],
    ['PID[1=9]-1', 'not-found', /no PID segment meets its condition/],
    ['PID-1[2=x].1', 'not-found', /no repetition of PID-1 meets its condition/],
  ])('of %s is refused, and nothing is changed', (path, code, text) => {
    const source = Buffer.from(`${head}\rPID|1`);
    const message = parse(source);
    const error = refused(() => message.set(path, 'x'));
    expect(error).toMatchObject({ code, path });
    expect(error.message).toMatch(text);
    expect(message.bytes()).toBe(source);
  });

  it('needs the delimiters that the message declares', () => {
    const message = parse('MSH|^|A\rPID|1');
    expect(refused(() => message.set('PID-1[2]', 'x')).code).toBe('undeclared');
    expect(refused(() => message.set('PID-1.1.2', 'x')).code).toBe('undeclared');
    expect(refused(() => message.set('PID-1', 'a|b')).code).toBe('undeclared');
    message.set('PID-1.2', '~&\\');
    expect(message.toString()).toBe('MSH|^|A\rPID|1^~&\\');
  });

  it('needs a usable message', () => {
    expect(refused(() => parse('PID|1').set('PID-1', 'x')).code).toBe('unusable');
  });

  it('uses the delimiters of the message', () => {
    const message = parse('MSH*:;!%*A\rPID*1');
    message.set('PID-3[2].2.2', 'a*b|c');
    expect(message.toString()).toBe('MSH*:;!%*A\rPID*1**;:%a!F!b|c');
  });

  it('leaves a copy alone', () => {
    const message = parse(`${head}\rPID|1`);
    const copy = message.copy();
    copy.set('PID-1', '2');
    expect([message.get('PID-1'), copy.get('PID-1')]).toEqual(['1', '2']);
  });
});

describe('setRaw', () => {
  it.each([
    ['PID-1', 'a^b&c~d\\T\\e', 'PID|a^b&c~d\\T\\e|2'],
    ['PID-1[1]', 'a^b', 'PID|a^b|2'],
    ['PID-1.1', 'a&b', 'PID|a&b|2'],
    ['PID-2.1.2', 'c', 'PID|1|2&c'],
    ['PID', 'PID|9', 'PID|9'],
  ])('%s takes %s', (path, raw, expected) => {
    const message = parse(`${head}\rPID|1|2`);
    message.setRaw(path, raw);
    expect(message.toString()).toBe(`${head}\r${expected}`);
  });

  it.each([
    ['PID-1', 'a|b'],
    ['PID-1', 'a\rb'],
    ['PID-1', 'a\x0bb'],
    ['PID-1[1]', 'a~b'],
    ['PID-1.1', 'a~b'],
    ['PID-1.1', 'a^b'],
    ['PID-1.1.1', 'a&b'],
    ['PID', 'PID|1\nPV1|2'],
    ['PID', 'PV1|1'],
    ['PID', ''],
  ])('%s refuses %j, which reaches beyond it', (path, raw) => {
    const message = parse(`${head}\rPID|1|2`);
    expect(refused(() => message.setRaw(path, raw)).code).toBe('raw');
  });
});

describe('segments', () => {
  const text = `${head}\r\nPID|1\r\n\r\nOBX|1\r\nOBX|2\r\n`;

  it('are added behind the last, or behind a named one, with the line end of the message', () => {
    const message = parse(text);
    message.addSegment('ZPD|a');
    message.addSegment('NTE|b', 'OBX[1]');
    message.set('NTE-1', 'c');
    expect(message.toString()).toBe(`${head}\r\nPID|1\r\n\r\nOBX|1\r\nNTE|c\r\nOBX|2\r\nZPD|a\r\n`);
  });

  it('are added and removed among edits', () => {
    const message = parse(text);
    message.set('PID-1', 'a longer value');
    message.addSegment('PV1|1', 'PID');
    message.set('OBX[2]-1', 'two');
    expect(message.removeSegment('OBX[1]')).toBe(true);
    expect(message.removeSegment('OBX[1=none]')).toBe(false);
    expect(message.toString()).toBe(`${head}\r\nPID|a longer value\r\nPV1|1\r\n\r\nOBX|two\r\n`);
    expect(parse(`${head}\rPID|1`).removeSegment('PID')).toBe(true);
  });

  it('must be segments', () => {
    const message = parse(text);
    expect(refused(() => message.addSegment('words')).code).toBe('raw');
    expect(refused(() => message.addSegment('NTE|1\rNTE|2')).code).toBe('raw');
    expect(refused(() => message.addSegment('MSH|^~\\&|A')).code).toBe('raw');
    expect(refused(() => message.addSegment('NTE|1', 'ZZZ')).code).toBe('not-found');
    expect(refused(() => message.removeSegment('MSH')).code).toBe('delimiters');
    expect(refused(() => message.removeSegment('PID-1')).code).toBe('raw');
    expect(refused(() => parse('').addSegment('NTE|1')).code).toBe('unusable');
    expect(message.toString()).toBe(text);
  });
});
