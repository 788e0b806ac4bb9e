/**
 * One sealed value: [version 1][key id 4][nonce 12][ciphertext][tag 16], AES-256-GCM. The header and the
 * place the value belongs to are authenticated with it, so a value moved to another row does not open.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';
import { vaultFailure } from './failures.ts';

const VERSION = 1;
const HEADER = 5;
const NONCE = 12;
const TAG = 16;

/** Bytes that sealing adds. */
export const ENVELOPE_BYTES = HEADER + NONCE + TAG;

/** Random nonces are drawn a thousand at a time: one call for each costs as much as the encryption of 200 bytes. */
const nonces = Buffer.alloc(NONCE * 1024);
let used = nonces.length;

function writeNonce(into: Buffer): void {
  if (used >= nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  nonces.copy(into, HEADER, used, used + NONCE);
  used += NONCE;
}

function authenticated(header: Uint8Array, place: string): Buffer {
  const data = Buffer.allocUnsafe(HEADER + Buffer.byteLength(place));
  data.set(header.subarray(0, HEADER));
  data.write(place, HEADER);
  return data;
}

/** Seals `bytes` for `place` with the key numbered `keyId`. */
export function sealEnvelope(key: KeyObject, keyId: number, place: string, bytes: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(bytes.length + ENVELOPE_BYTES);
  sealed[0] = VERSION;
  sealed.writeUInt32BE(keyId, 1);
  writeNonce(sealed);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(HEADER, HEADER + NONCE));
  cipher.setAAD(authenticated(sealed, place));
  sealed.set(cipher.update(bytes), HEADER + NONCE);
  cipher.final();
  sealed.set(cipher.getAuthTag(), sealed.length - TAG);
  return sealed;
}

/** The number of the key that sealed it. */
export function envelopeKeyId(sealed: Uint8Array, place: string): number {
  if (sealed.length < ENVELOPE_BYTES || sealed[0] !== VERSION) throw broken(place);
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(1);
}

/** Opens what `sealEnvelope` made for the same place. */
export function openEnvelope(key: KeyObject, place: string, sealed: Uint8Array): Uint8Array {
  const body = HEADER + NONCE;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(HEADER, body), {
    authTagLength: TAG,
  });
  decipher.setAAD(authenticated(sealed, place));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const bytes = decipher.update(sealed.subarray(body, sealed.length - TAG));
  try {
    decipher.final();
  } catch {
    throw broken(place);
  }
  return bytes;
}

export function broken(place: string): Error {
  return vaultFailure('VAULT_SEAL_BROKEN', `What is stored for ${place} was changed after it was sealed.`);
}
