import { systems } from '../world/identity.ts';

/** A FHIR resource as data. */
export type Resource = { readonly resourceType: string } & Readonly<Record<string, unknown>>;

type Severity = 'fatal' | 'error' | 'warning' | 'information';

// Epic's numbers and their severities. The texts are ours where no capture shows Epic's own.
const registry = {
  4101: ['warning', 'processing', 'Resource request returns no results.'],
  4112: ['fatal', 'invalid', 'Invalid combination of parameters.'],
  4113: ['fatal', 'expired', 'The paging session has expired or does not exist.'],
  4127: ['fatal', 'too-costly', 'The search matches more than 100 patients.'],
  59008: ['fatal', 'not-found', 'The FHIR ID provided was not found.'],
  59100: ['information', 'invalid', 'The content is invalid.'],
  59101: ['warning', 'invalid', 'An unknown value has been ignored.'],
  59102: ['fatal', 'invalid', 'The content is invalid.'],
  59105: ['fatal', 'structure', 'The content cannot be read.'],
  59108: ['fatal', 'required', 'A required element is missing.'],
  59109: ['information', 'invalid', 'An optional element is invalid and has been ignored.'],
  59111: ['fatal', 'invalid', 'A required element is invalid.'],
  59159: ['fatal', 'business-rule', 'A business rule failed.'],
  59177: ['fatal', 'exception', 'An internal error occurred.'],
  59204: ['warning', 'suppressed', 'The client is not authorized for a part of what was asked.'],
} as const satisfies Record<number, readonly [Severity, string, string]>;

export type ErrorNumber = keyof typeof registry;

/** One issue of an OperationOutcome. */
export interface Issue {
  readonly severity: Severity;
  readonly code: string;
  readonly details: unknown;
  readonly diagnostics?: string;
  readonly location?: readonly string[];
  readonly expression?: readonly string[];
}

export interface IssueDetails {
  readonly diagnostics?: string;
  /** The element at fault: `id` becomes location `/f:id` and expression `id`. */
  readonly element?: string;
  readonly severity?: Severity;
  readonly code?: string;
}

/** Makes an issue in Epic's envelope from its number. */
export function issue(number: ErrorNumber, details: IssueDetails = {}): Issue {
  const [severity, code, text] = registry[number];
  const { diagnostics, element } = details;
  return {
    severity: details.severity ?? severity,
    code: details.code ?? code,
    details: { coding: [{ system: systems.errors, code: String(number), display: text }], text },
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(element === undefined ? {} : { location: [`/f:${element}`], expression: [element] }),
  };
}

export function operationOutcome(issues: readonly Issue[]): Resource {
  return { resourceType: 'OperationOutcome', issue: issues };
}

/** A call that ends in an OperationOutcome. */
export class Refusal extends Error {
  readonly status: number;
  readonly issues: readonly Issue[];

  constructor(status: number, ...issues: readonly Issue[]) {
    super(`refused with ${status}`);
    this.status = status;
    this.issues = issues;
  }
}
