import { once } from 'node:events';
import { createReadStream, createWriteStream, type ReadStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One NDJSON file of an export. */
export interface ExportFile {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  readonly bytes: number;
}

/** Where the files of exports lie: a folder of the system's temporary ones, gone when the simulator closes. */
export class FileRoom {
  #folder: Promise<string> | undefined;

  async path(name: string): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'hospital-bulk-'));
    return join(await this.#folder, name);
  }
  async open(name: string): Promise<ReadStream> {
    return createReadStream(await this.path(name));
  }
  async remove(name: string): Promise<void> {
    await rm(await this.path(name), { force: true });
  }
  async close(): Promise<void> {
    const folder = await this.#folder;
    this.#folder = undefined;
    if (folder) await rm(folder, { recursive: true, force: true });
  }
}

interface OpenFile {
  readonly name: string;
  readonly stream: WriteStream;
  count: number;
  bytes: number;
}

/** Writes resources into files by type, each with at most so many. Memory holds what the disk has not taken yet. */
export class FileWriter {
  readonly #room: FileRoom;
  readonly #most: number;
  readonly #newName: () => string;
  readonly #open = new Map<string, OpenFile>();
  readonly #done: ExportFile[] = [];

  constructor(room: FileRoom, most: number, newName: () => string) {
    this.#room = room;
    this.#most = most;
    this.#newName = newName;
  }

  /** Takes a resource as JSON, on one line. */
  async write(type: string, json: string): Promise<void> {
    const file = this.#open.get(type) ?? (await this.#begin(type));
    const line = `${json}\n`;
    file.count += 1;
    file.bytes += Buffer.byteLength(line);
    if (!file.stream.write(line)) await once(file.stream, 'drain');
    if (file.count >= this.#most) await this.#finish(type, file);
  }

  /** All files, once everything is on disk. */
  async close(): Promise<readonly ExportFile[]> {
    for (const [type, file] of [...this.#open]) await this.#finish(type, file);
    return this.#done;
  }

  /** Ends without a result: what was written goes. */
  async discard(): Promise<void> {
    for (const { name } of await this.close()) await this.#room.remove(name);
  }

  async #begin(type: string): Promise<OpenFile> {
    const name = this.#newName();
    const file = { name, stream: createWriteStream(await this.#room.path(name)), count: 0, bytes: 0 };
    this.#open.set(type, file);
    return file;
  }

  async #finish(type: string, { name, stream, count, bytes }: OpenFile): Promise<void> {
    this.#open.delete(type);
    stream.end();
    await once(stream, 'close');
    this.#done.push({ name, type, count, bytes });
  }
}
