import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFile } from './config.ts';
import { contentOf } from './content.ts';
import { csvRows } from './csv.ts';
import type { FileFacts } from './folder.ts';
import { freeNames, shownName } from './folder.ts';
import { localFolder } from './local-folder.ts';
import { matchesName } from './names.ts';
import { looks } from './ready.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-content-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const takeOf = (take: Record<string, unknown>) => {
  const config = parseFile(
    { connector: 'file', folder: root, take: { format: 'csv', ...take } },
    { site: 'mercy', connection: 'extracts' },
  );
  if (config.take === undefined) throw new Error('no take');
  return config.take;
};

async function* pieces(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const options = { delimiter: ',', encoding: 'utf-8', maxRecord: 1_000 };

async function rows(text: string | Uint8Array, size = 7, more: Partial<typeof options> = {}) {
  const all: string[][] = [];
  for await (const { fields } of csvRows(pieces(text, size), { ...options, ...more })) all.push([...fields]);
  return all;
}

describe('CSV', () => {
  test('is read the same however its bytes come in, and goes on behind any record', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ', ';'),
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (records, size) => {
          const text = records
            .map((fields) => fields.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
            .join('\n');
          expect(await rows(text, size)).toEqual(records);
          const places: number[] = [];
          for await (const { after } of csvRows(pieces(text, size), options)) places.push(after);
          const from = Buffer.from(text).subarray(places[0]);
          expect(await rows(from, size)).toEqual(records.slice(1));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('faults name the line and nothing that stands there', async () => {
    const fault = async (text: string | Uint8Array, more?: Partial<typeof options>): Promise<string> =>
      rows(text, 7, more).then(
        () => 'none',
        (error: Error) => error.message,
      );
    expect(await fault('a,b\n1,"Secret\n2,3\n')).toBe(
      'A quote that is opened in the record of line 2 is not closed before the file ends.',
    );
    expect(await fault('a,b\n1,Sec"ret" x\n')).toBe(
      'In the record of line 2 a quote stands in the middle of a field.',
    );
    expect(await fault(`a,b\n${'x'.repeat(2_000)}`)).toBe(
      'The record of line 2 is larger than this connection takes.',
    );
    expect(await fault(`a,b\n"${'x\n'.repeat(2_000)}`)).toBe(
      'A quote that is opened in the record of line 2 is not closed.',
    );
    expect(await fault(Buffer.from('a,b\n1,M\xfcller\n', 'latin1'))).toBe(
      'Line 2 holds bytes that are not utf-8.',
    );
    expect(
      await rows(Buffer.from('M\xfcller;x\n', 'latin1'), 3, { encoding: 'windows-1252', delimiter: ';' }),
    ).toEqual([['Müller', 'x']]);
  });
});

test('what is packed is unpacked no further than it does no harm', async () => {
  const folder = localFolder(root);
  writeFileSync(join(root, 'bomb.csv.gz'), gzipSync(Buffer.alloc(96 * 1024 * 1024)));
  writeFileSync(join(root, 'fine.csv.gz'), gzipSync('a,b\n'.repeat(10_000)));
  const size = async (name: string, limit: number): Promise<number> => {
    let sum = 0;
    for await (const piece of contentOf(folder, (await folder.facts(name)) as FileFacts, limit))
      sum += piece.length;
    return sum;
  };
  await expect(size('bomb.csv.gz', 1e12)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  await expect(size('fine.csv.gz', 39_999)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  expect(await size('fine.csv.gz', 40_000)).toBe(40_000);
});

test('a file is written whole and moved without replacing another', async () => {
  const folder = localFolder(root);
  await folder.write('out/a.txt', Buffer.from('one'));
  await folder.write('out/a.txt', Buffer.from('two'));
  expect(readdirSync(join(root, 'out'))).toEqual(['a.txt']);
  await folder.write('kept/a.txt', Buffer.from('earlier'));
  expect(await folder.move('out/a.txt', 'kept')).toBe('kept/a.1.txt');
  expect(readFileSync(join(root, 'kept', 'a.txt'), 'utf8')).toBe('earlier');
  expect(readFileSync(join(root, 'kept', 'a.1.txt'), 'utf8')).toBe('two');
  // What stands there as a folder cannot be replaced; nothing half-written is left.
  mkdirSync(join(root, 'out', 'b.txt', 'c'), { recursive: true });
  await expect(folder.write('out/b.txt', Buffer.from('x'))).rejects.toMatchObject({ code: 'FILE_LOST' });
  expect(readdirSync(join(root, 'out'))).toEqual(['b.txt']);
  // A link is no file: it may lead anywhere.
  symlinkSync('/etc/hostname', join(root, 'out', 'link.csv'));
  expect(await folder.list('out')).toEqual([]);
});

describe('a file is complete', () => {
  const file = (name: string, size: number, modified = 0): FileFacts => ({
    path: name,
    name,
    size,
    modified,
  });

  test('when it has looked the same for long enough; the oldest first', () => {
    const look = looks(takeOf({ stable: '20s' }));
    const names = (files: FileFacts[], at: number): string[] => look.ready(files, at).map(({ name }) => name);
    expect(names([file('b', 1, 5), file('a', 1, 9)], 0)).toEqual([]);
    expect(names([file('b', 1, 5), file('a', 2, 9)], 19_999)).toEqual([]);
    expect(names([file('b', 1, 5), file('a', 2, 9)], 20_000)).toEqual(['b']);
    // It grew at the second look: its time begins there.
    expect(names([file('b', 1, 5), file('a', 2, 9)], 39_998)).toEqual(['b']);
    expect(names([file('b', 1, 5), file('a', 2, 9)], 39_999)).toEqual(['b', 'a']);
    // Written anew in the same size.
    expect(names([file('a', 2, 10)], 50_000)).toEqual([]);
  });

  test('and not by the names of what is still written', () => {
    const look = looks(takeOf({ stable: '0s' }));
    const files = ['x.csv.part', 'x.tmp', '.x.csv', '~x.csv', 'x.filepart', 'x.csv~', 'x.csv'].map((name) =>
      file(name, 1),
    );
    expect(look.ready(files, 0).map(({ name }) => name)).toEqual(['x.csv']);
  });
});

test('names: patterns, free ones, and what is shown of them', () => {
  expect(matchesName('adt_*.csv', 'ADT_2026.CSV')).toBe(true);
  expect(matchesName('*.csv', 'a.csv.gz')).toBe(false);
  expect(matchesName('a*b*c', `a${'b'.repeat(50_000)}`)).toBe(false);
  const names = freeNames('night.csv.gz');
  expect([names.next().value, names.next().value]).toEqual(['night.csv.gz', 'night.1.csv.gz']);
  expect(shownName('census-20260131-7734512.csv')).toBe('census-########-#######.csv');
});

test('a record that could write or read outside its folder, or overwrite files, is refused', () => {
  const fault = (record: Record<string, unknown>): string => {
    try {
      parseFile({ connector: 'file', folder: '/data', ...record }, { site: 'mercy', connection: 'x' });
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(fault({ take: { format: 'csv', from: '../other' } })).toContain('without ".."');
  expect(fault({ take: { format: 'csv', archive: '/tmp' } })).toContain('without ".."');
  expect(fault({ take: { format: 'csv', from: 'a', archive: 'a' } })).toContain('three folders');
  expect(fault({ put: { name: '{flow}.json' } })).toContain('{delivery}');
  expect(fault({ put: { name: '{delivery}-{patient}.json' } })).toContain('known names');
  expect(fault({ put: { name: '../{delivery}' } })).toContain('letters, digits');
  expect(fault({})).toContain('give take');
  expect(fault({ put: {}, sftp: { host: 'x', user: 'u', hostKey: `SHA256:${'A'.repeat(43)}` } })).toContain(
    'secret',
  );
});
