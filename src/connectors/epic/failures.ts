/** Every failure that is Epic's own way of saying no, in one table; the rest are the FHIR client's. */
import { type FailureEntry, type FailureOptions, failuresOf, type Retry } from '../../std/index.ts';

interface Entry extends FailureEntry {
  /** Epic's issue codes that mean it. */
  readonly issues?: readonly string[];
  /** Where the kind's usual way of trying again does not fit. */
  readonly retry?: Retry;
}

export const epicFailures = {
  EPIC_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  EPIC_SIGN_IN_REFUSED: {
    kind: 'auth',
    about: 'Epic does not accept the client id or the key (invalid_client).',
    fix: "Check that clientId is this environment's, and that the JWK Set URL on the client's record serves the kid that is named; Epic keeps keys for up to 29 hours.",
  },
  EPIC_BACKGROUND_USER: {
    kind: 'config',
    about:
      'The client id is known and the key is right, but no background user is mapped to it (unauthorized_client).',
    fix: 'Ask the site to map the client id to a background user with the security the APIs need.',
  },
  EPIC_RESTRICTED: {
    kind: 'config',
    about: 'The background user may not see this record, or it is behind break-the-glass.',
    fix: "Ask the site about the background user's security; it is not tried again by itself.",
    issues: ['4118', '4130', '4131'],
    // Asking again is an access attempt in the site's audit.
    retry: { again: false },
  },
  EPIC_DAILY_LIMIT: {
    kind: 'throttle',
    about: "The site's daily limit for documents is reached.",
    fix: 'Nothing: it goes on tomorrow. Ask the site for a higher limit if it happens often.',
    issues: ['4135'],
    // All that Epic says is "try again tomorrow", and of documents alone.
    retry: { again: true, after: 3_600_000, alone: true },
  },
  EPIC_MERGED: {
    kind: 'validation',
    about: 'The record was merged into another one.',
    fix: 'Find the patient again by the medical record number.',
    issues: ['4107'],
  },
  EPIC_DELETED: {
    kind: 'validation',
    about: 'The record was deleted.',
    fix: 'Find out where the id was kept, and drop it there.',
    issues: ['4103'],
  },
  EPIC_INTERNAL: {
    kind: 'rejected',
    about: 'Epic failed inside (59177).',
    fix: 'It is tried again; if it goes on, give the site the time and the resource type.',
    issues: ['59177'],
  },
  EPIC_TABLE_MISSING: {
    kind: 'config',
    about: 'A translation table or a mapping is not built at this site (40000, 59187, 59188).',
    fix: 'Give the code and the resource type to the site’s analyst.',
    issues: ['40000', '59187', '59188'],
  },
  EPIC_DUPLICATE: {
    kind: 'conflict',
    about: 'Epic has this record already (59141).',
    fix: 'Nothing, if it was found: the step gives the one that is there. Else look for it in the chart.',
    issues: ['59141'],
    retry: { again: false },
  },
  EPIC_NOT_FILED: {
    kind: 'validation',
    about: 'Epic did not file the reading (59189).',
    fix: 'Read why in the delivery’s history: a reading that is there already needs nothing, others need the value, the time or the visit corrected.',
    issues: ['59189'],
  },
  EPIC_MODIFIER: {
    kind: 'validation',
    about: 'An element that changes the meaning of a record has a value that Epic does not take (59012).',
    fix: 'Look up which status the resource may have at Epic, and map to it.',
    issues: ['59012'],
  },
  EPIC_REQUIRED: {
    kind: 'validation',
    about: 'Epic asks for an element that is missing (59108, 59111).',
    fix: 'Give the element that the answer names; sites decide which ones a new patient needs.',
    issues: ['59108', '59111', '4104', '4111'],
  },
  EPIC_REFERENCE: {
    kind: 'validation',
    about: 'Something that the record refers to is not there (59144).',
    fix: 'Find out where the id comes from: a visit of another patient, a proposal that was taken meanwhile, another environment.',
    issues: ['59144'],
  },
  EPIC_ARGUMENTS: {
    kind: 'validation',
    about: 'The step asks in a way that cannot be answered.',
    fix: 'Correct the arguments of the step, or the field of the message that is empty.',
  },
  EPIC_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The Epic connector has no capability of this name.',
    fix: 'Use one of those that are named.',
  },
  EPIC_NOT_LEARNT: {
    kind: 'config',
    about: 'This connection is not set up to learn this resource.',
    fix: 'Add it under learn in the connection.',
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type EpicFailureCode = keyof typeof epicFailures;

export const epicFailure = failuresOf(epicFailures);

/** The row that an answer's issue codes stand for. */
export function epicSays(
  codes: readonly string[],
): Pick<FailureOptions, 'code' | 'kind' | 'message' | 'fix' | 'retry'> | undefined {
  for (const [code, entry] of Object.entries<Entry>(epicFailures)) {
    if (!entry.issues?.some((issue) => codes.includes(issue))) continue;
    const { kind, about, fix, retry } = entry;
    return { code, kind, message: about, fix, ...(retry ? { retry } : {}) };
  }
  return undefined;
}
