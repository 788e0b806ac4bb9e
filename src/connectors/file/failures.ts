/** Every failure of the file connector, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const fileFailures = {
  FILE_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  FILE_FOLDER: {
    kind: 'config',
    about: 'The folder is not there, or may not be used.',
    fix: 'Make the folder, or give the program the right to read and write in it.',
  },
  FILE_UNREACHABLE: {
    kind: 'unreachable',
    about: 'The SFTP server cannot be reached.',
    fix: 'Check host, port, network and whether the server is up.',
  },
  FILE_SIGN_IN: {
    kind: 'auth',
    about: 'The SFTP server does not accept who we are.',
    fix: 'Check the user, and the secret or key that the record names.',
  },
  FILE_HOST_KEY: {
    kind: 'auth',
    about: 'The SFTP server shows another host key than the record names; nothing was sent to it.',
    fix: 'Ask the site whether its key was changed, and only then correct hostKey.',
  },
  FILE_BROKEN: {
    kind: 'validation',
    about: 'The file cannot be read as what it should be.',
    fix: 'Look at the place that is named, and ask for the file again.',
  },
  FILE_TOO_LARGE: {
    kind: 'validation',
    about: 'The file, or a record in it, is larger than this connection takes.',
    fix: 'Ask for smaller files, or raise the limit in the record if this one is as it should be.',
  },
  FILE_CHANGED: {
    kind: 'validation',
    about: 'The file was changed while it was read.',
    fix: 'Have it written under another name and renamed when it is complete; then put the whole file back.',
  },
  FILE_CHECKSUM: {
    kind: 'validation',
    about: 'The file is not what its checksum says.',
    fix: 'Ask for the file and its checksum again.',
  },
  FILE_LOST: {
    kind: 'timeout',
    about: 'Reading or writing was broken off.',
    fix: 'It is tried again; if it stays so, look at the disk or the network.',
  },
  FILE_TAKEN_OVER: {
    kind: 'timeout',
    about: 'Another node has begun to read here, since this one was not heard of for a minute.',
    fix: 'Nothing is to be done: it goes on where this one stood.',
  },
  FILE_NO_TARGET: {
    kind: 'config',
    about: 'This connection has no put, so nothing can be written by it.',
    fix: 'Add put to the connection, or name another connection in the flow.',
  },
  FILE_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The file connector has no capability of this name.',
    fix: 'Use send.',
  },
  FILE_ARGUMENTS: {
    kind: 'validation',
    about: 'The step gives arguments that make no file.',
    fix: 'Give body as text or JSON, or leave it out to write the message as it came.',
  },
} as const satisfies Record<string, FailureEntry>;

export type FileFailureCode = keyof typeof fileFailures;
export const fileFailure = failuresOf(fileFailures);
