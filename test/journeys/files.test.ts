/** Extracts: files of a folder become messages, once each, whatever happens in between. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSftp } from '../../src/connectors/file/sftp-server.fixture.ts';
import { file, flow, hl7 } from '../../src/flow/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { type RunningEngine, startEngine, testKey, testSite, until } from './engine.ts';

const MRN = 'urn:oid:1.2.3';
let root: string;
let running: RunningEngine | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-files-'));
  mkdirSync(join(root, 'in'));
});
afterEach(async () => {
  await running?.close();
  running = null;
  rmSync(root, { recursive: true, force: true });
});

const put = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(root, 'in', name), content);
const inside = (folder: string): string[] =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
const reason = (name: string): string => readFileSync(join(root, 'quarantine', `${name}.reason.txt`), 'utf8');

const take = (more: Record<string, unknown> = {}) => ({
  from: 'in',
  format: 'csv',
  every: '20ms',
  stable: '40ms',
  ...more,
});

async function start(more: Record<string, unknown> = {}): Promise<RunningEngine> {
  running = await startEngine(join(root, 'data'), {
    site: testSite({ extracts: { connector: 'file', folder: root, take: take(more) } }),
    flows: [
      flow('rows', { about: 'Takes rows that have an id.', order: 'connection' })
        .on(file<{ readonly id: string }>('extracts'))
        .filter('named', { path: 'event.id', exists: true }),
      flow('admissions', { about: 'Takes admissions.', order: 'patient' })
        .on(hl7.message('ADT^A01'))
        .filter('all', { path: 'event.type', exists: true }),
    ],
  });
  return running;
}

/** All messages, the oldest first. */
async function kept(store: Store) {
  const rows: { type: string; state: string; reason: string | null; text: string; parent: string | null }[] =
    [];
  let before: string | null = null;
  do {
    const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
    for (const row of page.rows)
      rows.unshift({
        type: row.type,
        state: row.state,
        reason: row.reason,
        text: Buffer.from((await store.payload(row.id)) ?? []).toString(),
        parent: (row as { parent?: string | null }).parent ?? null,
      });
    before = page.before;
  } while (before !== null);
  return rows;
}

const gone = (name: string) =>
  until(() => Promise.resolve(!existsSync(join(root, 'in', name))), `${name} to be taken`);
const header = 'id,name,note\n';
const rowsOf = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `${from + at},"Synthetic, ${from + at}",x\n`).join('');

