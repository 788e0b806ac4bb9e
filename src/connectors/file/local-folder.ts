/** A folder of this machine. What is written is on the disk when it is said to be. */
import { createReadStream } from 'node:fs';
import { access, constants, link, lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileFailure } from './failures.ts';
import { below, type FileFacts, type Folder, freeNames, nameOf } from './folder.ts';

export function localFolder(root: string): Folder {
  const at = (path: string): string => join(root, path);

  async function facts(path: string): Promise<FileFacts | undefined> {
    try {
      const stat = await lstat(at(path));
      return stat.isFile()
        ? { path, name: nameOf(path), size: stat.size, modified: Math.floor(stat.mtimeMs) }
        : undefined;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw trouble(error);
    }
  }

  return {
    facts,
    async list(path) {
      let names: string[];
      try {
        names = (await readdir(at(path), { withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw trouble(error);
      }
      const found = await Promise.all(names.map((name) => facts(below(path, name))));
      return found.filter((each) => each !== undefined);
    },
    read: (path, range = {}) => createReadStream(at(path), { ...range, highWaterMark: 256 * 1024 }),
    async write(path, bytes) {
      const target = at(path);
      const folder = dirname(target);
      await mkdir(folder, { recursive: true });
      const temporary = join(folder, `.${nameOf(path)}.part`);
      try {
        const file = await open(temporary, 'w', 0o640);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
        await syncFolder(folder);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw trouble(error);
      }
    },
    async move(path, folder) {
      try {
        await mkdir(at(folder), { recursive: true });
        for (const name of freeNames(nameOf(path))) {
          const target = below(folder, name);
          try {
            // A link refuses a name that is taken, where a rename would replace the file.
            await link(at(path), at(target));
          } catch (error) {
            if (codeOf(error) === 'EEXIST') continue;
            throw error;
          }
          await syncFolder(at(folder));
          await unlink(at(path));
          await syncFolder(dirname(at(path)));
          return target;
        }
        throw new Error('there is always another name');
      } catch (error) {
        throw trouble(error);
      }
    },
    remove: (path) => rm(at(path), { force: true }),
    async check(paths) {
      for (const path of paths) {
        try {
          await mkdir(at(path), { recursive: true });
          await access(at(path), constants.R_OK | constants.W_OK | constants.X_OK);
        } catch (error) {
          throw fileFailure('FILE_FOLDER', {
            message: `The folder ${at(path)} cannot be used (${codeOf(error)}).`,
            cause: error,
          });
        }
      }
    },
    close: () => Promise.resolve(),
  };
}

/** A name is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

const trouble = (error: unknown) =>
  ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(codeOf(error))
    ? fileFailure('FILE_FOLDER', { cause: error })
    : fileFailure('FILE_LOST', {
        message: `Reading or writing was broken off (${codeOf(error)}).`,
        cause: error,
      });
