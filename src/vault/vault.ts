/**
 * Sealed values and keyed hashes. The master key only wraps other keys: random data keys (they seal) and one
 * random index key (it hashes identifiers). The wrapped keys live beside the data, so the master key can be
 * changed by wrapping them again, and every hash and every sealed value stays as it is.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { broken, envelopeKeyId, openEnvelope, sealEnvelope } from './envelope.ts';
import { vaultFailure } from './failures.ts';
import { MASTER_KEY_BYTES } from './master-key.ts';

/**
 * Seals after which a new data key is due. Random 96-bit nonces are safe up to 2^32 for one key
 * (NIST SP 800-38D, 8.3); we stay 16 times below.
 */
export const SEALS_PER_KEY = 2 ** 28;

/** A key as it is stored: useless without the master key. */
export interface WrappedKey {
  readonly id: number;
  readonly use: 'data' | 'index';
  readonly wrapped: Uint8Array;
  /** Values sealed with it so far; may be less than the truth by what one crash lost. */
  readonly seals: number;
}

export interface VaultOptions {
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** As stored. Left out or empty: a new vault, whose `keys()` must be stored before anything is sealed. */
  readonly keys?: readonly WrappedKey[];
  /** Finds a key that was added by another thread since this vault was opened. */
  readonly lookup?: (id: number) => WrappedKey | undefined;
  /** Left out: `SEALS_PER_KEY`. */
  readonly sealsPerKey?: number;
}

export interface Vault {
  /** Seals for one place: a purpose without colons, and the row it belongs to. */
  seal(purpose: string, id: string | number, bytes: Uint8Array): Uint8Array;
  /** @throws Failure `VAULT_SEAL_BROKEN` when a byte was changed or it belongs to another place. */
  open(purpose: string, id: string | number, sealed: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 of the parts, 16 bytes as base64url. Name what it is for first: `keyedHash('patient', ...)`. */
  keyedHash(...parts: readonly string[]): string;
  /** All keys in their stored form, with the present counts of seals. */
  keys(): readonly WrappedKey[];
  /** The present data key has sealed as much as it should. */
  due(): boolean;
  /** A further data key, to be stored and then given to `adopt`. */
  mint(): WrappedKey;
  /** From now on seals with this key. */
  adopt(key: WrappedKey): void;
  /** The same keys wrapped with another master key. */
  rewrap(masterKey: Uint8Array): readonly WrappedKey[];
  /** From now on this is the master key: its keys were stored as `rewrap` gave them. */
  changeMaster(masterKey: Uint8Array): void;
}

interface Held {
  readonly stored: WrappedKey;
  readonly raw: Uint8Array;
  readonly key: KeyObject;
  seals: number;
}

function wrappingKey(masterKey: Uint8Array): KeyObject {
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw vaultFailure(
      'VAULT_KEY_INVALID',
      `The key for the data folder has ${masterKey.length} bytes, not 32.`,
    );
  }
  return createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, '', 'suture vault: wrapping key 1', 32)));
}

const placeOf = (key: { readonly id: number; readonly use: string }): string => `key-${key.use}:${key.id}`;

/**
 * @throws Failure `VAULT_KEY_WRONG` when the stored keys were wrapped with another master key.
 * @example
 * const vault = openVault({ masterKey: parseMasterKey(process.env.SUTURE_KEY) });
 * const sealed = vault.seal('message', 1, Buffer.from('MSH|...'));
 * vault.open('message', 1, sealed); // the bytes
 * vault.open('message', 2, sealed); // throws VAULT_SEAL_BROKEN
 */
export function openVault(options: VaultOptions): Vault {
  let kek = wrappingKey(options.masterKey);
  const limit = options.sealsPerKey ?? SEALS_PER_KEY;
  const held = new Map<number, Held>();

  const make = (id: number, use: WrappedKey['use']): WrappedKey => {
    const key = { id, use, seals: 0 };
    return { ...key, wrapped: sealEnvelope(kek, 0, placeOf(key), randomBytes(32)) };
  };
  const hold = (stored: WrappedKey): Held => {
    const raw = openEnvelope(kek, placeOf(stored), stored.wrapped);
    const entry = { stored, raw, key: createSecretKey(raw), seals: stored.seals };
    held.set(stored.id, entry);
    return entry;
  };

  const keys = options.keys?.length ? options.keys : [make(1, 'index'), make(2, 'data')];
  let opened = 0;
  let firstRefusal: unknown;
  for (const key of keys) {
    try {
      hold(key);
      opened++;
    } catch (error) {
      firstRefusal ??= error;
    }
  }
  // None opens: another master key. Some open: those that do not were changed on disk.
  if (opened === 0)
    throw vaultFailure(
      'VAULT_KEY_WRONG',
      'The key given is not the one that this data folder was made with.',
    );
  if (firstRefusal !== undefined) throw firstRefusal;

  const newest = (use: WrappedKey['use']): Held | undefined =>
    [...held.values()]
      .filter((entry) => entry.stored.use === use)
      .sort((a, b) => b.stored.id - a.stored.id)[0];
  const index = newest('index');
  let current = newest('data');

  return {
    seal(purpose, id, bytes) {
      if (!current) throw broken('the data keys');
      current.seals++;
      return sealEnvelope(current.key, current.stored.id, `${purpose}:${id}`, bytes);
    },
    open(purpose, id, sealed) {
      const place = `${purpose}:${id}`;
      const keyId = envelopeKeyId(sealed, place);
      let entry = held.get(keyId);
      if (!entry) {
        const stored = options.lookup?.(keyId);
        if (!stored) throw broken(place);
        entry = hold(stored);
      }
      if (entry.stored.use !== 'data') throw broken(place);
      return openEnvelope(entry.key, place, sealed);
    },
    keyedHash(...parts) {
      if (!index) throw broken('the index key');
      const hmac = createHmac('sha256', index.key);
      // Each part carries its length, so ('ab', 'c') and ('a', 'bc') differ.
      for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part}`);
      return hmac.digest().subarray(0, 16).toString('base64url');
    },
    keys: () => [...held.values()].map((entry) => ({ ...entry.stored, seals: entry.seals })),
    due: () => current !== undefined && current.seals >= limit,
    mint: () => make(Math.max(...held.keys()) + 1, 'data'),
    adopt(key) {
      current = hold(key);
    },
    rewrap(masterKey) {
      const next = wrappingKey(masterKey);
      return [...held.values()].map((entry) => ({
        ...entry.stored,
        seals: entry.seals,
        wrapped: sealEnvelope(next, 0, placeOf(entry.stored), entry.raw),
      }));
    },
    changeMaster(masterKey) {
      kek = wrappingKey(masterKey);
    },
  };
}
