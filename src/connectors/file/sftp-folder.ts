/**
 * A folder on an SFTP server. The server shows its own key first, and another one than the record names ends the connection
 * before anything is sent to it. One connection, opened when it is needed and again after it is lost.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { Client, type SFTPWrapper } from 'ssh2';
import type { Failure } from '../../std/index.ts';
import type { Secrets } from '../contract.ts';
import type { FileConfig } from './config.ts';
import { fileFailure } from './failures.ts';
import { below, type FileFacts, type Folder, freeNames, nameOf } from './folder.ts';

type SftpConfig = NonNullable<FileConfig['sftp']>;

/** Codes of the protocol, version 3. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
/** Type bits of a mode: regular file. */
const REGULAR = 0o100000;
const TYPE = 0o170000;

/** Ed25519, three of ECDSA, RSA, DSA. */
const MOST_HOST_KEYS = 6;
/** Servers take 32 KB in one packet for certain. */
const PIECE = 32_768;
/** Writes that are under way at once: one at a time waits for the line's way there and back each 32 KB. */
const WRITES = 32;

interface Session {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
}

export function sftpFolder(root: string, config: SftpConfig, secrets: Secrets): Folder {
  const at = (path: string): string => (path === '.' ? root : `${root.replace(/\/$/, '')}/${path}`);
  let session: Promise<Session> | null = null;
  let closed = false;

  /**
   * A server may have several keys, of which it shows the one that is asked for first; the site has given the fingerprint of any of
   * them. So it is asked for the others, too, before it counts as another server.
   */
  async function connect(): Promise<Session> {
    const shown: string[] = [];
    for (;;) {
      const before = shown.length;
      try {
        return await connectTo(shown);
      } catch (error) {
        // It has shown all that it has, or the same one again.
        if (before > 0 && (shown.length === before || shown.length > MOST_HOST_KEYS))
          throw fileFailure('FILE_HOST_KEY', { cause: error });
        if (shown.length === before) throw error;
      }
    }
  }

  /** @param shown Kinds of keys that it is not asked for; the one that it shows is added where it is another than the record's. */
  async function connectTo(shown: string[]): Promise<Session> {
    const password = config.secret === undefined ? undefined : await secrets.get(config.secret);
    const privateKey = config.key === undefined ? undefined : await secrets.get(config.key);
    const client = new Client();
    let otherKey = false;
    return new Promise<Session>((resolve, reject) => {
      const fail = (failure: Failure): void => {
        client.end();
        reject(failure);
      };
      client.on('error', (error) =>
        fail(otherKey ? fileFailure('FILE_HOST_KEY') : connectFailure(error, config)),
      );
      client.on('close', () => {
        session = null;
        reject(fileFailure('FILE_UNREACHABLE', { message: `${config.host} has ended the connection.` }));
      });
      client.on('ready', () => {
        // Questions are small, and each waits for its answer.
        client.setNoDelay(true);
        client.sftp((error, sftp) => {
          if (error) return fail(connectFailure(error, config));
          // Each question that is under way wants to know when the line is cut.
          sftp.setMaxListeners(WRITES + 16);
          resolve({ client, sftp });
        });
      });
      try {
        client.connect({
          host: config.host,
          port: config.port,
          username: config.user,
          readyTimeout: config.timeout,
          keepaliveInterval: 15_000,
          ...(password === undefined ? {} : { password }),
          ...(privateKey === undefined ? {} : { privateKey }),
          algorithms: {
            serverHostKey: { remove: shown.flatMap(algorithmsOf) as never, append: [], prepend: [] },
          },
          hostVerifier: (key: Buffer) => {
            otherKey = !sameKey(key, config.hostKey);
            if (otherKey) shown.push(kindOf(key));
            return !otherKey;
          },
        });
      } catch (error) {
        // A key that cannot be read is thrown at once.
        fail(connectFailure(error, config));
      }
    });
  }

  async function open(): Promise<SFTPWrapper> {
    if (closed) throw fileFailure('FILE_LOST', { message: 'The connection is closed.' });
    session ??= connect();
    try {
      return (await session).sftp;
    } catch (error) {
      session = null;
      throw error;
    }
  }

  async function ask<Answer>(
    what: (sftp: SFTPWrapper, done: (error: Error | null | undefined, answer?: Answer) => void) => void,
  ): Promise<Answer> {
    const sftp = await open();
    return new Promise<Answer>((resolve, reject) => {
      const ended = (): void =>
        reject(fileFailure('FILE_LOST', { message: `${config.host} has ended the connection.` }));
      sftp.once('close', ended);
      what(sftp, (error, answer) => {
        sftp.off('close', ended);
        if (error) reject(error);
        else resolve(answer as Answer);
      });
    });
  }

  async function facts(path: string): Promise<FileFacts | undefined> {
    try {
      const stats = await ask<{ mode: number; size: number; mtime: number }>((sftp, done) =>
        sftp.lstat(at(path), done),
      );
      return (stats.mode & TYPE) === REGULAR
        ? { path, name: nameOf(path), size: stats.size, modified: stats.mtime * 1_000 }
        : undefined;
    } catch (error) {
      if (codeOf(error) === NO_SUCH_FILE) return undefined;
      throw trouble(error);
    }
  }

  async function makeFolder(path: string): Promise<void> {
    if (path === '.') return;
    let here = '';
    for (const part of path.split('/')) {
      here = here === '' ? part : `${here}/${part}`;
      const there = await ask<{ mode: number }>((sftp, done) => sftp.stat(at(here), done)).catch((error) => {
        if (codeOf(error) === NO_SUCH_FILE) return undefined;
        throw trouble(error);
      });
      if (there === undefined)
        await ask<void>((sftp, done) => sftp.mkdir(at(here), done)).catch((error) => {
          throw trouble(error);
        });
    }
  }

  const parentOf = (path: string): string =>
    path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';

  return {
    facts,
    async list(path) {
      try {
        const entries = await ask<
          readonly { filename: string; attrs: { mode: number; size: number; mtime: number } }[]
        >((sftp, done) => sftp.readdir(at(path), done));
        return entries
          .filter(({ attrs }) => (attrs.mode & TYPE) === REGULAR)
          .map(({ filename, attrs }) => ({
            path: below(path, filename),
            name: filename,
            size: attrs.size,
            modified: attrs.mtime * 1_000,
          }));
      } catch (error) {
        if (codeOf(error) === NO_SUCH_FILE) return [];
        throw trouble(error);
      }
    },
    read(path, range = {}) {
      async function* bytes(): AsyncGenerator<Uint8Array> {
        const sftp = await open();
        const source = sftp.createReadStream(at(path), {
          ...range,
          autoClose: true,
          highWaterMark: 256 * 1024,
        });
        // What was under way fails when the line is cut, also after nobody reads any more.
        source.on('error', () => undefined);
        const lost = (): unknown => source.destroy(new Error('the connection was lost'));
        sftp.once('close', lost);
        try {
          yield* source as AsyncIterable<Uint8Array>;
        } finally {
          sftp.off('close', lost);
          source.destroy();
        }
      }
      return Readable.from(bytes(), { objectMode: false });
    },
    async write(path, content) {
      const target = at(path);
      await makeFolder(parentOf(path));
      const temporary = at(below(parentOf(path), `.${nameOf(path)}.part`));
      try {
        const handle = await ask<Buffer>((sftp, done) => sftp.open(temporary, 'w', { mode: 0o640 }, done));
        try {
          const write = (from: number): Promise<void> => {
            const piece = Buffer.from(content.subarray(from, from + PIECE));
            return ask<void>((sftp, done) => sftp.write(handle, piece, 0, piece.length, from, done));
          };
          for (let from = 0; from < content.length; from += PIECE * WRITES) {
            const some = Math.min(WRITES, Math.ceil((content.length - from) / PIECE));
            await Promise.all(Array.from({ length: some }, (_, nth) => write(from + nth * PIECE)));
          }
          // OpenSSH's own extension; a server without it keeps files as its system does.
          await ask<void>((sftp, done) => sftp.ext_openssh_fsync(handle, done)).catch(notOffered);
        } finally {
          await ask<void>((sftp, done) => sftp.close(handle, done));
        }
        await replace(temporary, target);
      } catch (error) {
        await ask<void>((sftp, done) => sftp.unlink(temporary, done)).catch(() => undefined);
        throw trouble(error);
      }
    },
    async move(path, folder) {
      try {
        await makeFolder(folder);
        for (const name of freeNames(nameOf(path))) {
          const target = below(folder, name);
          if ((await facts(target)) !== undefined) continue;
          // The protocol's own rename refuses a name that is taken.
          await ask<void>((sftp, done) => sftp.rename(at(path), at(target), done));
          return target;
        }
        throw new Error('there is always another name');
      } catch (error) {
        throw trouble(error);
      }
    },
    async remove(path) {
      await ask<void>((sftp, done) => sftp.unlink(at(path), done)).catch((error) => {
        if (codeOf(error) !== NO_SUCH_FILE) throw trouble(error);
      });
    },
    async check(paths) {
      for (const path of paths) {
        await makeFolder(path);
        await ask((sftp, done) => sftp.readdir(at(path), done)).catch((error) => {
          throw codeOf(error) === NO_SUCH_FILE
            ? fileFailure('FILE_FOLDER', { message: `There is no folder ${at(path)} on the server.` })
            : trouble(error);
        });
      }
    },
    async close() {
      closed = true;
      const open = await session?.catch(() => undefined);
      if (open === undefined) return;
      const { client } = open;
      await new Promise<void>((resolve) => {
        client.once('close', () => resolve());
        // Not `end`: a server that stands still would never end its half, and nothing is under way any more.
        client.destroy();
      });
    },
  };

  /** In place of what stands there: by POSIX's rename where the server has it. */
  async function replace(from: string, to: string): Promise<void> {
    try {
      await ask<void>((sftp, done) => sftp.ext_openssh_rename(from, to, done));
    } catch (error) {
      notOffered(error);
      // It is ours from an earlier attempt: the same bytes.
      await ask<void>((sftp, done) => sftp.unlink(to, done)).catch(() => undefined);
      await ask<void>((sftp, done) => sftp.rename(from, to, done));
    }
  }
}