describe('a folder of extracts', () => {
  test('CSV: each row a message, its file the parent, and the file in the archive', async () => {
    put('night.csv', `\ufeff${header}1,"Doe, ""J""","two\nlines"\r\n2,,\n\n`);
    const { store } = await start();
    await gone('night.csv');
    const rows = await kept(store);
    expect(rows.map(({ type }) => type)).toEqual(['file', 'csv', 'csv']);
    expect(rows.slice(1).map(({ text }) => JSON.parse(text) as unknown)).toEqual([
      { id: '1', name: 'Doe, "J"', note: 'two\nlines' },
      { id: '2', name: '', note: '' },
    ]);
    expect(JSON.parse(rows[0]?.text ?? '')).toMatchObject({ name: 'night.csv', format: 'csv' });
    expect(inside('archive')).toEqual(['night.csv']);
    await until(async () => (await store.ledger()).delivered === 2, 'both rows to be delivered');
  });

  test('records stand in the lane of the patient that a column names; a file without that column is put aside', async () => {
    put('night.csv', 'id,mrn\n1, 77 \n2,78\n3,77\n4,\n');
    put('other.csv', 'id,name\n1,x\n');
    const { store } = await start({ patient: 'mrn' });
    for (const name of ['night.csv', 'other.csv']) await gone(name);
    const of = async (mrn: string) =>
      (await store.search({ patient: store.keyedHash('patient', 'mercy', MRN, mrn), limit: 9 })).rows.length;
    expect([await of('77'), await of('78'), await of('79')]).toEqual([2, 1, 0]);
    await until(() => Promise.resolve(inside('quarantine').includes('other.csv.reason.txt')), 'the reason');
    expect(reason('other.csv')).toContain('There is no column "mrn"');
  });

  test('the same content under another name is named and not read again, also after a restart', async () => {
    put('a.csv', header + rowsOf(0, 3));
    await start();
    await gone('a.csv');
    await running?.close();
    put('b.csv', header + rowsOf(0, 3));
    const { store, logged } = await start();
    await gone('b.csv');
    expect((await kept(store)).filter(({ type }) => type === 'csv')).toHaveLength(3);
    expect(logged.join('\n')).toContain('FILE_DUPLICATE');
    expect(inside('archive')).toEqual(['a.csv', 'b.csv']);
  });

  test('what is still written is left alone: other names, no done-marker, a checksum that is not there', async () => {
    put('one.csv.part', header + rowsOf(0, 1));
    put('.two.csv', header + rowsOf(0, 1));
    put('three.csv', header + rowsOf(3, 4));
    put('four.csv', header + rowsOf(4, 5));
    put('four.csv.done', '');
    const { store } = await start({ match: '*.csv', done: '.done' });
    await gone('four.csv');
    await until(() => Promise.resolve(!inside('in').includes('four.csv.done')), 'its marker');
    expect(inside('in')).toEqual(['.two.csv', 'one.csv.part', 'three.csv']);
    expect(inside('archive')).toEqual(['four.csv', 'four.csv.done']);
    expect((await kept(store)).filter(({ type }) => type === 'csv')).toHaveLength(1);
  });

  test('a wrong checksum, a cut-off archive, an open quote: each in quarantine with its reason', async () => {
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    put('sum.csv', header + rowsOf(0, 2));
    put('sum.csv.sha256', `${sha('something else')}  sum.csv\n`);
    put('cut.csv.gz', gzipSync(header + rowsOf(0, 5_000)).subarray(0, 4_000));
    put(
      'cut.csv.gz.sha256',
      createHash('sha256')
        .update(readFileSync(join(root, 'in', 'cut.csv.gz')))
        .digest('hex'),
    );
    put('quote.csv', `${header}1,"open,x\n${rowsOf(2, 40)}`);
    put('quote.csv.sha256', sha(readFileSync(join(root, 'in', 'quote.csv'), 'utf8')));
    const { store } = await start({ checksum: 'sha256' });
    for (const name of ['sum.csv', 'cut.csv.gz', 'quote.csv']) await gone(name);
    await until(
      () => Promise.resolve(inside('quarantine').filter((name) => name.endsWith('.reason.txt')).length === 3),
      'three reasons',
    );
    await until(() => Promise.resolve(inside('in').length === 0), 'what came beside them to be put away');
    expect(reason('sum.csv')).toContain('not what its checksum says');
    expect(reason('cut.csv.gz')).toContain('cut off or damaged');
    expect(reason('quote.csv')).toMatch(
      /quote that is opened in the record of line 2|quote stands in the middle/,
    );
    // What was whole before the cut is taken, and said so.
    expect(reason('cut.csv.gz')).toMatch(/Records taken before: \d+\./);
    expect((await store.ledger()).dead).toBe(0);
  });

  test('NDJSON: a line that is not JSON is kept as rejected, and the rest goes on', async () => {
    put('events.ndjson', '{"id":1}\nnot json\n{"id":2}');
    const { store, logged } = await start({ format: 'ndjson', match: '*.ndjson' });
    await gone('events.ndjson');
    expect((await kept(store)).slice(1).map(({ state, reason: why }) => [state, why])).toEqual([
      ['accepted', null],
      ['rejected', 'Line 2 is not JSON.'],
      ['accepted', null],
    ]);
    expect(logged.join('\n')).toContain('FILE_RECORDS_REJECTED');
  });

  test('HL7 batches: messages in their order, repeats known, counts of the envelope checked', async () => {
    const adt = (id: string): string =>
      `MSH|^~\\&|EHR|MERCY|||20260131120000||ADT^A01|${id}|P|2.5.1\rPID|1||77^^^MERCY^MR\r`;
    put('batch.hl7', `FHS|^~\\&\rBHS|^~\\&\r${adt('1')}${adt('2')}${adt('1')}BTS|5\rFTS|1\r`);
    const { store, logged } = await start({ format: 'hl7', match: '*.hl7' });
    await gone('batch.hl7');
    const rows = await kept(store);
    expect(rows.map(({ type }) => type)).toEqual(['file', 'ADT^A01', 'ADT^A01']);
    expect(logged.join('\n')).toContain('"repeats":1');
    expect(logged.some((line) => line.includes('FILE_') && /count/i.test(line))).toBe(true);
    await until(async () => (await store.ledger()).delivered === 2, 'both admissions');
  });

  test('zip: the one file in it; two files, or none, are in quarantine', async () => {
    put('one.zip', zipOf([['rows.csv', header + rowsOf(0, 4)]]));
    put(
      'two.zip',
      zipOf([
        ['a.csv', header],
        ['../../b.csv', header],
      ]),
    );
    const { store } = await start({ match: '*.zip' });
    await gone('one.zip');
    await gone('two.zip');
    expect((await kept(store)).filter(({ type }) => type === 'csv')).toHaveLength(4);
    await until(() => Promise.resolve(inside('quarantine').includes('two.zip.reason.txt')), 'the reason');
    expect(reason('two.zip')).toContain('there are 2 files in it');
  });
});

