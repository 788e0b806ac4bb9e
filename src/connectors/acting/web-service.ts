/** The site's own web service, as a declared request: where it goes, which secrets it carries, which fields it is made of. */
import { createHttp, type FhirResource, type Http, HttpError, type HttpReply } from '../../fhir/index.ts';
import {
  compileFieldMap,
  compilePath,
  compileSource,
  type FieldMap,
  type MappingContext,
} from '../../mapping/index.ts';
import { type Clock, Failure } from '../../std/index.ts';
import type { Acting } from './act.ts';
import { writeFailure } from './failures.ts';
import type { WebRoute } from './route.ts';
import type { Sent } from './write-once.ts';

export interface WebMaterial {
  readonly resource: FhirResource;
  readonly patient: FhirResource | undefined;
  readonly encounter: FhirResource | undefined;
}

const LARGEST_ANSWER = 1024 * 1024;

/** The web services of one connection: a pool of sockets for each time limit, kept for as long as the connection is open. */
export interface WebServices {
  http(route: Pick<WebRoute, 'timeout'>): Http;
  close(): Promise<void>;
}

export function openWebServices(clock: Clock): WebServices {
  const pools = new Map<number, Http>();
  return {
    http({ timeout }) {
      let http = pools.get(timeout);
      if (http === undefined) {
        const connect = Math.min(timeout, 5_000);
        http = createHttp(clock, { connect, answer: timeout, total: timeout, size: LARGEST_ANSWER });
        pools.set(timeout, http);
      }
      return http;
    },
    close: async () => void (await Promise.all([...pools.values()].map((http) => http.close()))),
  };
}

export async function askWebService(
  route: WebRoute,
  material: WebMaterial,
  { timeZone, context, about, web }: Pick<Acting, 'timeZone' | 'context' | 'about' | 'web'>,
): Promise<Sent> {
  const values = new Map<string, unknown>([...Object.entries(material), ['key', about.idempotencyKey]]);
  const mapping: MappingContext = { values, timeZone };
  const url = urlOf(route.url, mapping);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/json',
    'idempotency-key': about.idempotencyKey,
  };
  for (const [header, secret] of Object.entries(route.headers))
    headers[header.toLowerCase()] = await context.secrets.get(secret);
  const body = JSON.stringify(compileFieldMap(route.body as FieldMap)(mapping));
  await context.budget.take(about.signal);
  const from = context.clock.elapsed();
  const told = (failure: Failure | null): void =>
    context.report({
      kind: failure?.kind ?? 'ok',
      ms: Math.round(context.clock.elapsed() - from),
      ...(failure ? { code: failure.code } : {}),
    });
  try {
    const reply = await web
      .http(route)
      .send({ url, method: route.method, headers, body, signal: about.signal });
    const sent = sentOf(route, reply);
    told(null);
    return sent;
  } catch (error) {
    const failure = error instanceof HttpError ? troubleOf(error) : error instanceof Failure ? error : null;
    if (failure === null) throw error;
    told(failure);
    throw failure;
  }
}

function sentOf(route: WebRoute, reply: HttpReply): Sent {
  const text = reply.body.toString('utf8');
  const { status } = reply;
  if (status === 429 || (status === 503 && reply.headers['retry-after'] !== undefined))
    throw answered('throttle', `The web service asks to slow down (${status}).`, text);
  if (status === 408 || status >= 500)
    throw answered('unknown-outcome', `The web service answered ${status}: it may have been done.`, text);
  if (status === 401 || status === 403)
    throw answered('auth', `The web service does not accept who we are (${status}).`, text);
  if (status < 200 || status >= 300)
    throw answered('validation', `The web service answered ${status}.`, text);
  let answer: unknown;
  try {
    answer = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw answered(
      'unknown-outcome',
      `The web service answered ${status} and no JSON: it may have been done.`,
      text,
    );
  }
  const refused = route.refusedBy === undefined ? undefined : compilePath(route.refusedBy).read(answer);
  if (refused !== undefined && refused !== null && refused !== '' && refused !== false)
    throw answered('validation', 'The web service says that it did not do it.', text);
  const id = route.id === undefined ? undefined : compilePath(route.id).read(answer);
  const named = typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
  return route.id === undefined ? { id: undefined, outcome: 'sent' } : { id: named, outcome: 'created' };
}

const answered = (
  kind: 'throttle' | 'unknown-outcome' | 'auth' | 'validation',
  message: string,
  detail: string,
): Failure => writeFailure('WRITE_WEB_SERVICE', { kind, message, detail: detail.slice(0, 16_384) });

function troubleOf(error: HttpError): Failure {
  const kind = error.maybeSent ? 'unknown-outcome' : 'unreachable';
  const message = `No answer from the web service: ${error.trouble} (${error.code}).`;
  const fix = error.maybeSent
    ? 'Nothing at first: it is looked for before it is asked again.'
    : 'Check the address under do of the connection, the VPN and whether the service is up.';
  return writeFailure('WRITE_WEB_SERVICE', { kind, message, fix, cause: error });
}

const SLOT = /\{([^{}]+)\}/g;

/** Sources in braces, encoded; the host cannot be chosen by a value. */
export function urlOf(template: string, mapping: MappingContext): URL {
  const origin = new URL(template.replace(SLOT, 'x')).origin;
  const filled = template.replace(SLOT, (_, source: string) => {
    const value = compileSource(source).read(mapping);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw writeFailure('WRITE_ARGUMENTS', {
        message: `The address of the web service needs ${source}, and it is empty.`,
      });
    return encodeURIComponent(String(value));
  });
  const url = URL.parse(filled);
  if (url?.origin !== origin)
    throw writeFailure('WRITE_ROUTE', {
      message: 'The address of the web service has a source where its host stands.',
    });
  return url;
}
