/** What must hold against OpenSSH's server. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseFile } from '../../../src/connectors/file/config.ts';
import type { Folder } from '../../../src/connectors/file/folder.ts';
import { hashOfBytes } from '../../../src/connectors/file/ready.ts';
import { sftpFolder } from '../../../src/connectors/file/sftp-folder.ts';
import { file, flow } from '../../../src/flow/index.ts';
import { type RunningEngine, startEngine, testSite, until } from '../../journeys/engine.ts';
import { judgeTaken, rowOf, writeExtract } from '../extract/rows.ts';
import { giveToSshd, newKey, type Sshd } from './sshd.ts';

interface Place {
  readonly sshd: Sshd;
  /** Empty; for the engine's store and keys. */
  readonly data: string;
}
type Case = (place: Place) => Promise<string | undefined>;

const recordOf = (sshd: Sshd, more: Record<string, unknown> = {}) => ({
  ...{ host: '127.0.0.1', port: sshd.port, user: sshd.user, key: 'own' },
  hostKey: sshd.fingerprint('ed25519'),
  ...more,
});

async function withFolder<Answer>(
  sshd: Sshd,
  more: Record<string, unknown>,
  use: (folder: Folder) => Promise<Answer>,
  secrets: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { sftp } = parseFile(
    { connector: 'file', folder: sshd.folder, sftp: recordOf(sshd, more), take: { format: 'csv' } },
    { site: 'mercy', connection: 'extracts' },
  );
  const known: Readonly<Record<string, string>> = { own: sshd.privateKey, ...secrets };
  const folder = sftpFolder(sshd.folder, sftp as NonNullable<typeof sftp>, {
    get: (name) => Promise.resolve(known[name] ?? ''),
    signingKey: () => Promise.reject(new Error('none is needed')),
  });
  try {
    return await use(folder);
  } finally {
    await folder.close();
  }
}

const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: { code?: string }) => String(error.code ?? error),
  );

const inside = (sshd: Sshd, folder: string): string[] => {
  const path = join(sshd.folder, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
};
/** A folder that the server may write in. */
function made(sshd: Sshd, ...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(sshd.folder, name), { recursive: true });
    giveToSshd(join(sshd.folder, name));
  }
}
function put(sshd: Sshd, name: string, content: string): void {
  writeFileSync(join(sshd.folder, name), content);
  giveToSshd(join(sshd.folder, name));
}

async function withEngine<Answer>(
  { sshd, data }: Place,
  take: Record<string, unknown>,
  use: (running: RunningEngine) => Promise<Answer>,
): Promise<Answer> {
  const running = await startEngine(data, {
    site: testSite({
      extracts: {
        connector: 'file',
        folder: sshd.folder,
        sftp: recordOf(sshd, { timeout: '5s' }),
        take: { from: 'in', format: 'csv', every: '200ms', stable: '1s', ...take },
      },
      target: {
        connector: 'file',
        folder: sshd.folder,
        sftp: recordOf(sshd),
        put: { to: 'out', done: '.done' },
      },
    }),
    flows: [
      flow('rows', { about: 'Writes the rows that are asked for to files.', order: 'patient' })
        .on(file<{ readonly id: string; readonly status: string }>('extracts'))
        .filter('asked', { path: 'event.status', equals: 'write' })
        .send('write', { connection: 'target', do: 'send', args: {} }),
    ],
    secrets: { own: sshd.privateKey },
  });
  try {
    return await use(running);
  } finally {
    await running.close();
  }
}

const rowsTaken = async ({ store }: RunningEngine): Promise<number> =>
  (await store.tallies(Date.now())).reduce((sum, feed) => sum + feed.received, 0);
const reached = async ({ store }: RunningEngine): Promise<number> =>
  ((await store.cursor('mercy', 'extracts', 'files'))?.value as { place?: { nth: number } } | null)?.place
    ?.nth ?? 0;

const SIZE = 2_000;
async function largeFile(sshd: Sshd, bytes: number): Promise<number> {
  made(sshd, 'in');
  const path = join(sshd.folder, 'in', 'night.csv');
  const rows = await writeExtract(path, { bytes, size: SIZE, format: 'csv' });
  giveToSshd(path);
  return rows;
}
async function takenOnce(running: RunningEngine, rows: number): Promise<void> {
  const { missing, twice, wrong, files } = await judgeTaken(running.store, { rows, size: SIZE });
  assert.deepEqual({ missing, twice, wrong, files }, { missing: 0, twice: 0, wrong: 0, files: 1 });
}

