/** Every failure of importing, in one table. */
import { type FailureEntry, failuresOf } from '../std/index.ts';

export const importFailures = {
  IMPORT_NOT_FOUND: {
    kind: 'config',
    about: 'There is no such file or folder.',
    fix: 'Name an exported channel, a folder of them, or a backup of the server’s configuration.',
  },
  IMPORT_UNREADABLE: {
    kind: 'validation',
    about: 'The file is no export that can be read.',
    fix: 'Export it again from Mirth Connect, as XML.',
  },
  IMPORT_REFUSED: {
    kind: 'validation',
    about: 'The file has what no export of Mirth Connect has, so it is not read.',
    fix: 'Look where the file comes from; export it again from Mirth Connect itself.',
  },
  IMPORT_TOO_LARGE: {
    kind: 'validation',
    about: 'The file is larger or deeper than an export may be.',
    fix: 'Export fewer channels at a time.',
  },
  IMPORT_NOTHING: {
    kind: 'validation',
    about: 'There is no channel in it.',
    fix: 'Export channels or the server’s configuration from Mirth Connect 3 or 4, as XML.',
  },
  IMPORT_WOULD_OVERWRITE: {
    kind: 'config',
    about: 'Files are there already that the import would write.',
    fix: 'Import into another folder with --out, or give the site another name with --site.',
  },
} satisfies Record<string, FailureEntry>;

export type ImportFailureCode = keyof typeof importFailures;

export const importFailure = failuresOf<ImportFailureCode>(importFailures);
