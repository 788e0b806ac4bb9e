/** Reads the XML files of a zip archive, within limits: what it says of sizes is not believed. */
import { inflateRawSync } from 'node:zlib';
import { importFailure } from './failures.ts';

export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one file, and of all together, after unpacking. */
  readonly file: number;
  readonly all: number;
}

export const ZIP_LIMITS: ZipLimits = { entries: 10_000, file: 256 * 1024 * 1024, all: 512 * 1024 * 1024 };

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Each file whose name `wanted` lets through; nothing is written anywhere.
 * @throws Failure IMPORT_UNREADABLE, IMPORT_TOO_LARGE.
 */
export function* readZip(
  bytes: Buffer,
  file: string,
  wanted: (name: string) => boolean,
  limits: ZipLimits = ZIP_LIMITS,
): Generator<{ readonly name: string; readonly bytes: Buffer }> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== END)
    throw broken(file, 'it has no directory');
  const count = bytes.readUInt16LE(end + 10);
  if (count > limits.entries) throw large(file, `it has ${count} entries`);
  let at = bytes.readUInt32LE(end + 16);
  let room = limits.all;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== ENTRY)
      throw broken(file, 'its directory is damaged');
    const flags = bytes.readUInt16LE(at + 8);
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extra + comment;
    if (name.endsWith('/') || !wanted(name)) continue;
    if ((flags & 1) !== 0) throw broken(file, `${name} is encrypted`);
    if (local + 30 > bytes.length) throw broken(file, `${name} is not in it`);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = unpacked(
      bytes.subarray(from, from + packed),
      method,
      Math.min(room, limits.file),
      file,
      name,
    );
    room -= content.length;
    yield { name, bytes: content };
  }
}

function unpacked(packed: Buffer, method: number, most: number, file: string, name: string): Buffer {
  if (method !== STORED && method !== DEFLATED)
    throw broken(file, `${name} is packed in a way that is not known`);
  if (method === STORED) {
    if (packed.length > most) throw large(file, `${name} is too large`);
    return packed;
  }
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(most, 1) });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw large(file, `${name} unpacks to more than may be`);
    throw broken(file, `${name} is damaged`);
  }
}

const broken = (file: string, reason: string): Error =>
  importFailure('IMPORT_UNREADABLE', {
    message: `The archive cannot be read: ${reason}.`,
    at: { path: file },
  });

const large = (file: string, reason: string): Error =>
  importFailure('IMPORT_TOO_LARGE', { message: `The archive is not read: ${reason}.`, at: { path: file } });