export const cases: Readonly<Record<string, Case>> = {
  'a key signs in; a folder is listed, read from any byte, written, moved without replacing': async ({
    sshd,
  }) =>
    withFolder(sshd, {}, async (folder) => {
      made(sshd, 'in', 'archive');
      const text = 'id,name\n'.repeat(200_000);
      put(sshd, 'in/night.csv', text);
      put(sshd, 'archive/night.csv', 'an earlier one');
      assert.equal((await folder.list('in'))[0]?.size, text.length);
      assert.deepEqual(await folder.list('nowhere'), []);
      assert.equal(await folder.facts('in/none'), undefined);
      const parts: Uint8Array[] = [];
      for await (const part of folder.read('in/night.csv', { start: 1_000_003 }))
        parts.push(part as Uint8Array);
      assert.equal(Buffer.concat(parts).toString(), text.slice(1_000_003));
      assert.equal(await folder.move('in/night.csv', 'archive'), 'archive/night.1.csv');
      assert.equal(readFileSync(join(sshd.folder, 'archive', 'night.csv'), 'utf8'), 'an earlier one');
      await folder.write('out/deep/a.txt', Buffer.from('one'));
      await folder.write('out/deep/a.txt', Buffer.from('another'));
      assert.deepEqual(inside(sshd, 'out/deep'), ['a.txt']);
      assert.equal(readFileSync(join(sshd.folder, 'out', 'deep', 'a.txt'), 'utf8'), 'another');
      await folder.check(['in', 'archive', 'quarantine']);
      return undefined;
    }),

  'any of the keys that a server has may be the one that the site gave': async ({ sshd }) => {
    for (const type of ['ed25519', 'rsa', 'ecdsa'] as const)
      await withFolder(sshd, { hostKey: sshd.fingerprint(type) }, async (folder) => {
        assert.deepEqual(await folder.list('.'), [], type);
      });
    return undefined;
  },

  'another host key: nobody signs in, and it is named': async ({ sshd }) => {
    const before = sshd.log().length;
    const hostKey = `SHA256:${'A'.repeat(43)}`;
    assert.equal(await withFolder(sshd, { hostKey }, (folder) => refusal(folder.list('.'))), 'FILE_HOST_KEY');
    // No name was sent: the server would have written it down.
    assert.doesNotMatch(sshd.log().slice(before), /Accepted|Failed|userauth|nobody/);
    return undefined;
  },

  'a key that it does not know, one that needs a passphrase, no key at all, another user: each refusal is named':
    async ({ sshd, data }) => {
      const secrets = {
        other: readFileSync(newKey(join(data, 'other'), 'rsa'), 'utf8'),
        sealed: readFileSync(newKey(join(data, 'sealed'), 'ed25519', 'synthetic'), 'utf8'),
        none: 'this is no key',
      };
      const asked = (more: Record<string, unknown>) =>
        withFolder(sshd, more, (folder) => refusal(folder.list('.')), secrets);
      for (const key of Object.keys(secrets)) assert.equal(await asked({ key }), 'FILE_SIGN_IN', key);
      assert.equal(await asked({ user: 'nobody-else' }), 'FILE_SIGN_IN');
      assert.equal(await asked({ key: undefined, secret: 'none' }), 'FILE_SIGN_IN');
      return undefined;
    },

  'a folder that may not be read or written is named': async ({ sshd }) => {
    made(sshd, 'closed');
    chmodSync(join(sshd.folder, 'closed'), 0o000);
    await withFolder(sshd, {}, async (folder) => {
      assert.equal(await refusal(folder.list('closed')), 'FILE_FOLDER');
      assert.equal(await refusal(folder.write('closed/a.txt', Buffer.from('x'))), 'FILE_FOLDER');
      assert.equal(await refusal(folder.check(['closed'])), 'FILE_FOLDER');
    });
    return undefined;
  },

  'a file that is still written is left alone, and taken when it is whole': async (place) => {
    const { sshd } = place;
    made(sshd, 'in');
    const lines = Array.from({ length: 60 }, (_, nth) => `R${nth},booked\n`);
    put(sshd, 'in/night.csv', 'id,status\n');
    put(sshd, 'in/other.csv.filepart', 'id,status\nR9,booked\n');
    return withEngine(place, {}, async (running) => {
      for (const line of lines) {
        appendFileSync(join(sshd.folder, 'in', 'night.csv'), line);
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(await rowsTaken(running), 0);
      }
      await until(async () => inside(sshd, 'archive').includes('night.csv'), 'the file to be taken');
      assert.equal(await rowsTaken(running), lines.length + 1);
      assert.deepEqual(inside(sshd, 'in'), ['other.csv.filepart']);
      return undefined;
    });
  },

  'a file that is written by sftp itself is taken once, and whole': async (place) => {
    const { sshd } = place;
    made(sshd, 'in');
    return withEngine(place, {}, async (running) => {
      const text = `id,status\n${Array.from({ length: 20_000 }, (_, nth) => `R${nth},booked\n`).join('')}`;
      await withFolder(sshd, {}, (folder) => folder.write('in/night.csv', Buffer.from(text)));
      await until(async () => inside(sshd, 'archive').includes('night.csv'), 'the file to be taken');
      assert.equal(await rowsTaken(running), 20_001);
      return undefined;
    });
  },

  'a server that is killed in the middle of a file, twice: each row is taken once': async (place) => {
    const { sshd } = place;
    const rows = await largeFile(sshd, 40_000_000);
    return withEngine(place, { patient: 'patient' }, async (running) => {
      const began = performance.now();
      const at: number[] = [];
      for (const share of [0.3, 0.6]) {
        await until(async () => (await reached(running)) > rows * share, 'the middle', 300);
        await sshd.signal('SIGKILL');
        at.push(await reached(running));
        await new Promise((resolve) => setTimeout(resolve, 500));
        await sshd.start();
      }
      await until(async () => inside(sshd, 'archive').includes('night.csv'), 'the file to be taken', 300);
      await takenOnce(running, rows);
      return `${rows} rows, killed at ${at.join(' and ')}, ${((performance.now() - began) / 1_000).toFixed(0)} s`;
    });
  },

  'a server that stands still in the middle of a file is given up, and each row is taken once': async (
    place,
  ) => {
    const { sshd } = place;
    const rows = await largeFile(sshd, 30_000_000);
    return withEngine(place, { patient: 'patient' }, async (running) => {
      await until(async () => (await reached(running)) > rows * 0.3, 'the middle', 300);
      await sshd.signal('SIGSTOP');
      const began = performance.now();
      await until(
        async () => running.logged.some((line) => /^error/.test(line)),
        'the connection to be given up',
        200,
      );
      const given = (performance.now() - began) / 1_000;
      await sshd.signal('SIGCONT');
      await until(async () => inside(sshd, 'archive').includes('night.csv'), 'the file to be taken', 300);
      await takenOnce(running, rows);
      return `given up after ${given.toFixed(0)} s`;
    });
  },

  'a server that stands still holds nobody up who wants to stop': async ({ sshd }) => {
    const began = await withFolder(sshd, {}, async (folder) => {
      assert.deepEqual(await folder.list('.'), []);
      await sshd.signal('SIGSTOP');
      return performance.now();
    });
    assert.ok(performance.now() - began < 5_000);
    return undefined;
  },

  'what is written is there whole or not at all, also when the server is killed meanwhile': async ({
    sshd,
  }) => {
    made(sshd, 'out');
    const bytes = Buffer.alloc(60_000_000, 'synthetic ');
    const target = join(sshd.folder, 'out', 'large.txt');
    let looking = true;
    const sizes = new Set<number>();
    const watching = (async () => {
      while (looking) {
        if (existsSync(target)) sizes.add(statSync(target).size);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    try {
      await withFolder(sshd, {}, async (folder) => {
        for (const share of [0.2, 0.7]) {
          const writing = refusal(folder.write('out/large.txt', bytes));
          const part = join(sshd.folder, 'out', '.large.txt.part');
          await until(
            async () => existsSync(part) && statSync(part).size > bytes.length * share,
            'the middle',
          );
          await sshd.signal('SIGKILL');
          assert.match(await writing, /FILE_LOST|FILE_UNREACHABLE/);
          assert.equal(existsSync(target), false);
          await sshd.start();
        }
        // The second attempt is made by the same connection.
        await refusal(folder.list('out'));
        await folder.write('out/large.txt', bytes);
        await folder.write('out/large.txt', bytes);
        assert.equal(await hashOfBytes(folder.read('out/large.txt')), await hashOfBytes(piecesOf(bytes)));
      });
    } finally {
      looking = false;
      await watching;
    }
    assert.deepEqual([...sizes], [bytes.length]);
    assert.deepEqual(inside(sshd, 'out'), ['large.txt']);
    return undefined;
  },

  'a flow writes to it through a kill: each file once, whole, with its marker behind it': async (place) => {
    const { sshd } = place;
    made(sshd, 'in');
    const count = 150;
    put(
      sshd,
      'in/ask.csv',
      `id,status\n${Array.from({ length: count }, (_, nth) => `R${nth},write\n`).join('')}`,
    );
    return withEngine(place, {}, async (running) => {
      const written = () => inside(sshd, 'out').filter((name) => name.endsWith('.json'));
      await until(async () => written().length > count / 3, 'a third of the files', 120);
      await sshd.signal('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await sshd.start();
      await until(async () => (await running.store.ledger()).delivered === count, 'all to be delivered', 300);
      const ids = written().map(
        (name) => (JSON.parse(readFileSync(join(sshd.folder, 'out', name), 'utf8')) as { id: string }).id,
      );
      assert.equal(ids.length, count);
      assert.equal(new Set(ids).size, count);
      assert.equal(inside(sshd, 'out').filter((name) => name.endsWith('.done')).length, count);
      assert.deepEqual(
        inside(sshd, 'out').filter((name) => name.startsWith('.')),
        [],
      );
      return undefined;
    });
  },

  'a large file is read at the speed of the line': async ({ sshd }) => {
    await largeFile(sshd, 200_000_000);
    return withFolder(sshd, {}, async (folder) => {
      const began = performance.now();
      const hash = await hashOfBytes(folder.read('in/night.csv'));
      assert.match(hash, /^[0-9a-f]{64}$/);
      assert.equal(rowOf(0, SIZE).id, 'R0');
      return `${(200_000 / (performance.now() - began)).toFixed(0)} MB a second`;
    });
  },
};

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
