import { type FailureEntry, failuresOf } from '../../std/index.ts';

/** Why a replay is refused: its kind and what to do first. */
export const REPLAY_FAILURES = {
  REPLAY_NOTHING: {
    kind: 'config',
    about: 'Nothing is there to be replayed.',
    fix: 'Widen the filter, or look with a dry run at what cannot be replayed and why.',
  },
  REPLAY_REFUSED: {
    kind: 'config',
    about: 'This delivery cannot be replayed.',
    fix: 'Make a dry run: it names what cannot be replayed and why.',
  },
  REPLAY_NOT_MOVED: {
    kind: 'config',
    about: 'The replay is not in a state in which this can be done.',
    fix: 'Look at the list of replays: one that runs can be stopped, one that was stopped or failed can go on.',
  },
  EDIT_REFUSED: {
    kind: 'config',
    about: 'No edited copy can be made of this message.',
    fix: 'Correct the bytes, or replay the message as it came.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export const replayFailure = failuresOf(REPLAY_FAILURES);
