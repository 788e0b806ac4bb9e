/** A folder with files in it, here or on a server; paths are below the connection's own folder, with `/` between. */
import type { Readable } from 'node:stream';

export interface FileFacts {
  /** Its path below the folder. */
  readonly path: string;
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970; servers may know only seconds. */
  readonly modified: number;
}

export interface Folder {
  /** Regular files of one folder, not of those below it; links are left out. None when there is no such folder. */
  list(path: string): Promise<readonly FileFacts[]>;
  /** `undefined`: there is no such file. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** @param range Bytes, both ends included. */
  read(path: string, range?: { readonly start?: number; readonly end?: number }): Readable;
  /** Complete under its name or not there at all, also after a pulled plug; an earlier one of that name is replaced. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Into another folder, which is made; a name that is taken there gets a number. */
  move(path: string, folder: string): Promise<string>;
  remove(path: string): Promise<void>;
  /** Throws a Failure that says what is wrong. */
  check(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const below = (folder: string, name: string): string => (folder === '.' ? name : `${folder}/${name}`);

/** `extract.csv`, then `extract.1.csv`: a name that is free. */
export function* freeNames(name: string): Generator<string> {
  yield name;
  const dot = name.indexOf('.', 1);
  const [stem, ending] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  for (let count = 1; ; count++) yield `${stem}.${count}${ending}`;
}

/** For logs and findings: a name may hold a number that is a patient's. */
export const shownName = (name: string): string =>
  name.replaceAll(/\d{5,}/g, (digits) => '#'.repeat(digits.length));
