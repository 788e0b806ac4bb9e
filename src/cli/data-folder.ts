/** The data folder: where the store lives, and where a running engine leaves word of itself. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { asFailure, Failure } from '../std/index.ts';
import { opensWith } from '../store/index.ts';
import { newMasterKey, parseMasterKey } from '../vault/index.ts';
import { type Environment, setting } from './settings.ts';

export const DEVELOPMENT_KEY = 'development.key';

const presence = z.object({
  url: z.string(),
  token: z.string(),
  pid: z.number(),
  mllp: z.string().nullable(),
});

/** How to reach the engine that runs on this folder: `engine.json`, readable by its owner alone. */
export type Presence = z.infer<typeof presence>;

export function announce(folder: string, word: Presence): void {
  const file = join(folder, 'engine.json');
  writeFileSync(file, JSON.stringify(word), { mode: 0o600 });
  chmodSync(file, 0o600);
}

export function withdraw(folder: string): void {
  rmSync(join(folder, 'engine.json'), { force: true });
}

/** What `engine.json` says, if there is one that can be read. */
export function announced(folder: string): Presence | null {
  try {
    const parsed = presence.safeParse(JSON.parse(readFileSync(join(folder, 'engine.json'), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure({
      code: 'DATA_FOLDER',
      kind: 'config',
      message: `The data folder ${folder} cannot be made.`,
      fix: 'Correct SUTURE_DATA, or the permissions of the folder above it.',
      cause: error,
    });
  }
}

/** `SUTURE_KEY`; a `config` Failure that says how to make one when it is not set. */
export function masterKey(environment: Environment): Uint8Array {
  return keyIn(setting(environment, 'SUTURE_KEY'));
}

/** Says which setting is meant, which the vault cannot know. */
function keyIn(text: string | undefined): Uint8Array {
  try {
    return parseMasterKey(text);
  } catch (error) {
    throw asFailure(error, { path: 'SUTURE_KEY' });
  }
}

/**
 * For development and the demo only: a key in the data folder itself, made at first use. It keeps the
 * format honest, not the data secret: who has the folder has the key.
 */
export function developmentKey(folder: string, environment: Environment): Uint8Array {
  const given = setting(environment, 'SUTURE_KEY');
  if (given !== undefined) return keyIn(given);
  const file = join(folder, DEVELOPMENT_KEY);
  settleRotation(folder, file);
  if (!existsSync(file)) writeFileSync(file, newMasterKey(), { mode: 0o600 });
  return parseMasterKey(readFileSync(file, 'utf8').trim());
}

/** On disk before it returns. @param again A file of a rotation that was cut short is written anew. */
export function writeKeyFile(file: string, key: string, again: boolean): void {
  try {
    const handle = openSync(file, again ? 'w' : 'wx', 0o600);
    try {
      writeSync(handle, key);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw new Failure({
      code: 'KEY_FILE',
      kind: 'config',
      message: `The new key cannot be written to ${file} (${(error as NodeJS.ErrnoException).code}).`,
      fix: 'Name a file that does not exist yet, in a folder that you may write.',
      cause: error,
    });
  }
}

/** A rotation of the development key that was cut short: whichever key opens the folder is the key. */
function settleRotation(folder: string, file: string): void {
  const next = `${file}.next`;
  if (!existsSync(next)) return;
  if (opensWith(folder, parseMasterKey(readFileSync(next, 'utf8').trim()))) renameSync(next, file);
  else rmSync(next);
}

/** The key that opens a folder when no engine runs on it: its own development key, or `SUTURE_KEY`. */
export function keyOf(folder: string, environment: Environment): Uint8Array {
  return existsSync(join(folder, DEVELOPMENT_KEY))
    ? developmentKey(folder, environment)
    : masterKey(environment);
}

/** Where a project's data lies unless `SUTURE_DATA` says otherwise. */
export function dataFolder(project: string, environment: Environment): string {
  return setting(environment, 'SUTURE_DATA') ?? join(project, '.suture');
}
