/**
 * A message's bytes under seal. Large ones are packed first; small ones, which are most, are sealed as they are and pay
 * nothing for it. Which of both it was shows in the length alone, and the seal vouches for it: each has a purpose of its own.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ENVELOPE_BYTES, type Vault } from '../vault/index.ts';
import { storeFailure } from './failures.ts';

/** Bytes above which a payload is packed. */
export const PACKED_ABOVE = 2_048;

const PLAIN = 'message';
const PACKED = 'packed message';

/** First byte inside the seal of a packed payload: how. */
const DEFLATE_RAW = 1;

/**
 * Level 3: of 2 KB of results it leaves 22 % in 10 us, of 100 KB 17 % in 0.26 ms. Level 6 leaves 1 % less and takes up to
 * three times as long; unpacking takes 5 us and 0.06 ms.
 */
const LEVEL = 3;

/** Seals the bytes of message `id`. */
export function sealPayload(vault: Vault, id: string | number, bytes: Uint8Array): Uint8Array {
  if (bytes.length <= PACKED_ABOVE) return vault.seal(PLAIN, id, bytes);
  const packed = deflateRawSync(bytes, { level: LEVEL });
  // What does not get smaller (an image inside) stays as it is; equal lengths would be told apart no more.
  if (packed.length + 1 >= bytes.length) return vault.seal(PLAIN, id, bytes);
  const marked = new Uint8Array(packed.length + 1);
  marked[0] = DEFLATE_RAW;
  marked.set(packed, 1);
  return vault.seal(PACKED, id, marked);
}

/**
 * @param size Bytes as received.
 * @throws Failure `VAULT_SEAL_BROKEN` when a byte, the size or the place was changed.
 */
export function openPayload(vault: Vault, id: string | number, size: number, sealed: Uint8Array): Uint8Array {
  if (sealed.length === size + ENVELOPE_BYTES) return vault.open(PLAIN, id, sealed);
  const marked = vault.open(PACKED, id, sealed);
  if (marked[0] !== DEFLATE_RAW) {
    throw storeFailure(
      'STORE_DAMAGED',
      `The bytes of message ${id} are packed in a way this program does not know.`,
    );
  }
  return new Uint8Array(inflateRawSync(marked.subarray(1), { maxOutputLength: Math.max(size, 1) }));
}
