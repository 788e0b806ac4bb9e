/** The folder that a command writes one file a message into. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '../../../std/index.ts';
import type { FoundMessage } from './message-files.ts';

export class OutputFolder {
  readonly #folder: string;
  readonly #force: boolean;
  readonly #stems = new Map<string, string>();
  readonly #taken = new Set<string>();
  #count = 0;

  constructor(folder: string, force: boolean) {
    this.#folder = folder;
    this.#force = force;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw refused(folder, 'The folder', 'Name a folder that can be made, or that is there.', error);
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Named by the file and the number of the message, which say nothing of the patient; returns the name. */
  write(found: FoundMessage, ending: string, content: string | Uint8Array): string {
    const name = `${this.#stem(found.file)}-${String(found.nth).padStart(6, '0')}`;
    const file = join(this.#folder, name + ending);
    try {
      writeFileSync(file, content, { flag: this.#force ? 'w' : 'wx' });
    } catch (error) {
      const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
      throw refused(
        file,
        'The file',
        there
          ? 'It is there already: name another folder, or say --force.'
          : 'Check the folder’s permissions and space.',
        error,
      );
    }
    this.#count += 1;
    return file;
  }

  /** Files of one name in several folders must not end in one. */
  #stem(file: string): string {
    const known = this.#stems.get(file);
    if (known !== undefined) return known;
    const own = file === '-' ? 'message' : basename(file).replace(/\.[^.]*$/, '');
    let free = own;
    for (let n = 2; this.#taken.has(free); n += 1) free = `${own}-${n}`;
    this.#taken.add(free);
    this.#stems.set(file, free);
    return free;
  }
}

const refused = (path: string, what: string, fix: string, cause: unknown): Failure =>
  new Failure({
    code: 'NOT_WRITTEN',
    kind: 'config',
    message: `${what} ${path} cannot be written.`,
    fix,
    cause,
  });
