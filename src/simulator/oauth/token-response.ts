import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Client } from './clients.ts';
import type { Addresses } from './discovery.ts';
import { type Api, grantedScope, type Perspective } from './scopes.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { Grant, Tokens } from './tokens.ts';

export interface TokenResponseParts {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  readonly tokens: Tokens;
  readonly oidcKeys: SigningKeys;
  readonly served: () => readonly Api[];
  readonly addresses: () => Addresses;
  readonly now: () => number;
}

// What is shown of the asked scopes beside the APIs on the record. `online_access` never is.
const shownScopes = ['launch', 'launch/patient', 'openid', 'fhirUser', 'profile', 'offline_access'];

/** The granted scope: what signs people in as it was asked, and every API on the client's record. */
export function scopeOf({ behaviour, served }: TokenResponseParts, client: Client, grant: Grant): string {
  const perspective: Perspective = grant.user
    ? grant.user.kind === 'clinician'
      ? 'user'
      : 'patient'
    : 'system';
  const shown = grant.asked.filter(
    (scope) => shownScopes.includes(scope) && (scope !== 'offline_access' || grant.persistentSeconds > 0),
  );
  return [...shown, grantedScope(client, served(), perspective, behaviour)].join(' ').trim();
}

/** The answer of the token endpoint to any grant. */
export function tokenResponse(
  parts: TokenResponseParts,
  client: Client,
  grant: Grant,
  more: Readonly<Record<string, unknown>> = {},
) {
  const { behaviour, tokens } = parts;
  return {
    access_token: tokens.issue({ ...grant, clientId: client.clientId }, behaviour.accessTokenSeconds),
    token_type: behaviour.tokenType,
    expires_in: behaviour.accessTokenSeconds,
    scope: scopeOf(parts, client, grant),
    ...more,
    ...contextOf(parts, grant),
  };
}

/** What was open when the person let the client in. */
function contextOf({ hospital, addresses }: TokenResponseParts, grant: Grant): Record<string, string> {
  if (!grant.user) return {};
  const { patientId, encounterId, locationId, appointmentId, department } = grant;
  const patient = patientId === undefined ? undefined : hospital.patient(patientId);
  return {
    ...(patientId === undefined ? {} : { patient: patientId }),
    ...(patient ? { '__epic.dstu2.patient': hospital.identities.dstu2Id('Patient', patient.number) } : {}),
    ...(encounterId === undefined ? {} : { encounter: encounterId }),
    ...(locationId === undefined ? {} : { location: locationId }),
    ...(appointmentId === undefined ? {} : { appointment: appointmentId }),
    ...(department === undefined ? {} : { loginDepartment: department }),
    // Text, not a boolean.
    need_patient_banner: grant.launched ? 'false' : 'true',
    smart_style_url: `${addresses().issuer.replace(/\/oauth2$/, '')}${stylePath}`,
  };
}

export const stylePath = '/api/epic/2016/EDI/HTTP/style/100003/I0YjMDA0ODg.json';

/** The id_token, when `openid` was asked for. */
export async function idTokenOf(
  { oidcKeys, addresses, behaviour, now }: TokenResponseParts,
  grant: Grant,
): Promise<string | undefined> {
  const { user, asked, nonce, clientId } = grant;
  if (!user || !asked.includes('openid')) return undefined;
  const { issuer, fhirBase } = addresses();
  const at = Math.floor(now() / 1000);
  return oidcKeys.sign({
    iss: issuer,
    aud: clientId,
    sub: user.fhirUser.split('/')[1] as string,
    iat: at,
    exp: at + behaviour.idTokenSeconds,
    ...(nonce === undefined ? {} : { nonce }),
    ...(asked.includes('fhirUser') ? { fhirUser: `${fhirBase}/${user.fhirUser}` } : {}),
    ...(asked.includes('profile') ? { preferred_username: user.login } : {}),
  });
}
