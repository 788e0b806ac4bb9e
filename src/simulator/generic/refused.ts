import type { Content } from './repository.ts';

/** A request that ends in an OperationOutcome. */
export class Refused extends Error {
  readonly status: number;
  /** The code of the issue, from FHIR's own list. */
  readonly code: string;

  constructor(status: number, code: string, text: string) {
    super(text);
    this.status = status;
    this.code = code;
  }

  outcome(): Content {
    return outcome('error', this.code, this.message);
  }
}

export function outcome(severity: 'error' | 'information', code: string, diagnostics: string): Content {
  return { resourceType: 'OperationOutcome', issue: [{ severity, code, diagnostics }] };
}
