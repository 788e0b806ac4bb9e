/** Every failure of the sandbox, in one table. What a script said is in the sealed detail: it may hold patient data. */
import { type FailureEntry, failuresOf } from '../std/index.ts';

export const sandboxFailures = {
  SCRIPT_INVALID: {
    kind: 'validation',
    about: 'The script is no JavaScript that can be read.',
    fix: 'Correct the line that is named, then replay.',
  },
  SCRIPT_FAILED: {
    kind: 'validation',
    about: 'The script threw an error.',
    fix: 'Look at what it said in the delivery’s history, correct the script or the message, and replay.',
  },
  SCRIPT_TOO_LONG: {
    kind: 'validation',
    about: 'The script did not end in its time and was stopped.',
    fix: 'Look for a loop that does not end, or a pattern that tries too much; then replay.',
  },
  SCRIPT_TOO_MUCH_MEMORY: {
    kind: 'validation',
    about: 'The script wanted more memory than it may have and was stopped.',
    fix: 'Let it keep less at a time; then replay.',
  },
  SCRIPT_TOO_LARGE: {
    kind: 'validation',
    about: 'The script, what it was given or what it gave is larger than may go into or out of the sandbox.',
    fix: 'Let it read and give only what is needed.',
  },
  SCRIPT_NO_RESULT: {
    kind: 'validation',
    about: 'What the script gave is no value that can be kept as JSON.',
    fix: 'Let it return texts, numbers, lists and objects, not a promise or a function.',
  },
  SANDBOX_BROKEN: {
    kind: 'defect',
    about: 'The sandbox itself ended.',
    fix: 'Try it again; if it comes back, report it with the script.',
  },
  SANDBOX_CLOSED: {
    kind: 'unreachable',
    about: 'The sandbox was closed before the script had ended.',
    fix: 'Nothing: the delivery goes on when the engine runs again.',
  },
} satisfies Record<string, FailureEntry>;

export type SandboxFailureCode = keyof typeof sandboxFailures;

export const sandboxFailure = failuresOf<SandboxFailureCode>(sandboxFailures);
