/**
 * Epic's error numbers. Each row: severity, FHIR issue type, HTTP status when the whole call ends with it, the words
 * of the envelope, and where it is known from: `seen` in a live answer, or `listed` in Epic's table of errors. The
 * status of a number is published nowhere: `seen` marks those that were observed, the others are this hospital's choice.
 */
type Severity = 'fatal' | 'error' | 'warning' | 'information';

export interface ErrorRow {
  readonly severity: Severity;
  readonly type: string;
  readonly status: number;
  readonly text: string;
  readonly number: 'seen' | 'listed';
  readonly statusIs: 'seen' | 'chosen';
}

function row(
  severity: Severity,
  type: string,
  status: number,
  text: string,
  number: ErrorRow['number'] = 'listed',
  statusIs: ErrorRow['statusIs'] = 'chosen',
): ErrorRow {
  return { severity, type, status, text, number, statusIs };
}

export const registry = {
  4100: row('fatal', 'invalid', 400, 'A parameter of the request is invalid.'),
  4101: row('warning', 'processing', 200, 'Resource request returns no results.', 'seen', 'seen'),
  4102: row('fatal', 'not-found', 404, 'The resource was asked for with an invalid id.'),
  4103: row('fatal', 'deleted', 410, 'The resource has been deleted.'),
  4104: row('fatal', 'incomplete', 404, 'A required element of the resource is not available.'),
  4107: row('fatal', 'duplicate', 302, 'The patient has been merged into another patient.'),
  4110: row('fatal', 'required', 400, 'The request carries no parameters.'),
  4111: row('fatal', 'required', 400, 'A required parameter is missing.'),
  4112: row('fatal', 'invalid', 400, 'These parameters cannot be combined.'),
  4113: row('fatal', 'expired', 400, 'The paging session has expired or does not exist.'),
  4115: row('fatal', 'invalid', 400, 'A required parameter has an invalid value.'),
  4116: row('fatal', 'invalid', 400, 'The query of a paging session has changed.'),
  4117: row('warning', 'processing', 200, 'An immunization has no CVX code.'),
  4118: row(
    'fatal',
    'forbidden',
    403,
    'The authenticated user is not authorized to view the requested data.',
    'seen',
    'seen',
  ),
  4119: row('warning', 'incomplete', 200, 'More data may exist for this patient than is shown.'),
  4122: row('warning', 'not-supported', 200, 'An unknown query parameter was given and ignored.'),
  4127: row('fatal', 'too-costly', 400, 'The search matches more than 100 patients.'),
  4130: row('fatal', 'suppressed', 403, 'The resource is behind break-the-glass.'),
  4131: row('fatal', 'suppressed', 403, 'The patient is behind break-the-glass.'),
  4134: row('information', 'suppressed', 200, 'The resource is restricted: break-the-glass applies.'),
  4135: row('fatal', 'throttled', 403, 'The daily limit of document queries is reached. Try again tomorrow.'),
  40000: row('fatal', 'code-invalid', 400, 'The incoming value is not in the mapping table of this site.'),
  59008: row('fatal', 'not-found', 404, 'The FHIR ID provided was not found.', 'seen', 'seen'),
  59011: row('fatal', 'multiple-matches', 400, 'Several patients match.', 'seen'),
  59012: row('fatal', 'value', 422, 'A modifier element has a value that is not supported.', 'seen', 'seen'),
  59013: row('fatal', 'processing', 400, 'A match was found with too little confidence.', 'seen', 'seen'),
  59100: row('information', 'invalid', 400, 'The content is invalid.', 'seen', 'seen'),
  59101: row('warning', 'invalid', 200, 'An unknown value has been ignored.'),
  59102: row('fatal', 'invalid', 400, 'The content is invalid.', 'seen', 'seen'),
  59105: row('fatal', 'structure', 400, 'The content cannot be read.'),
  59108: row('fatal', 'required', 400, 'A required element is missing.', 'seen', 'seen'),
  59109: row('information', 'invalid', 200, 'An optional element is invalid and has been ignored.'),
  59111: row('fatal', 'invalid', 400, 'A required element is invalid.', 'seen', 'seen'),
  59133: row('information', 'too-costly', 200, 'There are too few elements, or more than 100 results.'),
  59134: row('warning', 'processing', 200, 'The schedule holds nothing that fits.', 'seen'),
  59138: row('fatal', 'not-supported', 400, 'Only certain matches are supported.', 'seen'),
  59141: row('fatal', 'duplicate', 400, 'The record exists already.', 'listed'),
  59144: row('fatal', 'not-found', 400, 'A reference was not found.'),
  59159: row('fatal', 'business-rule', 400, 'A business rule failed.', 'seen', 'seen'),
  59177: row('fatal', 'exception', 500, 'An internal error occurred.'),
  59187: row('fatal', 'processing', 400, 'No flowsheet for values entered by patients is set up.'),
  59188: row('fatal', 'processing', 400, 'The codes do not lead to a single flowsheet row of vital signs.'),
  59189: row('fatal', 'processing', 400, 'The reading could not be filed.', 'listed', 'seen'),
  59200: row(
    'warning',
    'processing',
    200,
    'Cadence Decision Tree was unable to determine a Visit Type.',
    'seen',
  ),
  59204: row(
    'warning',
    'suppressed',
    200,
    "The authenticated client's search request applies to a sub-resource that the client is not authorized for.",
    'seen',
    'seen',
  ),
  59205: row(
    'warning',
    'suppressed',
    200,
    "The authenticated user's search request applies to a sub-resource that the user is not authorized for.",
    'seen',
    'seen',
  ),
} as const satisfies Record<number, ErrorRow>;

export type ErrorNumber = keyof typeof registry;
