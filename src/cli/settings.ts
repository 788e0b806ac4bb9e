/** Settings from the environment; each may also come from a file named by `<NAME>_FILE`. */
import { readFileSync } from 'node:fs';
import { Failure } from '../std/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of `name`, or of the file that `<name>_FILE` names; `undefined` when neither is set. */
export function setting(environment: Environment, name: string): string | undefined {
  const direct = environment[name];
  if (direct !== undefined && direct !== '') return direct;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Failure({
      code: 'SETTING_FILE_UNREADABLE',
      kind: 'config',
      message: `${name}_FILE names ${file}, which cannot be read.`,
      fix: 'Correct the path or its permissions.',
      cause: error,
    });
  }
}

/** A TCP port; a `config` Failure names the setting when it is none. */
export function portSetting(environment: Environment, name: string, otherwise: number): number {
  const text = setting(environment, name);
  if (text === undefined) return otherwise;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Failure({
    code: 'SETTING_PORT',
    kind: 'config',
    message: `${name} is "${text}", which is no TCP port.`,
    fix: 'Give a number from 1 to 65535 (0: any free one).',
  });
}
