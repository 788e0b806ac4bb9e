/**
 * Ids of tokens that were used (`jti`), remembered by all nodes and over restarts: a call that was overheard is good nowhere a second
 * time. Kept as hashes in a fixed number of shared values, each with the ids that are not over yet.
 */
import { createHash } from 'node:crypto';
import type { Json } from '../../std/index.ts';
import type { ConnectionContext } from '../contract.ts';

/** A call changes one of so many values: few are ever in each other's way, and each stays small. */
const VALUES = 64;
const TRIES = 20;

type Kept = readonly (readonly [key: string, until: number])[];

/** As it was read or written last. Somebody else may have changed it since: then the swap is refused, and it is read again. */
interface Known {
  readonly version: number;
  readonly kept: Kept;
  /** The store's clock less our own that counts what has passed. */
  readonly ahead: number;
}

/**
 * @returns False: it was used before, here or on another node. When the store cannot be asked, what this process remembers must do:
 * a hospital's call is not refused for our trouble.
 */
export function sharedUsedIds({
  shared,
  clock,
  log,
}: Pick<ConnectionContext, 'shared' | 'clock' | 'log'>): (id: string, until: number) => Promise<boolean> {
  /** One at a time for each value: of this process's own calls none gets in the way of another. */
  const turns = new Map<number, Promise<unknown>>();
  const known = new Map<number, Known>();

  async function read(slot: ReturnType<ConnectionContext['shared']>): Promise<Known> {
    const { value, version, now } = await slot.read();
    return { version, kept: (value ?? []) as unknown as Kept, ahead: now - clock.elapsed() };
  }

  async function take(bucket: number, key: string, until: number): Promise<boolean> {
    const slot = shared(`used ids ${bucket}`);
    for (let tried = 0; tried < TRIES; tried++) {
      const { version, kept, ahead } = known.get(bucket) ?? (await read(slot));
      const now = clock.elapsed() + ahead;
      const left = kept.filter(([, end]) => end > now);
      if (left.some(([each]) => each === key)) return false;
      const next: Kept = [...left, [key, until]];
      known.delete(bucket);
      if (await slot.swap(version, next as unknown as Json)) {
        known.set(bucket, { version: version + 1, kept: next, ahead });
        return true;
      }
    }
    log('warn', 'ids of CDS calls could not be shared: other nodes were faster again and again');
    return true;
  }

  return async (id, until) => {
    const digest = createHash('sha256').update(id).digest();
    const bucket = (digest[0] ?? 0) % VALUES;
    const key = digest.subarray(1, 17).toString('base64url');
    const turn = (turns.get(bucket) ?? Promise.resolve()).then(() => take(bucket, key, until));
    const settled = turn.catch(() => undefined);
    turns.set(bucket, settled);
    return turn.catch(() => true);
  };
}
