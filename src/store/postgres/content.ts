/** Payloads as they are sealed: one byte that says how, then the content. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const PLAIN = 0;
const DEFLATED = 1;

/** Larger ones are compressed; below, the gain is less than what it costs. */
const COMPRESSED_ABOVE = 2_048;

export function packContent(bytes: Uint8Array): Uint8Array {
  if (bytes.length > COMPRESSED_ABOVE) {
    const deflated = deflateRawSync(bytes, { level: 1 });
    if (deflated.length < bytes.length) return Buffer.concat([Uint8Array.of(DEFLATED), deflated]);
  }
  const packed = Buffer.allocUnsafe(bytes.length + 1);
  packed[0] = PLAIN;
  packed.set(bytes, 1);
  return packed;
}

export function unpackContent(packed: Uint8Array): Uint8Array {
  const content = packed.subarray(1);
  return new Uint8Array(packed[0] === DEFLATED ? inflateRawSync(content) : content);
}
