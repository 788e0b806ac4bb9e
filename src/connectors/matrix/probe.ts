/**
 * Asks a FHIR server what it is and has: its CapabilityStatement, its SMART configuration, the scopes of a token, and
 * questions about nobody that show whether each type may be read and searched. Changes nothing; what it gives back
 * names no patient and holds no token.
 */
import { codesOf, contentOf, type FhirResource, type Http, HttpError, objectsIn } from '../../fhir/index.ts';
import { type Observed, observedTime } from '../../site/index.ts';
import type { Clock } from '../../std/index.ts';
import type { Budget } from '../contract.ts';
import { certificateOf } from './certificate.ts';

export interface ProbeOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly fhirBase: string;
  /** Sent along with the discovery: Epic gives other addresses by client. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A good token, and the scopes it came with; left out: the server is asked without one. */
  readonly token?: (
    signal: AbortSignal,
  ) => Promise<{ readonly accessToken: string; readonly scopes: string | undefined }>;
  readonly signal: AbortSignal;
}

/** Nobody's id: an answer about it shows that the question was allowed. */
const NOBODY = 'suture-connection-test';

const QUESTIONS: Readonly<Record<string, string>> = {
  Patient: `identifier=${NOBODY}`,
  Appointment: `patient=${NOBODY}&date=ge2020-01-01`,
  Encounter: `patient=${NOBODY}`,
  Observation: `patient=${NOBODY}&category=vital-signs`,
  DocumentReference: `patient=${NOBODY}`,
};

type Trial = NonNullable<Observed['trials']>['trials'][number];

type Asking = Pick<ProbeOptions, 'http' | 'clock' | 'budget' | 'fhirBase' | 'headers' | 'signal'>;

/** Asks below the base, within the budget. */
function asker({ http, budget, fhirBase, signal }: Asking) {
  const base = fhirBase.replace(/\/+$/, '');
  return {
    base,
    async ask(path: string, headers: Readonly<Record<string, string>>) {
      await budget.take(signal);
      const url = new URL(`${base}/${path}`);
      const reply = await http.send({ url, method: 'GET', headers, signal });
      return { reply, content: contentOf(reply.body) };
    },
  };
}

const ACCEPT = { accept: 'application/fhir+json' };

/**
 * What a server says of itself to whoever asks: CapabilityStatement (of DSTU2: Conformance), SMART configuration, and until when its
 * certificate holds. Nobody signs in.
 * @throws HttpError: no answer at all.
 */
export async function discoverServer(
  options: Asking,
): Promise<Pick<Observed, 'metadata' | 'smart' | 'certificate'>> {
  const { base, ask } = asker(options);
  const observedAt = observedTime(options.clock.now());
  const metadata = await ask('metadata', { ...ACCEPT, ...options.headers });
  const smart = await ask('.well-known/smart-configuration', {
    accept: 'application/json',
    ...options.headers,
  });
  const statement = metadata.content.resource;
  const configuration = jsonObject(smart.content.text);
  const at = (path: string) => ({ observedAt, from: `${base}/${path}` });
  const observed: { -readonly [Part in 'metadata' | 'smart' | 'certificate']?: Observed[Part] } = {};
  const certificate = await certificateOf(base, options.signal);
  if (certificate !== undefined) observed.certificate = { observedAt, ...certificate };
  if (statement?.resourceType === 'CapabilityStatement' || statement?.resourceType === 'Conformance') {
    observed.metadata = { ...at('metadata'), ...statementFacts(statement) };
  }
  if (smart.reply.status === 200 && configuration) {
    observed.smart = {
      ...at('.well-known/smart-configuration'),
      ...(typeof configuration.token_endpoint === 'string'
        ? { tokenEndpoint: configuration.token_endpoint }
        : {}),
      capabilities: texts(configuration.capabilities).sort(),
      grants: texts(configuration.grant_types_supported).sort(),
      authMethods: texts(configuration.token_endpoint_auth_methods_supported).sort(),
      scopesNamed: texts(configuration.scopes_supported).sort(),
    };
  }
  return observed;
}

