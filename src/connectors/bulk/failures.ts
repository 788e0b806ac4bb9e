/** What can go wrong with a bulk export, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const bulkFailures = {
  BULK_TOO_SOON: {
    kind: 'throttle',
    about: 'The server refuses another export of this Group so soon after the last one.',
    fix: 'Nothing: it is asked for again when its window is over. See who else exports with this client id if it goes on.',
  },
  BULK_REFUSED: {
    kind: 'config',
    about: 'The server refuses the export.',
    fix: 'Check the Group’s id, the types, and that the client has the bulk APIs and the search of each type.',
  },
  BULK_FAILED: {
    kind: 'rejected',
    about: 'The server began the export and could not finish it.',
    fix: 'It is begun anew when the window is over; ask the site about a smaller Group if it goes on.',
  },
  BULK_LOST: {
    kind: 'rejected',
    about: 'The server does not know the export (any more): it was deleted, or kept too long.',
    fix: 'It is begun anew when the window is over.',
  },
  BULK_UNREADABLE: {
    kind: 'rejected',
    about: 'What the server gave as manifest or file of an export cannot be read.',
    fix: 'Look for a gateway in front of the server; it is asked for again.',
  },
  BULK_ORIGIN: {
    kind: 'config',
    about: 'A file of the export wants our token, but stands at another host; it was not sent there.',
    fix: 'Name the host in the connection (bulkHosts) if it is the site’s own.',
  },
  BULK_BROKEN_OFF: {
    kind: 'timeout',
    about: 'A file of the export broke off before its end.',
    fix: 'Nothing: it is asked for again, and read on behind what was taken.',
  },
  BULK_GROUP_MISSING: {
    kind: 'config',
    about: 'A resource is to be learnt from exports, but no Group is named.',
    fix: 'Add its group under learn in the site record.',
  },
  BULK_MOVED: {
    kind: 'conflict',
    about: 'Another node has gone on with the export.',
    fix: 'Nothing: it is looked at again.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type BulkFailureCode = keyof typeof bulkFailures;

export const bulkFailure = failuresOf(bulkFailures);
