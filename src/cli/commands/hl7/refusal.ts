/** What a person wrote and cannot be used, as a failure that says so: paths, profiles, JSON, names of levels. */
import {
  BuildError,
  CharsetError,
  EditError,
  JsonError,
  LocalDefinitionsError,
  type Path,
  PathError,
  ProfileError,
  path as readPath,
} from '../../../hl7/index.ts';
import { Failure } from '../../../std/index.ts';

export function badUsage(message: string, fix: string, cause?: unknown): Failure {
  return new Failure({ code: 'BAD_USAGE', kind: 'config', message, fix, cause });
}

/** An edit or a text that does not fit this message: the command was right, the message is not as it was thought. */
export function notDone(message: string, fix: string, cause?: unknown): Failure {
  return new Failure({ code: 'NOT_DONE', kind: 'validation', message, fix, cause });
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

/** Errors of the library in the words of the command line; others stay what they are. */
export function told(error: unknown, file: string): unknown {
  if (error instanceof PathError)
    return badUsage(sentence(error.message), 'Paths are written PID-5.1, PID-3[2].1, OBX[3]-5.', error);
  if (error instanceof ProfileError || error instanceof LocalDefinitionsError)
    return badUsage(`${file}: ${sentence(error.message)}`, 'Correct the file.', error);
  if (error instanceof JsonError || error instanceof BuildError)
    return notDone(
      `${file}: ${sentence(error.message)}`,
      'Correct the JSON and run the command again.',
      error,
    );
  if (error instanceof CharsetError)
    return notDone(
      `${file}: ${sentence(error.message)}`,
      'Name a character set in MSH-18 that has it.',
      error,
    );
  if (error instanceof EditError)
    return notDone(`${file}: ${sentence(error.message)}`, 'Nothing was written.', error);
  return error;
}

/** A path given as an argument. */
export function pathNamed(text: string): Path {
  try {
    return readPath(text);
  } catch (error) {
    throw told(error, '');
  }
}

/** A number given as an option. */
export function count(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badUsage(`${name} is "${text}".`, `Give a whole number of ${least} or more.`);
}

/** `MSH-7,MSH-10` and several options of one name alike. */
export const list = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
];