test('a process that is killed in the middle of a file loses no record and repeats none', async () => {
  const all = 1_500;
  const data = join(root, 'data');
  for (const [name, pack] of [
    ['plain.csv', (text: string) => Buffer.from(text)],
    ['packed.csv.gz', (text: string) => gzipSync(text)],
  ] as const) {
    put(name, pack(header + rowsOf(name.length * 10_000, name.length * 10_000 + all)));
  }
  const start = (env: Record<string, string>) =>
    fork(join(import.meta.dirname, 'file-process.ts'), {
      env: { ...process.env, FILES_DATA: data, FILES_FOLDER: root, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  /** How far reading was, as it stands on the disk. */
  const reached: number[] = [];
  for (const at of [300, all + 400]) {
    await once(start({ FILES_KILL_AT: String(at) }), 'exit');
    const store = await openSqliteStore({ folder: data, masterKey: testKey, clock: systemClock });
    const row = await store.cursor('mercy', 'extracts', 'files');
    reached.push((row?.value as { place?: { nth: number } } | null)?.place?.nth ?? 0);
    await store.close();
  }
  // Both were killed in the middle: of the plain one, and of the packed one.
  for (const nth of reached) expect(nth > 0 && nth < all).toBe(true);
  const child = start({});
  await until(() => Promise.resolve(inside('in').length === 0), 'both files to be taken', 40);
  child.send('stop');
  await once(child, 'exit');
  const store = await openSqliteStore({ folder: data, masterKey: testKey, clock: systemClock });
  try {
    const ids = (await kept(store))
      .filter(({ type }) => type === 'csv')
      .map(({ text }) => (JSON.parse(text) as { id: string }).id);
    expect(ids).toHaveLength(2 * all);
    expect(new Set(ids).size).toBe(2 * all);
  } finally {
    await store.close();
  }
}, 180_000);

test('extracts of an SFTP server are taken like those of a folder, and put away there', async () => {
  const server = await startSftp(root);
  try {
    put('rows.csv.gz', gzipSync(header + rowsOf(0, 120)));
    running = await startEngine(join(root, 'data'), {
      site: testSite({
        extracts: {
          connector: 'file',
          folder: '/',
          sftp: {
            host: '127.0.0.1',
            port: server.port,
            user: 'suture',
            secret: 'drop',
            hostKey: server.hostKey,
          },
          take: take({ stable: '0s' }),
        },
      }),
      secrets: { drop: 'synthetic' },
    });
    await gone('rows.csv.gz');
    expect((await kept(running.store)).filter(({ type }) => type === 'csv')).toHaveLength(120);
    await until(() => Promise.resolve(inside('archive').length === 1), 'the archive');
    expect(await running.engine.test('mercy', 'extracts')).toMatchObject([{ ok: true }]);
    await running.close();
    running = null;
  } finally {
    await server.close();
  }
});

test('a step writes a file, whole, and a second attempt the same one', async () => {
  mkdirSync(join(root, 'out'));
  put('rows.csv', header + rowsOf(0, 2));
  running = await startEngine(join(root, 'data'), {
    site: testSite({
      extracts: { connector: 'file', folder: root, take: take() },
      target: { connector: 'file', folder: root, put: { to: 'out', done: '.done' } },
    }),
    flows: [
      flow('copy', { about: 'Writes each row to a file.', order: 'connection' })
        .on(file<{ readonly id: string }>('extracts'))
        .send('write', { connection: 'target', do: 'send', args: {} }),
    ],
  });
  await until(() => Promise.resolve(inside('out').length === 4), 'two files and their markers');
  const written = inside('out').filter((name) => name.endsWith('.json'));
  expect(written).toHaveLength(2);
  expect(written.every((name) => /^copy-[\w.-]+-write\.json$/.test(name))).toBe(true);
  expect(written.map((name) => readFileSync(join(root, 'out', name), 'utf8')).sort()).toEqual([
    '{"id":"0","name":"Synthetic, 0","note":"x"}',
    '{"id":"1","name":"Synthetic, 1","note":"x"}',
  ]);
});

/** A zip as packers write it, without their help. */
function zipOf(files: readonly (readonly [name: string, text: string])[]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, text] of files) {
    const packed = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(text.length, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), packed);
    list.push(entry, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const listed = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
