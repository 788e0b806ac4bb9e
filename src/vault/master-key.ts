import { randomBytes } from 'node:crypto';
import { vaultFailure } from './failures.ts';

/** Bytes of a master key. */
export const MASTER_KEY_BYTES = 32;

/**
 * The master key from what an operator wrote: base64, base64url or hex of 32 bytes.
 * @throws Failure `VAULT_KEY_MISSING` when nothing is given, `VAULT_KEY_INVALID` when it is not 32 bytes.
 * The text itself is never part of the failure.
 * @example
 * parseMasterKey('00'.repeat(32)).length // 32
 */
export function parseMasterKey(text: string | undefined): Uint8Array {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') throw vaultFailure('VAULT_KEY_MISSING', 'No key for the data folder is given.');
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, 'hex'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) {
    const bytes = Buffer.from(trimmed, 'base64');
    if (bytes.length === MASTER_KEY_BYTES) return new Uint8Array(bytes);
  }
  throw vaultFailure(
    'VAULT_KEY_INVALID',
    `The key for the data folder is not 32 bytes in base64 or hex: it has ${trimmed.length} characters.`,
  );
}

/**
 * A new master key as base64 text, as `parseMasterKey` takes it.
 * @example
 * parseMasterKey(newMasterKey())
 */
export function newMasterKey(): string {
  return randomBytes(MASTER_KEY_BYTES).toString('base64');
}
