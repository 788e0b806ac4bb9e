/**
 * Where a walk over the roster stands: what the cursor keeps. Two walks go on beside each other, one over the active
 * patients and one, slowly, over the others; a third goes over all of them at once when somebody asked for it (a rewind, a
 * change of method).
 */
import type { Json } from '../../std/index.ts';

export interface Round {
  /** The last patient that is done; `null` between rounds. */
  readonly after: string | null;
  /** When this round began, or the last one did; 0: never. */
  readonly began: number;
  /** Complete rounds. */
  readonly rounds: number;
}

export interface SlowRound extends Round {
  /** Patients done in this round, and how many the last one had: what spreads it evenly over its time. */
  readonly done: number;
  readonly of: number;
}

export interface FullRound {
  readonly after: string | null;
  readonly done: number;
  /** Records since this time are asked for, whatever the window of days; milliseconds. */
  readonly since?: number;
}

export interface WalkPosition {
  readonly kind: 'roster';
  readonly active: Round;
  readonly others: SlowRound;
  readonly all?: FullRound;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function roundOf(value: unknown): SlowRound {
  const { after, began, rounds, done, of } = record(value);
  return {
    after: textOrNull(after),
    began: isNumber(began) ? began : 0,
    rounds: isNumber(rounds) ? rounds : 0,
    done: isNumber(done) ? done : 0,
    of: isNumber(of) ? of : 0,
  };
}

/** A cursor that cannot be read begins anew: what has been seen is known anyway. */
export function positionOf(cursor: Json): WalkPosition {
  const { active, others, all } = record(cursor);
  const { after, began, rounds } = roundOf(active);
  const full = record(all);
  return {
    kind: 'roster',
    active: { after, began, rounds },
    others: roundOf(others),
    ...(typeof all === 'object' && all !== null
      ? {
          all: {
            after: textOrNull(full.after),
            done: isNumber(full.done) ? full.done : 0,
            ...(isNumber(full.since) ? { since: full.since } : {}),
          },
        }
      : {}),
  };
}

/** Which of the walks is next, and how long there is nothing to do. */
export type Turn =
  | { readonly walk: 'active' | 'others' | 'all'; readonly wait?: undefined }
  | { readonly walk: null; readonly wait: number };

export interface Pace {
  readonly every: number;
  readonly rarely: number;
}

/** When the next batch of the slow round is due, so that the round takes its time and no longer. */
export function slowDue({ after, began, done, of }: SlowRound, rarely: number): number {
  if (began === 0) return 0;
  return after === null && done >= of
    ? began + rarely
    : began + rarely * (of === 0 ? 0 : Math.min(1, done / of));
}

const activeDue = ({ after, began }: Round, every: number): number =>
  began === 0 || after !== null ? 0 : began + every;

/**
 * The active come first, but of five turns at most four while others are due: a budget that is too small makes all of
 * them late, and starves none.
 * @param turns How many turns there were since the process began.
 */
export function nextTurn(position: WalkPosition, pace: Pace, now: number, turns: number): Turn {
  const active = activeDue(position.active, pace.every);
  const others = position.all ? 0 : slowDue(position.others, pace.rarely);
  const slow = position.all ? 'all' : 'others';
  if (active <= now && others <= now) return { walk: turns % 5 === 4 ? slow : 'active' };
  if (active <= now) return { walk: 'active' };
  if (others <= now) return { walk: slow };
  return { walk: null, wait: Math.max(1, Math.min(active, others) - now) };
}
