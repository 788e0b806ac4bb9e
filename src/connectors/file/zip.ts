/**
 * The one file of a zip: where its bytes lie. Read from the list at the end (APPNOTE 4.3), as unpackers do; names in it are never
 * used as paths, and a zip in a zip is not opened.
 */
import { fileFailure } from './failures.ts';

export interface ZipEntry {
  readonly method: 'stored' | 'deflated';
  /** The byte at which its packed bytes begin. */
  readonly start: number;
  readonly packed: number;
}

type ReadRange = (range: { readonly start: number; readonly end: number }) => Promise<Buffer>;

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LISTED = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end's fixed part, and the longest comment behind it. */
const LONGEST_END = 22 + 65_535;
/** More of a list than one file needs. */
const LONGEST_LIST = 1024 * 1024;
const UNKNOWN32 = 0xffffffff;

const broken = (what: string) => fileFailure('FILE_BROKEN', { message: `The zip cannot be read: ${what}.` });

/** @throws Failure FILE_BROKEN, also when there is more than one file in it. */
export async function zipEntry(read: ReadRange, size: number): Promise<ZipEntry> {
  const tailAt = Math.max(0, size - LONGEST_END);
  const tail = size === 0 ? Buffer.alloc(0) : await read({ start: tailAt, end: size - 1 });
  const endAt = lastIndexOf(tail, END);
  if (endAt < 0 || endAt + 22 > tail.length) throw broken('its end is missing');
  let listSize = tail.readUInt32LE(endAt + 12);
  let listAt = tail.readUInt32LE(endAt + 16);
  const locator = endAt - 20;
  if (listAt === UNKNOWN32 && locator >= 0 && tail.readUInt32LE(locator) === LOCATOR64) {
    const at = Number(tail.readBigUInt64LE(locator + 8));
    if (at + 56 > size) throw broken('its list is not where it should be');
    const end64 = await read({ start: at, end: at + 55 });
    if (end64.readUInt32LE(0) !== END64) throw broken('its list is not where it should be');
    listSize = Number(end64.readBigUInt64LE(40));
    listAt = Number(end64.readBigUInt64LE(48));
  }
  if (listSize > LONGEST_LIST || listAt + listSize > size) throw broken('its list is too long');
  if (listSize === 0) throw broken('there is no file in it');
  const files = filesOf(await read({ start: listAt, end: listAt + listSize - 1 }));
  const [file, another] = files;
  if (file === undefined) throw broken('there is no file in it');
  if (another !== undefined) throw broken(`there are ${files.length} files in it, and one is expected`);
  if (file.encrypted) throw broken('it is encrypted');
  if (file.method !== 0 && file.method !== 8)
    throw broken(`its way of packing (${file.method}) is not known`);
  if (file.at + 30 > size) throw broken('its file is not where it should be');
  const local = await read({ start: file.at, end: file.at + 29 });
  if (local.readUInt32LE(0) !== LOCAL) throw broken('its file is not where it should be');
  const start = file.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + file.packed > size || file.packed === 0) throw broken('its file is cut off or empty');
  return { method: file.method === 0 ? 'stored' : 'deflated', start, packed: file.packed };
}

interface Listed {
  readonly encrypted: boolean;
  readonly method: number;
  readonly packed: number;
  readonly at: number;
}

function filesOf(list: Buffer): Listed[] {
  const files: Listed[] = [];
  for (let at = 0; at + 46 <= list.length && list.readUInt32LE(at) === LISTED; ) {
    const nameLength = list.readUInt16LE(at + 28);
    const extraLength = list.readUInt16LE(at + 30);
    const next = at + 46 + nameLength + extraLength + list.readUInt16LE(at + 32);
    if (next > list.length) throw broken('its list is cut off');
    const name = list.subarray(at + 46, at + 46 + nameLength);
    // Folders, and what some systems add beside a file.
    const counts = name.at(-1) !== 47 && !name.toString('latin1').startsWith('__MACOSX/');
    if (counts) {
      const extra = list.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
      const large = largeValues(extra, {
        unpacked: list.readUInt32LE(at + 24),
        packed: list.readUInt32LE(at + 20),
        at: list.readUInt32LE(at + 42),
      });
      files.push({
        encrypted: (list.readUInt16LE(at + 8) & 1) === 1,
        method: list.readUInt16LE(at + 10),
        ...large,
      });
    }
    at = next;
  }
  return files;
}

/** Values that need more than 32 bits stand in an extra field, in this order, each only if it does. */
function largeValues(
  extra: Buffer,
  { unpacked, packed, at }: { readonly unpacked: number; readonly packed: number; readonly at: number },
): { readonly packed: number; readonly at: number } {
  for (let here = 0; here + 4 <= extra.length; ) {
    const size = extra.readUInt16LE(here + 2);
    if (extra.readUInt16LE(here) === 1) {
      const values = extra.subarray(here + 4, here + 4 + size);
      let next = 0;
      const large = (value: number): number => {
        if (value !== UNKNOWN32) return value;
        if (next + 8 > values.length) throw broken('its list is cut off');
        next += 8;
        return Number(values.readBigUInt64LE(next - 8));
      };
      large(unpacked);
      const packedSize = large(packed);
      return { packed: packedSize, at: large(at) };
    }
    here += 4 + size;
  }
  return { packed, at };
}

function lastIndexOf(bytes: Buffer, mark: number): number {
  for (let at = bytes.length - 22; at >= 0; at--) if (bytes.readUInt32LE(at) === mark) return at;
  return -1;
}
