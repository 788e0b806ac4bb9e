import { Failure } from '../std/index.ts';
import type { ErrorAnswer } from './types.ts';

/** Every code that the API itself answers with: its HTTP status, and what to do first. */
export const API_FAILURES = {
  API_SIGN_IN_NEEDED: { status: 401, fix: 'Sign in, or send the command line token of the data folder.' },
  API_SIGN_IN_REFUSED: { status: 401, fix: 'Check name and password; an administrator can make a new user.' },
  API_TOO_MANY_ATTEMPTS: { status: 429, fix: 'Wait for the time said in Retry-After, then try once.' },
  API_ROLE_MISSING: { status: 403, fix: 'Ask an administrator for a role that may do this.' },
  API_CROSS_SITE: {
    status: 403,
    fix: 'Use the console at its own address; if a proxy is in front, set PUBLIC_URL to the address people use.',
  },
  API_LINK_USED: {
    status: 403,
    fix: 'Restart Suture for a new link, or sign in if there is a user already.',
  },
  API_NOT_FOUND: { status: 404, fix: 'Check the address; a message may have been removed by retention.' },
  API_CONFLICT: { status: 409, fix: 'Read the current state and decide again.' },
  API_BODY_TOO_LARGE: { status: 413, fix: 'Send a smaller body.' },
  API_BODY_TYPE: { status: 415, fix: 'Send the content type that this route takes.' },
  API_BAD_REQUEST: { status: 400, fix: 'Correct the fields named and send it again.' },
  API_STORE_FAILING: {
    status: 503,
    fix: 'Look at the store banner on Home; free disk space is the usual cure.',
  },
  API_BUSY: { status: 503, fix: 'Try again in a few seconds.' },
  API_DEFECT: { status: 500, fix: 'Look at the log of this time; if it names no cause of yours, report it.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly fix: string }>>;

export type ApiFailureCode = keyof typeof API_FAILURES;

/** Thrown by a route; the server renders it. `message`: one sentence, never with patient data. */
export class ApiFailure extends Error {
  readonly code: ApiFailureCode;
  readonly status: number;
  readonly fix: string;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter: number | undefined;

  constructor(code: ApiFailureCode, message: string, retryAfter?: number) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = API_FAILURES[code].status;
    this.fix = API_FAILURES[code].fix;
    this.retryAfter = retryAfter;
  }

  toAnswer(): ErrorAnswer {
    return { error: { code: this.code, message: this.message, fix: this.fix } };
  }
}

/** What the engine refuses is the caller's to mend: told in its words. */
export async function told<Value>(act: Promise<Value>): Promise<Value> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof Failure && /^(REPLAY|EDIT|SIGN_IN|KEY|FHIR)_/.test(error.code)) {
      throw new ApiFailure('API_CONFLICT', `${error.message} ${error.fix}`);
    }
    throw error;
  }
}
