/** What an answer that is no yes means: status, OAuth challenge and OperationOutcome to one Failure. */
import type { Failure, FailureOptions } from '../std/index.ts';
import { type Content, excerpt } from './answer.ts';
import { type FhirFailureCode, fhirFailure } from './failures.ts';
import { type HttpError, type HttpReply, retryAfter } from './http.ts';
import { codesOf, elementsOf } from './outcome.ts';
import { writeUnknown } from './write.ts';

/** A vendor's way of saying things; the client knows none by itself. */
export interface Dialect {
  /** Issue codes that mean: the server forgot this search between two pages. */
  readonly pagingExpired: readonly string[];
  /** A better answer than the status alone gives, by the issue codes; `undefined`: the usual map. */
  explain?(
    status: number,
    codes: readonly string[],
  ): Pick<FailureOptions, 'code' | 'kind' | 'message' | 'fix' | 'retry'> | undefined;
}

export interface Refusal {
  readonly reply: HttpReply;
  readonly content: Content;
  /** For people, without patient data: `search of Appointment`. */
  readonly what: string;
  /** What the client must be granted for it: `Appointment (search)`. */
  readonly scope: string;
  /** A write was refused, or broke off in the middle. */
  readonly effect?: boolean;
  readonly now: number;
}

/** Turns a refusal (any status outside 2xx) into a failure. Query strings and bodies go to `detail` alone. */
export function refusal(refused: Refusal, dialect: Dialect | undefined): Failure {
  const { reply, content, what } = refused;
  const codes = codesOf(content.issues);
  const named = codes.length > 0 ? `; ${codes.join(', ')}` : '';
  const detail = content.text === '' ? {} : { detail: excerpt(content.text) };
  const elements = elementsOf(content.issues);
  const about = elements.length > 0 ? `, about ${elements.slice(0, 5).join(', ')}` : '';
  const said = `The server answered the ${what} with ${reply.status}${named}${about}.`;
  if (dialect?.pagingExpired.some((code) => codes.includes(code))) {
    return fhirFailure('FHIR_PAGING_EXPIRED', { message: said, ...detail });
  }
  if (refused.effect && mayHaveHappened(refused))
    return writeUnknown(what, `with ${reply.status}${named}`, content.text);
  const explained = dialect?.explain?.(reply.status, codes);
  if (explained) {
    return fhirFailure('FHIR_INVALID', { ...explained, message: `${explained.message} ${said}`, ...detail });
  }
  const code = codeOf(refused);
  const wait =
    code === 'FHIR_THROTTLED' || reply.status >= 500 ? retryAfter(reply.headers, refused.now) : undefined;
  return fhirFailure(code, {
    message:
      code === 'FHIR_INSUFFICIENT_SCOPE'
        ? `The client was not granted ${refused.scope}: the server answered the ${what} with 403 insufficient_scope.`
        : said,
    ...(code === 'FHIR_INSUFFICIENT_SCOPE'
      ? { fix: `Add ${refused.scope} to the client, and wait until the site has synchronised it.` }
      : {}),
    ...(wait === undefined ? {} : { retry: { again: true, after: wait } }),
    ...detail,
  });
}

/**
 * A gateway that lost the server in the middle answers 502, 503 or 504, and the server may have gone on by itself; so may
 * one that failed after it had filed. Told when to come again, it was turned away at the door.
 */
function mayHaveHappened({ reply: { status, headers } }: Refusal): boolean {
  if (status === 503) return headers['retry-after'] === undefined;
  return status === 408 || status >= 500;
}

function codeOf({ reply, content }: Refusal): FhirFailureCode {
  const { status, headers } = reply;
  if (status === 401) return 'FHIR_UNAUTHENTICATED';
  if (status === 403) {
    // An API that is not on the client: an empty body and the challenge; a user who may not: an OperationOutcome.
    const challenged = /insufficient_scope/.test(headers['www-authenticate'] ?? '');
    return challenged ? 'FHIR_INSUFFICIENT_SCOPE' : 'FHIR_FORBIDDEN';
  }
  if (status === 404 || status === 410) {
    return content.form === 'html' || content.form === 'other' ? 'FHIR_NO_ENDPOINT' : 'FHIR_NOT_FOUND';
  }
  if (status === 409 || status === 412) return 'FHIR_CONFLICT';
  if (status === 429 || status === 503) return 'FHIR_THROTTLED';
  if (status === 408 || status >= 500) return 'FHIR_SERVER_ERROR';
  if (status >= 300 && status < 400) return 'FHIR_REDIRECTED';
  return 'FHIR_INVALID';
}

/** No answer to a read: nothing was changed by asking, so it may be asked again. */
export function readTrouble(error: HttpError, what: string): Failure {
  const code = (
    {
      unreachable: 'FHIR_UNREACHABLE',
      tls: 'FHIR_TLS',
      timeout: 'FHIR_TIMEOUT',
      reset: 'FHIR_RESET',
      'too large': 'FHIR_TOO_LARGE',
      aborted: 'FHIR_TIMEOUT',
    } as const
  )[error.trouble];
  return fhirFailure(code, {
    message: `No answer to the ${what}: ${error.trouble} (${error.code}).`,
    cause: error,
  });
}

/** No answer to a write: only when certainly nothing went out may it be sent again as if nothing had been. */
export function writeTrouble(error: HttpError, what: string): Failure {
  return error.maybeSent
    ? writeUnknown(what, `by nothing (${error.trouble}, ${error.code})`, '', error)
    : readTrouble(error, what);
}
