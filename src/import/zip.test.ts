/** Archives of exports: read within limits, whatever they say of themselves. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readZip } from './zip.ts';

interface Entry {
  readonly name: string;
  readonly text: string | Buffer;
  readonly flags?: number;
  readonly method?: number;
}

/** An archive as any tool writes it; `says` overrides the size that it claims. */
function zip(entries: readonly Entry[], says?: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, text, flags = 0, method = 8 } of entries) {
    const content = Buffer.from(text);
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(says ?? content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const limits = { entries: 10, file: 1_000, all: 1_500 };
const names = (bytes: Buffer) =>
  [...readZip(bytes, 'a.zip', (name) => name.endsWith('.xml'), limits)].map(
    ({ name, bytes: content }) => `${name}=${content.toString()}`,
  );

describe('an archive', () => {
  it('gives the files that are wanted', () => {
    const bytes = zip([
      { name: 'a/one.xml', text: '<a/>' },
      { name: 'notes.txt', text: 'no' },
      { name: 'two.xml', text: '<b/>', method: 0 },
    ]);
    expect(names(bytes)).toEqual(['a/one.xml=<a/>', 'two.xml=<b/>']);
  });

  it('cannot unpack to more than it may, whatever size it says', () => {
    const bomb = zip([{ name: 'bomb.xml', text: Buffer.alloc(50_000_000) }], 10);
    expect(() => names(bomb)).toThrow(/bomb\.xml unpacks to more than may be/);
    const many = zip([1, 2, 3].map((each) => ({ name: `${each}.xml`, text: Buffer.alloc(900) })));
    expect(() => names(many)).toThrow(/2\.xml unpacks to more/);
    const crowd = zip(Array.from({ length: 11 }, (_, index) => ({ name: `${index}.xml`, text: '<a/>' })));
    expect(() => names(crowd)).toThrow(/11 entries/);
  });

  it('says what is wrong with it', () => {
    expect(() => names(Buffer.from('PK no'))).toThrow(/no directory/);
    expect(() => names(zip([{ name: 'a.xml', text: '<a/>', flags: 1 }]))).toThrow(/encrypted/);
    expect(() => names(zip([{ name: 'a.xml', text: '<a/>', method: 99 }]))).toThrow(/not known/);
    const damaged = zip([{ name: 'a.xml', text: 'x'.repeat(200) }]);
    damaged.fill(0xff, 36, 40);
    expect(() => names(damaged)).toThrow(/a\.xml is damaged/);
  });
});
