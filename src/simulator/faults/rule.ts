import { registry } from '../fhir/errors.ts';

/** Where and how often a fault happens; what is absent does not narrow it down. */
export interface FaultScope {
  /** Requests whose path contains this text. */
  readonly path?: string;
  /** FHIR requests about this resource type. */
  readonly type?: string;
  readonly method?: string;
  /** How likely each request is to meet it, from 0 to 1 (1). The dice come from the hospital's seed. */
  readonly probability?: number;
  /** How many requests it happens to before it is gone (until it is cleared). */
  readonly count?: number;
}

/** What goes wrong. */
export type FaultKind =
  /** Answers late: by `milliseconds`, or between them and `upTo` as `spread` says. */
  | {
      readonly kind: 'latency';
      readonly milliseconds: number;
      readonly upTo?: number;
      /** `even` between the two; `long-tail`: half are faster than `milliseconds`, one in a hundred slower than `upTo`. */
      readonly spread?: 'even' | 'long-tail';
    }
  /** An answer from the gateway in front of the hospital, in HTML. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterSeconds?: number;
      /** How Retry-After is spelled: seconds (usual), a date, or not at all. */
      readonly retryAfter?: 'seconds' | 'date' | 'none';
    }
  /** An OperationOutcome with one of Epic's error numbers, in FHIR, with the status that goes with it unless told. */
  | {
      readonly kind: 'outcome';
      readonly number: number;
      readonly status?: number;
      readonly diagnostics?: string;
    }
  /** The connection is reset before anything was done. */
  | { readonly kind: 'reset' }
  /** Everything was done, and the connection is reset instead of the answer. */
  | { readonly kind: 'lost-reply' }
  /** 200 with a sign-in page: a proxy whose session has ended. */
  | { readonly kind: 'login-page' }
  /** The body ends in the middle. */
  | { readonly kind: 'truncated' }
  /** XML, whatever was asked for. */
  | { readonly kind: 'xml' }
  /** `next` of a searchset leads to another host. */
  | { readonly kind: 'foreign-next'; readonly origin: string }
  /**
   * A code that nobody has seen before: in FHIR in place of the first coding of `element`, in HL7 in place of
   * field `field` of `segment`.
   */
  | {
      readonly kind: 'unknown-code';
      readonly code: string;
      readonly display?: string;
      readonly element?: string;
      readonly segment?: string;
      readonly field?: number;
    }
  /** The hospital's clock of tokens and of the Date header goes wrong: by so many seconds ahead, or behind. */
  | { readonly kind: 'clock-skew'; readonly seconds: number };

export type Fault = FaultKind & FaultScope;
/** A fault in force, with what is left of its count. */
export type ActiveFault = Fault & { readonly id: number; readonly met: number };

export const faultKinds = [
  'latency',
  'status',
  'outcome',
  'reset',
  'lost-reply',
  'login-page',
  'truncated',
  'xml',
  'foreign-next',
  'unknown-code',
  'clock-skew',
] as const satisfies readonly Fault['kind'][];

/** Says in words what is wrong with a fault, for the person who sent it. */
export class BadFault extends RangeError {}

type Fields = Readonly<Record<string, unknown>>;

const scopeNames = ['path', 'type', 'method', 'probability', 'count'] as const;

/** The fields of each kind beside the scope, with what each must be. */
const fieldsOf: Readonly<Record<Fault['kind'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  latency: {
    milliseconds: isNumber(0, 3_600_000),
    upTo: isNumber(0, 3_600_000),
    spread: isOneOf('even', 'long-tail'),
  },
  status: {
    status: isNumber(400, 599),
    retryAfterSeconds: isNumber(0, 86_400),
    retryAfter: isOneOf('seconds', 'date', 'none'),
  },
  outcome: {
    number: (value) => Object.hasOwn(registry, String(value)),
    status: isNumber(200, 599),
    diagnostics: isText,
  },
  reset: {},
  'lost-reply': {},
  'login-page': {},
  truncated: {},
  xml: {},
  'foreign-next': { origin: (value) => typeof value === 'string' && URL.canParse(value) },
  'unknown-code': {
    code: isText,
    display: isText,
    element: isText,
    segment: (value) => typeof value === 'string' && /^[A-Z][A-Z0-9]{2}$/.test(value),
    field: isNumber(1, 200),
  },
  'clock-skew': { seconds: isNumber(-86_400, 86_400) },
};
const required: Readonly<Partial<Record<Fault['kind'], readonly string[]>>> = {
  latency: ['milliseconds'],
  status: ['status'],
  outcome: ['number'],
  'foreign-next': ['origin'],
  'unknown-code': ['code'],
  'clock-skew': ['seconds'],
};
const scope: Readonly<Record<(typeof scopeNames)[number], (value: unknown) => boolean>> = {
  path: isText,
  type: isText,
  method: isText,
  probability: isNumber(0, 1),
  count: isNumber(1, 1_000_000_000),
};

/** Reads a fault as it comes in a request. Throws BadFault. */
export function readFault(fields: Fields): Fault {
  const kind = fields.kind as Fault['kind'];
  if (!faultKinds.includes(kind)) throw new BadFault(`kind must be one of ${faultKinds.join(', ')}`);
  const rules = { ...fieldsOf[kind], ...scope };
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'kind') continue;
    if (!Object.hasOwn(rules, name)) {
      throw new BadFault(`${kind} has no field ${name}; it has ${Object.keys(rules).join(', ')}`);
    }
    if (!rules[name as keyof typeof rules]?.(value))
      throw new BadFault(`${name} of ${kind} is not a value it can have`);
  }
  for (const name of required[kind] ?? []) {
    if (fields[name] === undefined) throw new BadFault(`${kind} needs ${name}`);
  }
  return { ...fields } as unknown as Fault;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
function isNumber(least: number, most: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && value >= least && value <= most;
}
function isOneOf(...words: readonly string[]): (value: unknown) => boolean {
  return (value) => words.includes(value as string);
}
