/** The vault's wrapped keys, as rows beside the data they open; other nodes may add one at any time. */
import { openVault, type Vault, type WrappedKey } from '../../vault/index.ts';
import type { Ask, Session } from './session.ts';

const LOCK = 'SELECT pg_advisory_xact_lock(1937077361, 0)';
const KEYS = 'SELECT id, use, wrapped, seals FROM vault_key ORDER BY id';
const ADD_KEY =
  'INSERT INTO vault_key (id, use, wrapped, seals) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING';
const COUNT_SEALS = 'UPDATE vault_key SET seals = seals + $2 WHERE id = $1';
const WRAP_AGAIN = 'UPDATE vault_key SET wrapped = $2 WHERE id = $1';

/** Version, then the number of the key; see the vault's envelope. */
const KEY_AT = 1;

export interface Keys {
  readonly vault: Vault;
  /** Reads keys that other nodes have added, if one of these was sealed with such. */
  fetch(sealed: Iterable<Uint8Array | null>): Promise<void>;
  /** A further data key when the present one has sealed enough. */
  rotateWhenDue(): Promise<void>;
  /** Adds what was sealed since the last time to the counts. */
  count(): Promise<void>;
  rewrap(masterKey: Uint8Array): Promise<number>;
}

export async function openKeys(session: Session, masterKey: Uint8Array, sealsPerKey?: number): Promise<Keys> {
  const read = (ask: Ask): Promise<readonly WrappedKey[]> => ask<WrappedKey>(KEYS);
  let present = masterKey;
  const known = new Map<number, WrappedKey>();
  const open = (keys: readonly WrappedKey[]): Vault => {
    for (const key of keys) known.set(key.id, key);
    return openVault({
      masterKey: present,
      keys,
      lookup: (id) => known.get(id),
      ...(sealsPerKey === undefined ? {} : { sealsPerKey }),
    });
  };
  let vault = await session.transaction(async (ask) => {
    await ask(LOCK);
    const keys = await read(ask);
    const opened = open(keys);
    if (keys.length === 0) {
      for (const key of opened.keys()) {
        await ask(ADD_KEY, [key.id, key.use, Buffer.from(key.wrapped), key.seals]);
        known.set(key.id, key);
      }
    }
    return opened;
  });
  const counted = new Map(vault.keys().map((key) => [key.id, key.seals]));

  const shared: Vault = {
    seal: (purpose, id, bytes) => vault.seal(purpose, id, bytes),
    open: (purpose, id, sealed) => vault.open(purpose, id, sealed),
    keyedHash: (...parts) => vault.keyedHash(...parts),
    keys: () => vault.keys(),
    due: () => vault.due(),
    mint: () => vault.mint(),
    adopt: (key) => vault.adopt(key),
    rewrap: (next) => vault.rewrap(next),
    changeMaster: (next) => vault.changeMaster(next),
  };
  return {
    vault: shared,
    async fetch(all) {
      for (const sealed of all) {
        if (sealed === null || sealed.length < KEY_AT + 4) continue;
        const id = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(KEY_AT);
        if (known.has(id)) continue;
        for (const key of await read(session.ask)) if (!known.has(key.id)) known.set(key.id, key);
        return;
      }
    },
    async rotateWhenDue() {
      if (!vault.due()) return;
      const key = await session.transaction(async (ask) => {
        await ask(LOCK);
        const keys = await read(ask);
        // Wrapped again under another master key meanwhile: this node must be started with that one.
        openVault({ masterKey: present, keys });
        const newest = keys.filter((one) => one.use === 'data').at(-1) as WrappedKey;
        const mine = Math.max(...vault.keys().map((one) => one.id));
        // Another node has added one already: that one is taken.
        if (newest.id > mine) return newest;
        const minted = vault.mint();
        await ask(ADD_KEY, [minted.id, minted.use, Buffer.from(minted.wrapped), minted.seals]);
        return minted;
      });
      known.set(key.id, key);
      vault.adopt(key);
      counted.set(key.id, key.seals);
    },
    async count() {
      for (const key of vault.keys()) {
        const before = counted.get(key.id) ?? key.seals;
        if (key.seals === before) continue;
        await session.ask(COUNT_SEALS, [key.id, key.seals - before]);
        counted.set(key.id, key.seals);
      }
    },
    async rewrap(next) {
      return session.transaction(async (ask) => {
        await ask(LOCK);
        // All of them, also those that other nodes have added since.
        const all = openVault({ masterKey: present, keys: await read(ask) });
        const wrapped = all.rewrap(next);
        for (const key of wrapped) await ask(WRAP_AGAIN, [key.id, Buffer.from(key.wrapped)]);
        present = next;
        vault = open(wrapped);
        return wrapped.length;
      });
    },
  };
}
