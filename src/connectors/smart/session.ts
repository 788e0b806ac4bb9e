/** The tokens of one FHIR connection, however its record says that it signs in; and the sign-in for a person's browser. */
import {
  authorizeUrl,
  type ClientAuthentication,
  type ConsentTokens,
  createBackendTokens,
  createConsentTokens,
  discover,
  type Http,
  ownSlot,
  type SmartConfiguration,
  spelled,
  type Tokens,
  type Watch,
} from '../../fhir/index.ts';
import type { ConnectionContext, SignIn } from '../contract.ts';
import type { SmartAuth } from './config.ts';

export interface SmartOptions {
  readonly fhirBase: string;
  readonly tokenUrl?: string | undefined;
  readonly clientId: string;
  readonly auth: SmartAuth;
  readonly http: Http;
  readonly context: ConnectionContext;
  readonly watch: Watch;
  /** What the connector reads and learns, as system scopes: what a person is asked for unless the record says. */
  readonly reads: readonly string[];
  /** A backend asks for `reads`, too: Epic gives what is on the client whatever is asked, other servers only what is asked. */
  readonly asksAsBackend?: boolean;
  /** A sign-in of its own, not the one that is kept: to test that it works. */
  readonly afresh?: boolean;
}

export interface SmartSession {
  readonly tokens: Tokens;
  /** Only where a person's consent is what it works with. */
  readonly signIn: SignIn | undefined;
  readonly consent: ConsentTokens | undefined;
  /** What the server says of its sign-in; asked once, and again after it failed. */
  readonly smart: (signal: AbortSignal) => Promise<SmartConfiguration>;
}

export function openSmart(options: SmartOptions): SmartSession {
  const { fhirBase, clientId, auth, http, context, watch } = options;
  const { clock } = context;
  let discovered: Promise<SmartConfiguration> | undefined;

  async function smart(signal: AbortSignal): Promise<SmartConfiguration> {
    discovered ??= discover(http, fhirBase, signal, clientId);
    try {
      const found = await discovered;
      return options.tokenUrl === undefined ? found : { ...found, tokenEndpoint: new URL(options.tokenUrl) };
    } catch (error) {
      discovered = undefined;
      throw error;
    }
  }

  const authentication = authenticationOf(auth, context);
  const shared = { http, clock, clientId, authentication, watch };
  if (auth.method === 'backend') {
    const { tokenUrl } = options;
    const systemScopes = auth.scopes ?? (options.asksAsBackend ? options.reads : undefined);
    const tokens = createBackendTokens({
      ...shared,
      slot: options.afresh ? ownSlot(clock) : context.shared('token'),
      tokenUrl: async (signal) => (tokenUrl ? new URL(tokenUrl) : (await smart(signal)).tokenEndpoint),
      ...(systemScopes === undefined ? {} : { scope: systemScopes.join(' ') }),
    });
    return { tokens, signIn: undefined, consent: undefined, smart };
  }

  const consent = createConsentTokens({
    ...shared,
    fhirBase,
    smart,
    slot: context.shared('consent'),
    ...(auth.persons === undefined ? {} : { persons: auth.persons }),
  });
  const scopes = auth.scopes ?? scopesFor(options.reads);
  const signIn: SignIn = {
    begins: auth.begins,
    issuers: [fhirBase, ...auth.issuers],
    about: { host: new URL(fhirBase).host, clientId, scopes },
    async start({ redirectUri, state, launch, signal }) {
      const found = await smart(signal);
      // An EHR launch is asked for by a scope of its own; without one it would be forgotten that there was a launch.
      const wanted =
        launch === undefined
          ? scopes.filter((scope) => scope !== 'launch')
          : [...new Set([...scopes, 'launch'])];
      const { url, asked } = authorizeUrl({
        smart: found,
        clientId,
        redirectUri,
        scopes: spelled(wanted, found.capabilities),
        state,
        aud: fhirBase,
        ...(launch === undefined ? {} : { launch }),
      });
      return { url: url.href, asked };
    },
    finish: (request) => consent.redeem(request),
    facts: () => consent.facts(),
    disconnect: () => consent.disconnect(),
  };
  return { tokens: consent, signIn, consent, smart };
}

function authenticationOf(auth: SmartAuth, { secrets }: ConnectionContext): ClientAuthentication {
  if (auth.client === 'public') return { by: 'nothing' };
  if (auth.client !== 'key') return { by: auth.client, secret: () => secrets.get(auth.secret ?? '') };
  return {
    by: 'key',
    key: () => secrets.signingKey(auth.key, auth.algorithm),
    ...(auth.keySetUrl === undefined ? {} : { jku: auth.keySetUrl }),
  };
}

/** A person's scopes for what a program would ask for by itself. */
export function scopesFor(reads: readonly string[]): string[] {
  const resources = reads.map((scope) => scope.replace(/^system\//, 'user/'));
  return ['openid', 'fhirUser', 'offline_access', ...new Set(resources)];
}
