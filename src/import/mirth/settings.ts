/** Values of connectors: as they stand, or where the environment has them. */

import type { Configured } from './made.ts';
import { isSecret, variableName } from './names.ts';
import { LEFT_OUT } from './secrets.ts';
import type { Place } from './work.ts';

const REFERENCE = /^\$!?\{([\w.]+)\}$/;

/** A text of the record, or where the environment has it: `${dbHost}` is `{ env: DB_HOST, default: … }`. */
export function setting(text: string, configured: Configured): unknown {
  const name = REFERENCE.exec(text)?.[1];
  if (name === undefined) return text;
  const value = isSecret(name) ? undefined : configured(name.replace(/^configurationMap\./, ''));
  return {
    env: variableName(name),
    ...(value === undefined || value.includes(LEFT_OUT) ? {} : { default: value }),
  };
}

/** Where the environment may have nothing: then a value that the record can be read with. */
export const settingOr = (text: string, configured: Configured, otherwise: unknown): unknown => {
  const given = setting(text, configured);
  return typeof given === 'object' && given !== null && !('default' in given)
    ? { ...given, default: otherwise }
    : given;
};

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

export function portOf(
  text: string,
  configured: Configured,
  place: Place,
  line: number,
  usual = 6661,
): unknown {
  const given = setting(text, configured);
  if (typeof given !== 'string') {
    const { env, default: value } = given as { env: string; default?: string };
    return { env, default: isPort(Number(value)) ? Number(value) : usual };
  }
  const port = Number(given);
  if (isPort(port)) return port;
  place.lookAt(line, 'the port is not a number', 'Give the port in site.yaml.');
  return { env: variableName(`${place.channel} port`), default: usual };
}

/** Milliseconds of Mirth as a duration of whole seconds; none where it is the usual one, or no number. */
export function secondsText(text: string, usual: number, most = 300): string | undefined {
  const given = Number(text);
  return given > 0 && Number.isFinite(given) && given !== usual
    ? `${Math.min(most, Math.max(1, Math.round(given / 1_000)))}s`
    : undefined;
}
