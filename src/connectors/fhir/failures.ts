/** What is wrong with a connection to a FHIR server; the rest are the FHIR client's own failures. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const fhirConnectorFailures = {
  FHIR_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  FHIR_ARGUMENTS: {
    kind: 'validation',
    about: 'The step asks in a way that cannot be answered.',
    fix: 'Correct the arguments of the step, or the field of the message that is empty.',
  },
  FHIR_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The FHIR connector has no capability of this name.',
    fix: 'Use one of those that are named.',
  },
  FHIR_NOT_LEARNT: {
    kind: 'config',
    about: 'This connection cannot learn this resource.',
    fix: 'Learn one of Patient, Appointment, Encounter, Observation and DocumentReference.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export const fhirConnectorFailure = failuresOf(fhirConnectorFailures);
