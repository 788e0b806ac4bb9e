/** Finds the documents of an import: a file, a folder of files, or an archive. Nothing outside of what was named is read. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { importFailure } from './failures.ts';
import type { XmlElement } from './xml/element.ts';
import { readXml, XML_LIMITS } from './xml/read.ts';
import { readZip } from './zip.ts';

export interface Document {
  /** As people find it: relative to what was named, with the archive’s name before it. */
  readonly file: string;
  readonly root: XmlElement;
}

export interface Unread {
  readonly file: string;
  readonly error: unknown;
}

/** More files than any server has channels, and more bytes than a backup has. */
const MOST_FILES = 20_000;
const LARGEST = XML_LIMITS.characters;
const DEEPEST = 16;

const isXml = (name: string): boolean => /\.xml$/i.test(name);
const isZip = (name: string): boolean => /\.zip$/i.test(name);

/**
 * Each document, read; one that cannot be read is told, and the others go on.
 * @throws Failure IMPORT_NOT_FOUND; IMPORT_TOO_LARGE for too many files.
 */
export function* documentsOf(path: string): Generator<Document | Unread> {
  if (!existsSync(path)) throw importFailure('IMPORT_NOT_FOUND', { at: { path } });
  if (!statSync(path).isDirectory()) {
    yield* documentsIn(path, path);
    return;
  }
  for (const file of filesBelow(path)) yield* documentsIn(file, relative(path, file));
}

function* documentsIn(file: string, shown: string): Generator<Document | Unread> {
  try {
    const { size } = statSync(file);
    if (size > LARGEST)
      throw importFailure('IMPORT_TOO_LARGE', {
        message: `It is not read: it has ${size} bytes.`,
        at: { path: shown },
      });
    if (isZip(file) || startsLikeZip(file)) {
      for (const entry of readZip(readFileSync(file), shown, isXml)) {
        const name = `${shown}/${entry.name}`;
        yield read(entry.bytes, name);
      }
      return;
    }
    yield read(readFileSync(file), shown);
  } catch (error) {
    yield { file: shown, error };
  }
}

function read(bytes: Uint8Array, file: string): Document | Unread {
  try {
    return { file, root: readXml(textOf(bytes, file), file) };
  } catch (error) {
    return { file, error };
  }
}

/** UTF-8, or UTF-16 by its mark; Mirth writes UTF-8. */
function textOf(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  const charset =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw importFailure('IMPORT_UNREADABLE', { message: `It is no text in ${charset}.`, at: { path: file } });
  }
}

function startsLikeZip(file: string): boolean {
  if (isXml(file)) return false;
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(4);
    return readSync(handle, start, 0, 4, 0) === 4 && start.readUInt32LE(0) === 0x04034b50;
  } finally {
    closeSync(handle);
  }
}

function filesBelow(folder: string): readonly string[] {
  const files: string[] = [];
  const look = (place: string, depth: number): void => {
    // Links are not followed: they could lead anywhere, or round in a circle.
    for (const entry of readdirSync(place, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(place, entry.name);
      if (
        entry.isDirectory() &&
        depth < DEEPEST &&
        !entry.name.startsWith('.') &&
        entry.name !== 'node_modules'
      )
        look(path, depth + 1);
      else if (entry.isFile() && (isXml(entry.name) || isZip(entry.name))) files.push(path);
      if (files.length > MOST_FILES)
        throw importFailure('IMPORT_TOO_LARGE', {
          message: `There are more than ${MOST_FILES} files.`,
          at: { path: folder },
        });
    }
  };
  look(folder, 0);
  return files;
}
