import { systems } from '../world/identity.ts';
import { type ErrorNumber, type ErrorRow, registry } from './errors.ts';

/** A FHIR resource as data. */
export type Resource = { readonly resourceType: string } & Readonly<Record<string, unknown>>;

/** One issue of an OperationOutcome. */
export interface Issue {
  readonly severity: ErrorRow['severity'];
  readonly code: string;
  readonly details: unknown;
  readonly diagnostics?: string;
  readonly location?: readonly string[];
  readonly expression?: readonly string[];
}

export interface IssueDetails {
  readonly diagnostics?: string | undefined;
  /** The element at fault: `id` becomes location `/f:id` and expression `id`. */
  readonly element?: string;
  readonly severity?: ErrorRow['severity'];
  readonly code?: string;
}

/** Makes an issue in Epic's envelope from its number. */
export function issue(number: ErrorNumber, details: IssueDetails = {}): Issue {
  const { severity, type, text } = registry[number];
  const { diagnostics, element } = details;
  return {
    severity: details.severity ?? severity,
    code: details.code ?? type,
    details: { coding: [{ system: systems.errors, code: String(number), display: text }], text },
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(element === undefined ? {} : { location: [`/f:${element}`], expression: [element] }),
  };
}

export function operationOutcome(issues: readonly Issue[]): Resource {
  return { resourceType: 'OperationOutcome', issue: issues };
}

/** A call that ends in an OperationOutcome. Remarks may stand before the issue that ends it. */
export class Refusal extends Error {
  readonly status: number;
  readonly issues: readonly Issue[];
  /** Where the caller should look instead: a merged patient's survivor, for example `Patient/e...`. */
  readonly location: string | undefined;

  constructor(status: number, issues: readonly Issue[], location?: string) {
    super(`refused with ${status}`);
    this.status = status;
    this.issues = issues;
    this.location = location;
  }
}

/** The refusal a number stands for, with its own status. */
export function refuse(
  number: ErrorNumber,
  details: IssueDetails = {},
  before: readonly Issue[] = [],
): Refusal {
  return new Refusal(registry[number].status, [...before, issue(number, details)]);
}
