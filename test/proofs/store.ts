/** The store that a proof runs on: the one place that knows which there are. */
import { type Clock, systemClock } from '../../src/std/index.ts';
import { openPostgresStore, openSqliteStore, type Store } from '../../src/store/index.ts';

export const proofKey = Buffer.alloc(32, 7);

export interface ProofStore extends Store {
  keyedHash(...parts: readonly string[]): string;
}

/** @param place A folder, or the URL of a database: several processes may share only that. */
export const openProofStore = (place: string, clock: Clock = systemClock): Promise<ProofStore> =>
  place.startsWith('postgresql://')
    ? openPostgresStore({ url: place, masterKey: proofKey, clock })
    : openSqliteStore({ folder: place, masterKey: proofKey, clock });
