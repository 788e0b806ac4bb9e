import type { JSONWebKeySet } from 'jose';
import { type ClientOptions, newSecret, type UsedBy } from '../oauth/clients.ts';
import { isScope } from '../oauth/scopes.ts';
import { BadBody, type Body } from './body.ts';

/** A client as it is to be registered; without an id the hospital gives it one. */
export type ClientDetails = Omit<ClientOptions, 'clientId'> & { readonly clientId?: string };

const people: readonly UsedBy[] = ['backend', 'clinicians', 'patients'];

/** Reads and checks the details of a client. Throws BadBody. */
export function readClient(body: Body): ClientDetails {
  const usedBy = body.optionalText('usedBy') as UsedBy | undefined;
  if (usedBy !== undefined && !people.includes(usedBy)) {
    throw new BadBody(`usedBy must be one of ${people.join(', ')}`);
  }
  const { jwks } = body.fields as { jwks?: JSONWebKeySet };
  if (jwks !== undefined && !Array.isArray(jwks?.keys)) throw new BadBody('jwks must be a JWK Set');
  const details: Record<string, unknown> = {
    clientId: body.optionalText('clientId'),
    name: body.optionalText('name'),
    usedBy,
    jwksUrl: address('jwksUrl', body.optionalText('jwksUrl')),
    jwks,
    secret: body.optionalBoolean('confidential') ? newSecret() : body.optionalText('secret'),
    redirectUris: body.optionalTexts('redirectUris')?.map((uri) => redirectUri(uri)),
    launchUrl: address('launchUrl', body.optionalText('launchUrl')),
    backgroundUser: body.optionalBoolean('backgroundUser'),
    dynamicClients: body.optionalBoolean('dynamicClients'),
    scopes: body.optionalTexts('scopes')?.map((scope) => api(scope)),
  };
  const given = Object.entries(details).filter(([, value]) => value !== undefined);
  const client = Object.fromEntries(given) as ClientDetails;
  const needsRedirect = usedBy === 'clinicians' || usedBy === 'patients';
  if (needsRedirect && !client.redirectUris?.length) {
    throw new BadBody('people sign in to this client: give it a redirect URI');
  }
  const backend = usedBy === 'backend' || (usedBy === undefined && !client.redirectUris?.length);
  if (backend && !client.jwksUrl && !client.jwks) {
    throw new BadBody('a backend client proves itself by keys: give the URL of its JWK Set');
  }
  return client;
}

function address(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new BadBody(`${name} must be an absolute URL`);
  return text;
}

function redirectUri(text: string): string {
  if (!URL.canParse(text) || text.includes('#')) {
    throw new BadBody(`redirect URI ${text} must be an absolute URL without a fragment`);
  }
  return text;
}

function api(text: string): string {
  if (!isScope(text)) throw new BadBody(`${text} is neither a scope nor an API such as Patient.Read`);
  return text;
}
