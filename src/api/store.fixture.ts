import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../std/index.ts';
import { openSqliteStore, type Store } from '../store/index.ts';
import { newMasterKey, parseMasterKey } from '../vault/index.ts';

/** The real store in a folder of its own, removed at the end. */
export async function openTestStore(clock: Clock): Promise<{ store: Store; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'suture-api-'));
  const store = await openSqliteStore({ folder, masterKey: parseMasterKey(newMasterKey()), clock });
  return {
    store,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