/** The server has no such extension (ssh2 says so before asking, servers with code 8). */
function notOffered(error: unknown): void {
  if (codeOf(error) === 8 || /not support/i.test((error as Error).message)) return;
  throw error;
}

const codeOf = (error: unknown): number | string | undefined => (error as { code?: number | string }).code;

function sameKey(key: Buffer, wanted: string): boolean {
  const shown = createHash('sha256').update(key).digest();
  const expected = Buffer.from(wanted.slice('SHA256:'.length), 'base64');
  return expected.length === shown.length && timingSafeEqual(shown, expected);
}

/** A key begins with its kind. */
const kindOf = (key: Buffer): string => key.toString('latin1', 4, 4 + key.readUInt32BE(0));

/** How a key of that kind can sign. */
const algorithmsOf = (kind: string): readonly string[] =>
  kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [kind];

function connectFailure(error: unknown, { host, port }: SftpConfig): Failure {
  const { level, message } = error as { level?: string; message: string };
  if (level === 'client-authentication') return fileFailure('FILE_SIGN_IN', { cause: error });
  if (/parse privateKey|Encrypted private/i.test(message))
    return fileFailure('FILE_SIGN_IN', { message: 'The private key cannot be read.', cause: error });
  return fileFailure('FILE_UNREACHABLE', {
    message: `${host}:${port} cannot be reached (${String(codeOf(error) ?? level ?? 'no answer')}).`,
    cause: error,
  });
}

function trouble(error: unknown): unknown {
  if ((error as { kind?: string }).kind !== undefined) return error;
  return codeOf(error) === PERMISSION_DENIED
    ? fileFailure('FILE_FOLDER', {
        message: 'The server does not allow it: permission denied.',
        cause: error,
      })
    : fileFailure('FILE_LOST', {
        message: `Reading or writing on the server was broken off (${String(codeOf(error) ?? 'no answer')}).`,
        cause: error,
      });
}
