import { generateKeyPairSync } from 'node:crypto';
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
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Secrets } from '../contract.ts';
import { parseFile } from './config.ts';
import type { Folder } from './folder.ts';
import { hashOfBytes } from './ready.ts';
import { sftpFolder } from './sftp-folder.ts';
import { startSftp, type TestSftp } from './sftp-server.fixture.ts';

let root: string;
let server: TestSftp;
const folders: Folder[] = [];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'suture-sftp-'));
  mkdirSync(join(root, 'data', 'in'), { recursive: true });
  server = await startSftp(root);
});
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => folder.close()));
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

function folderAt(
  more: Record<string, unknown> = {},
  secrets: Readonly<Record<string, string>> = {},
): Folder {
  const { sftp } = parseFile(
    {
      connector: 'file',
      folder: '/data',
      sftp: {
        host: '127.0.0.1',
        port: server.port,
        user: 'suture',
        secret: 'drop',
        hostKey: server.hostKey,
        ...more,
      },
      take: { format: 'csv' },
    },
    { site: 'mercy', connection: 'extracts' },
  );
  if (sftp === undefined) throw new Error('no sftp');
  const known: Secrets = {
    get: (name) => Promise.resolve({ drop: 'synthetic', ...secrets }[name] ?? ''),
    signingKey: () => Promise.reject(new Error('none is needed')),
  };
  const folder = sftpFolder('/data', sftp, known);
  folders.push(folder);
  return folder;
}

describe('a folder on an SFTP server', () => {
  test('is listed, read from any byte, written whole, moved without replacing, removed', async () => {
    const folder = folderAt();
    const text = 'id,name\n'.repeat(20_000);
    writeFileSync(join(root, 'data', 'in', 'night.csv'), text);
    mkdirSync(join(root, 'data', 'in', 'below'));
    expect(await folder.list('in')).toMatchObject([
      { path: 'in/night.csv', name: 'night.csv', size: text.length },
    ]);
    expect(await folder.list('nowhere')).toEqual([]);
    expect(await folder.facts('in/none')).toBeUndefined();
    const parts: Buffer[] = [];
    for await (const piece of folder.read('in/night.csv', { start: 100_000 }))
      parts.push(Buffer.from(piece as Uint8Array));
    expect(Buffer.concat(parts).toString()).toBe(text.slice(100_000));

    const bytes = Buffer.from('x'.repeat(100_000));
    await folder.write('out/deep/a.json', bytes);
    await folder.write('out/deep/a.json', bytes);
    expect(readFileSync(join(root, 'data', 'out', 'deep', 'a.json'))).toEqual(bytes);
    expect(readdirSync(join(root, 'data', 'out', 'deep'))).toEqual(['a.json']);
    // Written under another name, and renamed when it was complete.
    const writing = server.asked
      .filter((what) => /open|rename/.test(what))
      .filter((what) => what.includes('a.json'));
    expect(writing[0]).toBe('open /data/out/deep/.a.json.part');
    expect(writing[1]).toBe('rename /data/out/deep/.a.json.part /data/out/deep/a.json');

    mkdirSync(join(root, 'data', 'archive'));
    writeFileSync(join(root, 'data', 'archive', 'night.csv'), 'an earlier one');
    expect(await folder.move('in/night.csv', 'archive')).toBe('archive/night.1.csv');
    expect(readFileSync(join(root, 'data', 'archive', 'night.csv'), 'utf8')).toBe('an earlier one');
    await folder.remove('archive/night.1.csv');
    await folder.remove('archive/night.1.csv');
    expect(existsSync(join(root, 'data', 'archive', 'night.1.csv'))).toBe(false);
    await folder.check(['in', 'archive', 'quarantine']);
  });

  test('is not spoken to when it shows another host key, and each refusal is named', async () => {
    const other = folderAt({ hostKey: `SHA256:${'A'.repeat(43)}` });
    await expect(other.list('in')).rejects.toMatchObject({ code: 'FILE_HOST_KEY' });
    expect(server.asked).toEqual([]);
    await expect(folderAt({}, { drop: 'wrong' }).list('in')).rejects.toMatchObject({
      code: 'FILE_SIGN_IN',
      kind: 'auth',
    });
    await expect(folderAt({ port: 1 }).list('in')).rejects.toMatchObject({ code: 'FILE_UNREACHABLE' });
    await expect(folderAt({ secret: undefined, key: 'drop' }).list('in')).rejects.toMatchObject({
      code: 'FILE_SIGN_IN',
    });
  });

  test('may be pinned by any of the keys that its server has', async () => {
    expect(await folderAt({ hostKey: server.otherHostKey }).list('in')).toEqual([]);
  });

  test('takes a key in place of a password', async () => {
    const pair = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
    });
    const parsed = ssh2.utils.parseKey(pair.privateKey);
    if (parsed instanceof Error) throw parsed;
    await server.close();
    server = await startSftp(root, {
      publicKey: `ecdsa-sha2-nistp256 ${parsed.getPublicSSH().toString('base64')}`,
    });
    const folder = folderAt({ secret: undefined, key: 'own' }, { own: pair.privateKey });
    expect(await folder.list('in')).toEqual([]);
  });

  test('is found again after the connection was cut, also in the middle of a file', async () => {
    const folder = folderAt();
    writeFileSync(join(root, 'data', 'in', 'large.csv'), Buffer.alloc(8 * 1024 * 1024, 0x61));
    expect(await folder.list('in')).toHaveLength(1);
    server.cut();
    const reading = hashOfBytes(
      (async function* () {
        for await (const piece of folder.read('in/large.csv')) {
          server.cut();
          yield piece as Uint8Array;
        }
      })(),
    );
    await expect(reading).rejects.toBeInstanceOf(Error);
    // Given up in the middle, with a question on its way that is never answered.
    for await (const piece of folder.read('in/large.csv')) {
      expect((piece as Uint8Array).length).toBeGreaterThan(0);
      break;
    }
    server.cut();
    // Whether the first question finds the line dead, or the second finds a new one: none hangs.
    await folder.list('in').catch(() => undefined);
    expect(await folder.list('in')).toHaveLength(1);
  });
});
