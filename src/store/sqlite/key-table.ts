/** The vault's wrapped keys, as rows beside the data they open. */
import type { DatabaseSync } from 'node:sqlite';
import { openVault, type Vault, type WrappedKey } from '../../vault/index.ts';
import { openReader } from './database.ts';

const KEYS = 'SELECT id, use, wrapped, seals FROM vault_key ORDER BY id';
const KEY = 'SELECT id, use, wrapped, seals FROM vault_key WHERE id = ?';
const ADD_KEY = 'INSERT INTO vault_key (id, use, wrapped, seals) VALUES (?, ?, ?, ?)';
const COUNT_SEALS = 'UPDATE vault_key SET seals = ? WHERE id = ?';

export function storedKeys(database: DatabaseSync): readonly WrappedKey[] {
  return database.prepare(KEYS).all() as unknown as readonly WrappedKey[];
}

function addKey(database: DatabaseSync, key: WrappedKey): void {
  database.prepare(ADD_KEY).run(key.id, key.use, key.wrapped, key.seals);
}

/** Finds a key that was added since a vault was opened. */
export function keyLookup(database: DatabaseSync): (id: number) => WrappedKey | undefined {
  const one = database.prepare(KEY);
  return (id) => one.get(id) as unknown as WrappedKey | undefined;
}

/** Opens the vault of this file; a file without keys is given new ones, in one transaction. */
export function openStoredVault(database: DatabaseSync, masterKey: Uint8Array): Vault {
  const keys = storedKeys(database);
  const vault = openVault({ masterKey, keys, lookup: keyLookup(database) });
  if (keys.length > 0) return vault;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const key of vault.keys()) addKey(database, key);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  return vault;
}

/** A further data key when the present one has sealed enough. Outside of a transaction: it is committed by itself. */
export function rotateWhenDue(database: DatabaseSync, vault: Vault): void {
  if (!vault.due()) return;
  const key = vault.mint();
  addKey(database, key);
  vault.adopt(key);
}

/** Seals that are counted ahead: the row is written once for so many, and no crash makes the count too low. */
const COUNTED_AHEAD = 65_536;

/** Writes the counts of seals, within the transaction that makes them. */
export function sealCounts(database: DatabaseSync, vault: Vault): { flush(): void; reload(): void } {
  const count = database.prepare(COUNT_SEALS);
  const written = new Map<number, number>();
  const reload = (): void => {
    for (const { id, seals } of storedKeys(database)) written.set(id, seals);
  };
  reload();
  return {
    flush() {
      for (const { id, seals } of vault.keys()) {
        if (seals <= (written.get(id) ?? 0)) continue;
        const ahead = seals + COUNTED_AHEAD;
        count.run(ahead, id);
        written.set(id, ahead);
      }
    },
    /** After a rollback. */
    reload,
  };
}

const WRAP = 'UPDATE vault_key SET wrapped = ? WHERE id = ?';

/**
 * Wraps every key again under another master key (as base64), in the transaction that asks for it. The threads go on to the
 * new one when it is committed (`Vault.changeMaster`).
 */
export function rewrapper(database: DatabaseSync, vault: Vault): (masterKey: string) => number {
  const wrap = database.prepare(WRAP);
  return (masterKey) => {
    const keys = vault.rewrap(new Uint8Array(Buffer.from(masterKey, 'base64')));
    for (const key of keys) wrap.run(key.wrapped, key.id);
    return keys.length;
  };
}

/** Whether this master key opens the data folder; nothing is changed. A folder without keys opens with any. */
export function opensWith(folder: string, masterKey: Uint8Array): boolean {
  const database = openReader(folder);
  try {
    openVault({ masterKey, keys: storedKeys(database) });
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
}
