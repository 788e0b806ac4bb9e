/**
 * Scripts of code steps, run in the sandbox: what a script sees as now is when the message was received, in the site's zone,
 * so that every attempt gives the same.
 */
import { createSandbox, type Sandbox } from '../sandbox/index.ts';
import type { Clock, Json } from '../std/index.ts';

export interface ScriptRun {
  /** Its file, for people. */
  readonly script: string;
  readonly source: string;
  readonly input: Json;
  readonly signal: AbortSignal;
  /** When the message was received; milliseconds since 1970. */
  readonly at: number;
  /** IANA, of the site. */
  readonly timeZone: string;
}

/** Runs a script of the project apart, without files, network or clock: text in, JSON out. */
export type RunScript = (run: ScriptRun) => Promise<Json>;

export interface Scripts {
  readonly run: RunScript;
  close(): Promise<void>;
}

/** Threads for scripts; more would only take cores from the store. */
const THREADS = 2;

/** Nothing is started before the first script runs. */
export function createScripts(clock: Clock): Scripts {
  let sandbox: Sandbox | undefined;
  return {
    run({ script, source, input, signal, at, timeZone }) {
      sandbox ??= createSandbox({ clock, threads: THREADS });
      return sandbox.run({ file: script, source }, input, { at, offset: offsetOf(at, timeZone), signal });
    },
    close: async () => sandbox?.close(),
  };
}

/** Minutes of a zone before or behind UTC at a time: -360 in Chicago in winter. */
export function offsetOf(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const found = /([+-])(\d\d):(\d\d)/.exec(name);
  if (found === null) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}
