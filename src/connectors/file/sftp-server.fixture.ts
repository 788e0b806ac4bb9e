/** An SFTP server on this machine, over a folder: ssh2's own server side. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

export interface TestSftp {
  readonly port: number;
  readonly hostKey: string;
  /** Of another kind, which it shows only when it is asked for that kind alone. */
  readonly otherHostKey: string;
  /** Commands that were asked for, in their order. */
  readonly asked: string[];
  /** Ends every connection, as a network does. */
  cut(): void;
  close(): Promise<void>;
}

/** Signs in `suture` with the password `synthetic`, or with a key of this public half. */
export async function startSftp(
  root: string,
  options: { readonly publicKey?: string } = {},
): Promise<TestSftp> {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const second = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey;
  const fingerprint = (key: string): string => {
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    return `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
  };
  const allowed = options.publicKey === undefined ? undefined : ssh2.utils.parseKey(options.publicKey);
  const asked: string[] = [];
  const clients = new Set<ssh2.Connection>();
  const server = new ssh2.Server({ hostKeys: [privateKey, second] }, (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => {
      if (context.username !== 'suture') return context.reject();
      if (context.method === 'password' && context.password === 'synthetic') return context.accept();
      if (
        context.method === 'publickey' &&
        allowed !== undefined &&
        !(allowed instanceof Error) &&
        allowed.getPublicSSH().equals(context.key.data)
      ) {
        if (
          context.signature &&
          context.blob &&
          allowed.verify(context.blob, context.signature, context.hashAlgo) !== true
        )
          return context.reject();
        return context.accept();
      }
      return context.reject(['password', 'publickey']);
    });
    client.on('ready', () => {
      (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
      client.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => serve(acceptSftp(), root, asked));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: fingerprint(privateKey),
    otherHostKey: fingerprint(second),
    asked,
    cut() {
      for (const client of clients) client.end();
    },
    async close() {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(sftp: ssh2.SFTPWrapper, root: string, asked: string[]): void {
  const handles = new Map<number, { fd?: number; list?: string[]; path: string }>();
  let next = 0;
  const at = (path: string): string => join(root, path);
  const give = (held: { fd?: number; list?: string[]; path: string }): Buffer => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(next);
    handles.set(next++, held);
    return handle;
  };
  const held = (handle: Buffer) => handles.get(handle.readUInt32BE(0));
  const attributes = (stats: fs.Stats): ssh2.Attributes => ({
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1_000),
    mtime: Math.floor(stats.mtimeMs / 1_000),
  });
  const answer = (id: number, what: string, act: () => void): void => {
    asked.push(what);
    try {
      act();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      sftp.status(id, code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
    }
  };
  const ok = (id: number): void => void sftp.status(id, STATUS_CODE.OK);

  sftp.on('OPEN', (id, path, flags) =>
    answer(id, `open ${path}`, () => {
      const fd = fs.openSync(at(path), (flags & OPEN_MODE.WRITE) === 0 ? 'r' : 'w');
      sftp.handle(id, give({ fd, path }));
    }),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, 'read', () => {
      const bytes = Buffer.alloc(length);
      const size = fs.readSync(held(handle)?.fd ?? -1, bytes, 0, length, offset);
      if (size === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes.subarray(0, size));
    }),
  );
  sftp.on('WRITE', (id, handle, offset, bytes) =>
    answer(id, 'write', () => {
      fs.writeSync(held(handle)?.fd ?? -1, bytes, 0, bytes.length, offset);
      ok(id);
    }),
  );
  sftp.on('CLOSE', (id, handle) =>
    answer(id, 'close', () => {
      const { fd } = held(handle) ?? {};
      if (fd !== undefined) fs.closeSync(fd);
      handles.delete(handle.readUInt32BE(0));
      ok(id);
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    answer(id, `list ${path}`, () => sftp.handle(id, give({ list: fs.readdirSync(at(path)), path }))),
  );
  sftp.on('READDIR', (id, handle) =>
    answer(id, 'entries', () => {
      const one = held(handle);
      const names = one?.list?.splice(0) ?? [];
      if (names.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else
        sftp.name(
          id,
          names.map((filename) => ({
            filename,
            longname: filename,
            attrs: attributes(fs.lstatSync(join(at(one?.path ?? ''), filename))),
          })),
        );
    }),
  );
  for (const [event, stat] of [
    ['STAT', fs.statSync],
    ['LSTAT', fs.lstatSync],
  ] as const) {
    sftp.on(event as 'STAT', (id, path) =>
      answer(id, `stat ${path}`, () => sftp.attrs(id, attributes(stat(at(path))))),
    );
  }
  sftp.on('FSTAT', (id, handle) =>
    answer(id, 'fstat', () => sftp.attrs(id, attributes(fs.fstatSync(held(handle)?.fd ?? -1)))),
  );
  sftp.on('RENAME', (id, from, to) =>
    answer(id, `rename ${from} ${to}`, () => {
      // As the protocol has it: a name that is taken is refused.
      if (fs.existsSync(at(to))) return void sftp.status(id, STATUS_CODE.FAILURE);
      fs.renameSync(at(from), at(to));
      ok(id);
    }),
  );
  sftp.on('REMOVE', (id, path) =>
    answer(id, `remove ${path}`, () => {
      fs.rmSync(at(path));
      ok(id);
    }),
  );
  sftp.on('MKDIR', (id, path) =>
    answer(id, `mkdir ${path}`, () => {
      fs.mkdirSync(at(path));
      ok(id);
    }),
  );
}
