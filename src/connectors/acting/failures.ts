/** Every failure of writing a record at another system that is not the server's own word, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const writeFailures = {
  WRITE_ARGUMENTS: {
    kind: 'validation',
    about: 'The step gives what cannot be written.',
    fix: 'Correct the arguments of the step, or the field of the message that is empty.',
  },
  WRITE_SETTLING: {
    kind: 'unknown-outcome',
    about: 'The answer to a write was lost, and the record is not there yet; it may still appear.',
    fix: 'Nothing: it is looked for once more before anything is sent again.',
  },
  WRITE_SEVERAL: {
    kind: 'conflict',
    about: 'Several records fit what is to be written; none was picked.',
    fix: 'Look at them at the other side. Correct the duplicates there and release the delivery, or name the right one with "suture writes done".',
  },
  WRITE_DIFFERS: {
    kind: 'conflict',
    about: 'A record fits what is to be written, but not in all that matters; it was not taken for it.',
    fix: 'Compare the two: is it the same person, the same record? Then name it with "suture writes done", or correct the data and release the delivery.',
  },
  WRITE_UNSEARCHABLE: {
    kind: 'unknown-outcome',
    about: 'The answer to a write was lost, and this server cannot be asked whether the record is there.',
    fix: 'Look at the other side: name the record with "suture writes done", or let it be sent again with "suture writes again".',
  },
  WRITE_PATIENT: {
    kind: 'conflict',
    about: 'The patient at the other side is not (any more) the one that was found; nothing was written.',
    fix: 'Compare the two: was a record merged, corrected or mistaken? Then release the delivery: the patient is looked for again.',
  },
  WRITE_NOT_MINE: {
    kind: 'conflict',
    about: 'The record to be changed belongs to another patient; nothing was written.',
    fix: 'Find out where its id comes from.',
  },
  WRITE_EXISTS: {
    kind: 'conflict',
    about: 'The other side says that it is there already, but it cannot be found.',
    fix: 'Look for it at the other side and name it with "suture writes done".',
  },
  WRITE_NO_CREATE: {
    kind: 'config',
    about: 'This system has no way to make or change such a record.',
    fix: 'Choose a route that it has, under "do" of the connection; "suture sites capabilities" lists them.',
  },
  WRITE_ROUTE: {
    kind: 'config',
    about: 'The route of this action is not set up rightly.',
    fix: 'Correct it under "do" of the connection in the site record.',
  },
  WRITE_NO_SLOT: {
    kind: 'validation',
    about: 'The schedule has no free place that is what was asked for.',
    fix: 'Ask for another time, practitioner or visit type; nothing was booked.',
  },
  WRITE_MESSAGE: {
    kind: 'validation',
    about: 'The record cannot be written as the HL7 message that the route asks for.',
    fix: 'Give what is named as missing, or choose another route.',
  },
  WRITE_WEB_SERVICE: {
    kind: 'validation',
    about: "The site's web service refused the request.",
    fix: 'Read its answer in the delivery’s history; correct the declared fields or the data.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type WriteFailureCode = keyof typeof writeFailures;

export const writeFailure = failuresOf(writeFailures);

/** Ends the attempt, and a person decides. */
export const HELD = { again: false, held: true } as const;
