/**
 * The one failure type. `kind` decides how a delivery is retried and is what monitoring counts, so a
 * refused sign-in is never counted as bad content. `code` is stable, stands in one table per folder
 * and is what documentation and dead letters are grouped by.
 */
import type { Json } from './canonical.ts';

/** What a failure means for the one who must act. */
export type FailureKind =
  | 'auth' // who we are is not accepted: token, certificate, password
  | 'config' // set up wrongly: scope, URL, missing connection
  | 'validation' // the content is refused; sending it again changes nothing
  | 'throttle' // too fast: wait as told
  | 'timeout' // no answer, and nothing was changed by asking (a read)
  | 'unreachable' // nothing was sent: no route, refused, no name
  | 'rejected' // received and refused for now (MLLP AR, 5xx before acting)
  | 'conflict' // somebody else changed it first
  | 'unknown-outcome' // sent, and no answer: it may have happened
  | 'defect'; // our own mistake

/** Where it happened. Every part is a name that the user chose; never patient data. */
export interface Place {
  readonly site?: string;
  readonly connection?: string;
  readonly flow?: string;
  readonly step?: string;
  /** A field, an HL7 path, a file and line. */
  readonly path?: string;
}

/**
 * How a caller may go on. `after` in milliseconds: the other side asked for that pause. `alone`: of this one thing only, so
 * that others need not wait for it.
 */
export type Retry =
  /** `held`: it ends here, but a person can decide it: it is held for one instead of given up. */
  | { readonly again: false; readonly held?: true }
  | { readonly again: true; readonly after?: number; readonly alone?: true };

export interface FailureOptions {
  /** Stable, upper case with underscores: `WEBHOOK_REFUSED`. */
  readonly code: string;
  readonly kind: FailureKind;
  /** One sentence: what happened. No patient data. */
  readonly message: string;
  /** One sentence: what to do first. */
  readonly fix: string;
  readonly at?: Place;
  /** What it is about, for programs: names and codes, as data. No patient data. */
  readonly facts?: Json;
  /** Left out: `retryByKind[kind]`. */
  readonly retry?: Retry;
  readonly cause?: unknown;
  /** What the other side said, for the sealed history only: it may hold patient data. */
  readonly detail?: string;
}

const AGAIN: Retry = { again: true };
const NEVER: Retry = { again: false };

/** The default for each kind; the engine refines it (circuit, refresh once, flow policy). */
export const retryByKind: Readonly<Record<FailureKind, Retry>> = {
  auth: AGAIN,
  config: AGAIN,
  validation: NEVER,
  throttle: AGAIN,
  timeout: AGAIN,
  unreachable: AGAIN,
  rejected: AGAIN,
  conflict: AGAIN,
  'unknown-outcome': AGAIN,
  defect: NEVER,
};

/**
 * @example
 * throw new Failure({ code: 'STORE_FULL', kind: 'unreachable', message: 'The disk is full.', fix: 'Free space in the data folder.' });
 */
export class Failure extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  readonly fix: string;
  readonly at: Place;
  readonly facts: Json | undefined;
  readonly retry: Retry;
  readonly detail: string | undefined;

  constructor(options: FailureOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = options.code;
    this.kind = options.kind;
    this.fix = options.fix;
    this.at = options.at ?? {};
    this.facts = options.facts;
    this.retry = options.retry ?? retryByKind[options.kind];
    this.detail = options.detail;
  }

  /** The same failure with more said about where; what is already known wins. */
  within(at: Place): Failure {
    return new Failure({
      code: this.code,
      kind: this.kind,
      message: this.message,
      fix: this.fix,
      at: { ...at, ...this.at },
      ...(this.facts === undefined ? {} : { facts: this.facts }),
      retry: this.retry,
      cause: this.cause,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    });
  }

  /** Plain data for stores, APIs and threads. Without `detail` and `cause`, which may hold patient data. */
  toJSON(): FailureRecord {
    return {
      code: this.code,
      kind: this.kind,
      message: this.message,
      fix: this.fix,
      at: this.at,
      ...(this.facts === undefined ? {} : { facts: this.facts }),
      retry: this.retry,
    };
  }
}

/** A failure as data. */
export interface FailureRecord {
  readonly code: string;
  readonly kind: FailureKind;
  readonly message: string;
  readonly fix: string;
  readonly at: Place;
  readonly facts?: Json;
  readonly retry: Retry;
}

/** A row of a folder's table of failures: what documentation is made from. */
export interface FailureEntry {
  readonly kind: FailureKind;
  /** When it is given; its message unless another is said. */
  readonly about: string;
  /** What to do first. */
  readonly fix: string;
}

/**
 * Makes failures of one table.
 * @example
 * const hookFailure = failuresOf({ HOOK_REFUSED: { kind: 'auth', about: 'The hook refused us.', fix: 'Renew the secret.' } });
 * throw hookFailure('HOOK_REFUSED', { at: { site: 'mercy' } });
 */
export function failuresOf<Code extends string>(
  table: Readonly<Record<Code, FailureEntry>>,
): (code: Code, options?: Partial<Omit<FailureOptions, 'code'>>) => Failure {
  return (code, options = {}) => {
    const { kind, about, fix } = table[code];
    return new Failure({ code, kind, message: about, fix, ...options });
  };
}

/** A `Failure` as it is; anything else becomes a `defect` that names where it came from. */
export function asFailure(error: unknown, at: Place = {}): Failure {
  if (error instanceof Failure) return error.within(at);
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure({
    code: 'DEFECT',
    kind: 'defect',
    message: `Unexpected ${name} inside Suture or in a code step.`,
    fix: 'Look at the stack in the log of this time; if it is not your code step, report it.',
    at,
    cause: error,
    detail: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error),
  });
}

/** Back from plain data. */
export function failureFrom(record: FailureRecord): Failure {
  return new Failure(record);
}

/** `site / connection / flow / step / path`, what is known of it; for one-line messages. */
export function placeText(at: Place): string {
  return [at.site, at.connection, at.flow, at.step, at.path].filter((part) => part !== undefined).join(' / ');
}
