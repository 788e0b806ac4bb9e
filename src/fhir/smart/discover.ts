/** Discovery: `.well-known/smart-configuration` below the FHIR base, or what the CapabilityStatement says where there is none. */
import { contentOf, excerpt } from '../answer.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, HttpError, type HttpReply } from '../http.ts';
import { objectsIn } from '../resource.ts';
import { readTrouble } from '../status.ts';

export interface SmartConfiguration {
  readonly tokenEndpoint: URL;
  readonly authorizationEndpoint: URL | undefined;
  readonly registrationEndpoint: URL | undefined;
  /** Whose id tokens are believed, and the keys that they are signed with. */
  readonly issuer: string | undefined;
  readonly jwksUri: URL | undefined;
  readonly capabilities: readonly string[];
  readonly grantTypes: readonly string[];
  readonly authMethods: readonly string[];
  /** PKCE; none named: a server of before. */
  readonly challengeMethods: readonly string[];
  readonly scopes: readonly string[];
  /** Where it was found. */
  readonly from: 'smart-configuration' | 'metadata';
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/**
 * Throws `FHIR_DISCOVERY` (config) when it is absent or unusable at both places.
 * @param clientId Epic may have other addresses for some clients, and says so only to them.
 */
export async function discover(
  http: Http,
  baseUrl: string,
  signal: AbortSignal,
  clientId?: string,
): Promise<SmartConfiguration> {
  const base = baseUrl.replace(/\/+$/, '');
  const url = new URL(`${base}/.well-known/smart-configuration`);
  const { reply, text, found } = await ask(http, url, 'application/json', signal);
  const below = new URL(`${base}/`);
  const configuration = reply.status === 200 && found ? smartOf(found, below) : undefined;
  if (configuration !== undefined) return configuration;
  const metadata = new URL(`${base}/metadata`);
  const statement = await ask(http, metadata, 'application/fhir+json', signal, clientId);
  const said =
    statement.reply.status === 200 && statement.found ? statementOf(statement.found, below) : undefined;
  if (said !== undefined) return said;
  throw fhirFailure('FHIR_DISCOVERY', {
    message: `SMART discovery gave no usable token endpoint (status ${reply.status}), and neither did the CapabilityStatement (status ${statement.reply.status}).`,
    detail: excerpt(text),
  });
}

async function ask(http: Http, url: URL, accept: string, signal: AbortSignal, clientId?: string) {
  let reply: HttpReply;
  try {
    const headers = { accept, ...(clientId === undefined ? {} : { 'epic-client-id': clientId }) };
    reply = await http.send({ url, method: 'GET', headers, signal });
  } catch (error) {
    throw error instanceof HttpError ? readTrouble(error, 'SMART discovery') : error;
  }
  const { text } = contentOf(reply.body);
  if (reply.status === 429 || reply.status >= 500) {
    throw fhirFailure('FHIR_SERVER_ERROR', {
      message: `SMART discovery was answered with ${reply.status}.`,
      detail: excerpt(text),
    });
  }
  return { reply, text, found: jsonObject(text) };
}

/** A relative address is read against the FHIR base, as SMART says; it may not lead from encryption to none. */
function endpoint(value: unknown, from: URL): URL | undefined {
  const url = typeof value === 'string' ? URL.parse(value, from.href) : null;
  const usable =
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:'));
  return usable ? url : undefined;
}

function smartOf(found: Readonly<Record<string, unknown>>, url: URL): SmartConfiguration | undefined {
  const tokenEndpoint = endpoint(found.token_endpoint, url);
  if (tokenEndpoint === undefined) return undefined;
  return {
    tokenEndpoint,
    authorizationEndpoint: endpoint(found.authorization_endpoint, url),
    registrationEndpoint: endpoint(found.registration_endpoint, url),
    issuer: typeof found.issuer === 'string' ? found.issuer : undefined,
    jwksUri: endpoint(found.jwks_uri, url),
    capabilities: texts(found.capabilities),
    grantTypes: texts(found.grant_types_supported),
    authMethods: texts(found.token_endpoint_auth_methods_supported),
    challengeMethods: texts(found.code_challenge_methods_supported),
    scopes: texts(found.scopes_supported),
    from: 'smart-configuration',
  };
}

const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

/** The way of before 2021: an extension of `rest[0].security`. */
function statementOf(found: Readonly<Record<string, unknown>>, url: URL): SmartConfiguration | undefined {
  const [rest] = objectsIn(found.rest);
  const security = (rest?.security ?? {}) as Readonly<Record<string, unknown>>;
  const uris = objectsIn(security.extension).find((extension) => extension.url === OAUTH_URIS);
  const named = new Map(objectsIn(uris?.extension).map((one) => [one.url, one.valueUri] as const));
  const tokenEndpoint = endpoint(named.get('token'), url);
  if (tokenEndpoint === undefined) return undefined;
  return {
    tokenEndpoint,
    authorizationEndpoint: endpoint(named.get('authorize'), url),
    registrationEndpoint: endpoint(named.get('register'), url),
    issuer: undefined,
    jwksUri: undefined,
    capabilities: [],
    grantTypes: [],
    authMethods: [],
    challengeMethods: [],
    scopes: [],
    from: 'metadata',
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
