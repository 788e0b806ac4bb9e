import type { ErrorNumber } from '../fhir/errors.ts';
import { type IssueDetails, issue, Refusal } from '../fhir/outcome.ts';

/** A call to Bulk Data that ends in an OperationOutcome, with the status that fits it here. */
export function refused(status: number, number: ErrorNumber, details: IssueDetails = {}): Refusal {
  return new Refusal(status, [issue(number, details)]);
}
