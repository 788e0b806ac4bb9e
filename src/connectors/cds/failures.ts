/** What can be wrong with a CDS Hooks call, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const cdsFailures = {
  CDS_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  CDS_CALLER: {
    kind: 'auth',
    about: 'The caller of a CDS service did not prove who it is.',
    fix: 'Compare issuer, keys and audience of the connection with what the hospital’s CDS client sends.',
  },
  CDS_REQUEST: {
    kind: 'validation',
    about: 'What was sent is no CDS Hooks request.',
    fix: 'Look at the hook, hookInstance and context that the hospital sends.',
  },
  CDS_SERVICE_UNKNOWN: {
    kind: 'config',
    about: 'There is no CDS service of this id for this site.',
    fix: 'Correct the address at the hospital, or the flow’s service and sites.',
  },
  CDS_LATE: {
    kind: 'timeout',
    about: 'The flow took longer than its deadline; the answer had no cards.',
    fix: 'Have the hospital send more as prefetch, ask less in the flow, or raise its deadline.',
  },
  CDS_FHIR_SERVER: {
    kind: 'config',
    about: 'The call names another FHIR server than the record; the caller’s token was not sent there.',
    fix: 'Check fhirServer of the connection against what the hospital sends.',
  },
  CDS_PREFETCH_MISSING: {
    kind: 'validation',
    about: 'Something the flow declared as prefetch was not sent, and could not be read.',
    fix: 'Have the hospital send it as prefetch, or grant its CDS client the scope.',
  },
  CDS_CARD: {
    kind: 'validation',
    about: 'A card of the flow is not as CDS Hooks wants it, and was left out.',
    fix: 'Give summary (at most 140 characters), indicator and source.label.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type CdsFailureCode = keyof typeof cdsFailures;

export const cdsFailure = failuresOf(cdsFailures);
