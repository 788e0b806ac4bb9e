import type { Behaviour } from '../profile/index.ts';

/** Where the hospital answers, as the outside is told. */
export interface Addresses {
  readonly fhirBase: string;
  readonly issuer: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly registerUrl: string;
  /** The keys that id_tokens are signed with. */
  readonly oidcKeysUrl: string;
}

/** All addresses of a hospital that is called by this origin: `http://127.0.0.1:4610`. */
export function addressesOf(origin: string): Addresses {
  const issuer = `${origin}/epic/oauth2`;
  return {
    fhirBase: `${origin}/epic/api/FHIR/R4`,
    issuer,
    authorizeUrl: `${issuer}/authorize`,
    tokenUrl: `${issuer}/token`,
    registerUrl: `${issuer}/register`,
    oidcKeysUrl: `${origin}/epic${oidcKeysPath}`,
  };
}

export const oidcKeysPath = '/api/epic/2019/Security/Open/PublicKeys/530027/OIDC';

/** smart-configuration and openid-configuration, value for value as the sandbox gives them. */
export function discovery(addresses: Addresses, behaviour: Behaviour): Record<string, unknown> {
  const old = behaviour.pkce === 'ignored';
  return {
    issuer: addresses.issuer,
    authorization_endpoint: addresses.authorizeUrl,
    token_endpoint: addresses.tokenUrl,
    jwks_uri: addresses.oidcKeysUrl,
    token_endpoint_auth_methods_supported: [
      'client_secret_post',
      'client_secret_basic',
      ...(old ? [] : ['private_key_jwt']),
    ],
    // Resource scopes are not listed, though they are granted.
    scopes_supported: ['epic.scanning.dmsusername', 'fhirUser', 'launch', 'openid', 'profile'],
    response_types_supported: ['code'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ...(behaviour.tokenExchangeListed ? ['urn:ietf:params:oauth:grant-type:token-exchange'] : []),
    ],
    ...(old ? {} : { code_challenge_methods_supported: ['S256'] }),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    capabilities: [
      'launch-ehr',
      'launch-standalone',
      'client-public',
      'client-confidential-symmetric',
      ...(old ? [] : ['client-confidential-asymmetric']),
      'context-banner',
      'context-style',
      'context-ehr-patient',
      'context-ehr-encounter',
      'context-standalone-patient',
      'permission-offline',
      'permission-patient',
      'permission-user',
      ...(old ? [] : ['permission-v1', 'permission-v2']),
      'sso-openid-connect',
      ...(old ? [] : ['authorize-post']),
    ],
  };
}
