/** A file's bytes as they are or unpacked, never more of them than the connection takes. */

import type { Readable, Transform } from 'node:stream';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { fileFailure } from './failures.ts';
import type { FileFacts, Folder } from './folder.ts';
import { zipEntry } from './zip.ts';

export type Packing = 'plain' | 'gzip' | 'zip';

export const packingOf = (name: string): Packing =>
  /\.gz$/i.test(name) ? 'gzip' : /\.zip$/i.test(name) ? 'zip' : 'plain';

/** No text is packed so well; what is, was made to fill memory or a disk. */
const MOST_TIMES = 200;
/** Below so many bytes it does no harm. */
const HARMLESS = 64 * 1024 * 1024;

/**
 * @param from Plain files: the byte to begin at.
 * @throws Failure FILE_TOO_LARGE, FILE_BROKEN, FILE_LOST while it is read.
 */
export async function* contentOf(
  folder: Folder,
  file: FileFacts,
  limit: number,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const packing = packingOf(file.name);
  if (packing === 'plain') {
    yield* limited(guarded(folder.read(file.path, { start: from })), limit, Number.POSITIVE_INFINITY);
    return;
  }
  const most = Math.max(HARMLESS, file.size * MOST_TIMES);
  if (packing === 'gzip') {
    yield* limited(unpacked(folder.read(file.path), createGunzip()), limit, most);
    return;
  }
  const entry = await zipEntry((range) => whole(folder.read(file.path, range)), file.size);
  const raw = folder.read(file.path, { start: entry.start, end: entry.start + entry.packed - 1 });
  const source = entry.method === 'stored' ? guarded(raw) : unpacked(raw, createInflateRaw());
  yield* limited(source, limit, most);
}

async function* limited(
  source: AsyncIterable<Uint8Array>,
  limit: number,
  most: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > most)
      throw fileFailure('FILE_TOO_LARGE', {
        message: `Unpacked, the file is more than ${MOST_TIMES} times as large as it came: it was made to do harm, or is damaged.`,
        fix: 'Ask where it comes from before anybody opens it.',
      });
    if (size > limit)
      throw fileFailure('FILE_TOO_LARGE', { message: `The file holds more than ${limit} bytes.` });
    yield piece;
  }
}

/** Errors of the disk or the network are told as such; ends the reading when nobody takes more. */
export async function* guarded(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of source) yield piece as Uint8Array;
  } catch (error) {
    throw lost(error);
  } finally {
    source.destroy();
  }
}

async function* unpacked(source: Readable, unpacking: Transform): AsyncGenerator<Uint8Array> {
  let broken: unknown;
  source.on('error', (error) => {
    broken = error;
    unpacking.destroy(error);
  });
  try {
    for await (const piece of source.pipe(unpacking)) yield piece as Uint8Array;
  } catch (error) {
    if (broken !== undefined) throw lost(broken);
    throw fileFailure('FILE_BROKEN', {
      message: `The file cannot be unpacked (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): it is cut off or damaged.`,
      cause: error,
    });
  } finally {
    source.destroy();
    unpacking.destroy();
  }
}

const lost = (error: unknown) =>
  fileFailure('FILE_LOST', {
    message: `Reading was broken off (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    cause: error,
  });

async function whole(source: Readable): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of guarded(source)) pieces.push(piece);
  return Buffer.concat(pieces);
}
