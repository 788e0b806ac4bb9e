import type { Case } from './hl7-case.ts';
import { acknowledgementCases } from './hl7-cases-acknowledgement.ts';
import { charsetCases } from './hl7-cases-charsets.ts';
import { delimiterCases } from './hl7-cases-delimiters.ts';
import { editCases } from './hl7-cases-edits.ts';
import { escapeCases } from './hl7-cases-escapes.ts';
import { fieldCases } from './hl7-cases-fields.ts';
import { fileCases } from './hl7-cases-files.ts';
import { headerCases } from './hl7-cases-header.ts';
import { pathCases } from './hl7-cases-paths.ts';
import { segmentCases } from './hl7-cases-segments.ts';
import { textCases } from './hl7-cases-text.ts';

/** The whole table, by subject. */
export const conformanceTable: readonly (readonly [string, readonly Case[]])[] = [
  ['delimiters', delimiterCases],
  ['fields', fieldCases],
  ['escape sequences', escapeCases],
  ['segments', segmentCases],
  ['the header', headerCases],
  ['edits', editCases],
  ['character sets', charsetCases],
  ['acknowledgements', acknowledgementCases],
  ['files and batches', fileCases],
  ['paths', pathCases],
  ['formatted text', textCases],
];
