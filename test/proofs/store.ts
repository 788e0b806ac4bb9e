/** The store that a proof runs on: the one place that knows which there are. */
import { type Clock, systemClock } from '../../src/std/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';

export const proofKey = Buffer.alloc(32, 7);

export interface ProofStore extends Store {
  keyedHash(...parts: readonly string[]): string;
}

/** @param place A folder. Several processes may share a place only in a store that is made for it. */
export const openProofStore = (place: string, clock: Clock = systemClock): Promise<ProofStore> =>
  openSqliteStore({ folder: place, masterKey: proofKey, clock });
