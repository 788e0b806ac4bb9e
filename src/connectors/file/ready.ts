/** Which files of a folder are complete. Pure but for the memory of the last look. */
import { createHash } from 'node:crypto';
import type { TakeConfig } from './config.ts';
import type { FileFacts } from './folder.ts';
import { matchesName } from './names.ts';

/** Names under which programs write until they are done. */
const UNFINISHED = /^[.~]|\.(?:part|partial|tmp|temp|filepart|crdownload|swp|writing)$|~$/i;

interface Seen {
  readonly size: number;
  readonly modified: number;
  /** By a clock that is never set: since when it has looked so. */
  readonly since: number;
}

export interface Looks {
  /** Files that are complete, the oldest first. */
  ready(files: readonly FileFacts[], at: number): readonly FileFacts[];
}

export function looks(take: TakeConfig): Looks {
  let seen = new Map<string, Seen>();
  return {
    ready(files, at) {
      const names = new Set(files.map(({ name }) => name));
      const now = new Map<string, Seen>();
      const ready = files.filter((file) => {
        if (UNFINISHED.test(file.name) || !matchesName(take.match, file.name)) return false;
        if (take.done !== undefined && (file.name.endsWith(take.done) || !names.has(file.name + take.done)))
          return false;
        if (
          take.checksum !== undefined &&
          (file.name.endsWith(`.${take.checksum}`) || !names.has(`${file.name}.${take.checksum}`))
        )
          return false;
        const before = seen.get(file.name);
        const same = before !== undefined && before.size === file.size && before.modified === file.modified;
        const since = same ? before.since : at;
        now.set(file.name, { size: file.size, modified: file.modified, since });
        return at - since >= take.stable;
      });
      seen = now;
      return ready.toSorted((a, b) => a.modified - b.modified || (a.name < b.name ? -1 : 1));
    },
  };
}

/** SHA-256 of what passes through, in hexadecimal. */
export async function hashOfBytes(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of source) hash.update(piece);
  return hash.digest('hex');
}
