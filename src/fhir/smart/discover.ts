/** SMART discovery: `.well-known/smart-configuration` below the FHIR base. */
import { contentOf, excerpt } from '../answer.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, HttpError } from '../http.ts';
import { readTrouble } from '../status.ts';

export interface SmartConfiguration {
  readonly tokenEndpoint: URL;
  readonly capabilities: readonly string[];
  readonly grantTypes: readonly string[];
  readonly authMethods: readonly string[];
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Throws `FHIR_DISCOVERY` (config) when it is absent or unusable. */
export async function discover(
  http: Http,
  baseUrl: string,
  signal: AbortSignal,
): Promise<SmartConfiguration> {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/.well-known/smart-configuration`);
  let reply: Awaited<ReturnType<Http['send']>>;
  try {
    reply = await http.send({ url, method: 'GET', headers: { accept: 'application/json' }, signal });
  } catch (error) {
    throw error instanceof HttpError ? readTrouble(error, 'SMART discovery') : error;
  }
  const { text } = contentOf(reply.body);
  const found = jsonObject(text);
  if (reply.status === 429 || reply.status >= 500) {
    throw fhirFailure('FHIR_SERVER_ERROR', {
      message: `SMART discovery was answered with ${reply.status}.`,
      detail: excerpt(text),
    });
  }
  // A relative address is resolved as SMART says; it may not lead from encryption to none.
  const token = typeof found?.token_endpoint === 'string' ? URL.parse(found.token_endpoint, url.href) : null;
  const usable =
    token !== null &&
    (token.protocol === 'https:' || (token.protocol === 'http:' && url.protocol === 'http:'));
  if (reply.status !== 200 || !usable) {
    throw fhirFailure('FHIR_DISCOVERY', {
      message: `SMART discovery gave no usable token endpoint (status ${reply.status}).`,
      detail: excerpt(text),
    });
  }
  return {
    tokenEndpoint: token,
    capabilities: texts(found?.capabilities),
    grantTypes: texts(found?.grant_types_supported),
    authMethods: texts(found?.token_endpoint_auth_methods_supported),
  };
}

/** The object that a text is as JSON; `undefined` when it is none. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
