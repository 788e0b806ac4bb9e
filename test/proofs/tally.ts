/** What a long proof has done so far, over any number of runs; kept as JSON beside its page in docs/proofs. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { merged } from '../fuzz/tally.ts';

/** Counts that are added up over runs. */
export type Figures = Readonly<Record<string, number>>;

export interface Part {
  /** What was done, as ranges `[from, to)` that neither touch nor overlap. */
  readonly done: readonly (readonly [from: number, to: number])[];
  readonly figures: Figures;
}

/** By the name of the part: `window 1`, `kill -9`. */
export type Tally = Readonly<Record<string, Part>>;

export const countOf = (part: Part | undefined): number =>
  (part?.done ?? []).reduce((sum, [from, to]) => sum + to - from, 0);

export function sum(a: Figures, b: Figures): Figures {
  const figures: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) figures[name] = (figures[name] ?? 0) + value;
  return figures;
}

export function withBlock(tally: Tally, name: string, from: number, to: number, figures: Figures): Tally {
  const part = tally[name];
  return {
    ...tally,
    [name]: {
      done: merged([...(part?.done ?? []), [from, to]]),
      figures: sum(part?.figures ?? {}, figures),
    },
  };
}

export const readTally = (file: string): Tally =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tally) : {};

/** Written beside and moved into place: a run that is cut leaves the tally before. */
export function writeTally(file: string, tally: Tally): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(tally, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}