/** @throws Failure or HttpError: no answer at all, or no token. What was answered, however, is a fact. */
export async function probeServer(options: ProbeOptions): Promise<Observed> {
  const { clock, signal } = options;
  const { base, ask } = asker(options);
  const observedAt = observedTime(clock.now());
  const observed: { -readonly [Part in keyof Observed]: Observed[Part] } = await discoverServer(options);
  const headers: Record<string, string> = { ...ACCEPT };
  if (options.token) {
    const { accessToken, scopes } = await options.token(signal);
    headers.authorization = `Bearer ${accessToken}`;
    observed.scopes = {
      observedAt,
      from: observed.smart?.tokenEndpoint ?? base,
      told: scopes !== undefined && scopes.trim() !== '',
      scopes: [...new Set((scopes ?? '').split(/\s+/).filter((scope) => scope !== ''))].sort(),
    };
  }
  const trials: Trial[] = [];
  for (const [type, query] of Object.entries(QUESTIONS)) {
    for (const [what, path] of [
      [`${type} (read)`, `${type}/${NOBODY}`],
      [`${type} (search)`, `${type}?${query}`],
    ] as const) {
      trials.push(await trial(what, () => ask(path, headers)));
    }
  }
  observed.trials = { observedAt, from: base, trials };
  return observed;
}

type Answered = {
  readonly reply: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly content: ReturnType<typeof contentOf>;
};

async function trial(what: string, question: () => Promise<Answered>): Promise<Trial> {
  try {
    const { reply, content } = await question();
    return {
      what,
      answer: meaning(reply.status, reply.headers, content),
      status: reply.status,
      codes: codesOf(content.issues).sort(),
    };
  } catch (error) {
    // One silent question is no reason to throw away what the others told.
    if (!(error instanceof HttpError) || error.trouble === 'aborted') throw error;
    return { what, answer: 'unclear', status: null, codes: [] };
  }
}

function meaning(
  status: number,
  headers: Readonly<Record<string, string>>,
  content: ReturnType<typeof contentOf>,
): Trial['answer'] {
  if (status >= 200 && status < 300) return content.form === 'fhir' ? 'allowed' : 'unclear';
  if (status === 403 || status === 401) {
    if (/insufficient_scope/.test(headers['www-authenticate'] ?? '')) return 'not granted';
    // Some servers answer a search that lacks its patient with 403 and say so in the outcome.
    if (content.issues.some((issue) => issue.codes.some((code) => CALLER.has(code)))) return 'allowed';
    return status === 403 ? 'user may not' : 'unclear';
  }
  if (status === 404 && content.form !== 'fhir') return 'no such thing';
  // "No such patient", "no such id": but the question was allowed, and that was the question.
  return (status === 400 || status === 404 || status === 410 || status === 422) && content.form === 'fhir'
    ? 'allowed'
    : 'unclear';
}

/** Codes that blame the question, not the one who asks. */
const CALLER: ReadonlySet<string> = new Set([
  '59100',
  '59102',
  '59108',
  '59111',
  '59144',
  '59159',
  '4102',
  '4111',
]);

function statementFacts(
  statement: FhirResource,
): Omit<NonNullable<Observed['metadata']>, 'observedAt' | 'from'> {
  const software = (statement.software ?? {}) as Readonly<Record<string, unknown>>;
  const rest = objectsIn(statement.rest);
  const text = (name: string) =>
    typeof software[name] === 'string' ? { [name]: software[name] as string } : {};
  const resources = rest.flatMap((each) => objectsIn(each.resource));
  return {
    fhirVersion: typeof statement.fhirVersion === 'string' ? statement.fhirVersion : 'unknown',
    software: { ...text('name'), ...text('version'), ...text('releaseDate') },
    formats: texts(statement.format).sort(),
    systemOperations: rest.flatMap((each) => names(each.operation)).sort(),
    resources: Object.fromEntries(
      resources
        .filter((each) => typeof each.type === 'string')
        .map((each) => [
          each.type as string,
          {
            interactions: objectsIn(each.interaction)
              .map(({ code }) => String(code))
              .sort(),
            search: names(each.searchParam),
            operations: names(each.operation).sort(),
            conditionalCreate: each.conditionalCreate === true,
            ...(typeof each.versioning === 'string' ? { versioning: each.versioning } : {}),
          },
        ]),
    ),
  };
}

const names = (value: unknown): string[] =>
  objectsIn(value)
    .map(({ name }) => name)
    .filter((name) => typeof name === 'string');

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
