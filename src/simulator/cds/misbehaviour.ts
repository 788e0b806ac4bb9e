import type { Body } from '../admin/body.ts';

/** What can be wrong with the token that signs a request. */
export const badTokens = [
  'missing',
  'expired',
  'not-yet',
  'wrong-audience',
  'wrong-issuer',
  'wrong-key',
  'wrong-jku',
  'unsigned',
  'replayed',
] as const;
export type BadToken = (typeof badTokens)[number];

/** What a call does that a good caller does not: what a service has to survive, or to refuse. */
export interface Misbehaviour {
  readonly token?: BadToken;
  /** Names of prefetch that are not sent; `all` for every one. */
  readonly withoutPrefetch?: readonly string[] | 'all';
  /** As Epic does when the endpoint is not written exactly as the application registered it: no token, no prefetch. */
  readonly stripped?: boolean;
  /** fhirAuthorization carries a token that has ended. */
  readonly deadAuthorization?: boolean;
  /** The body breaks off in the middle. */
  readonly truncated?: boolean;
}

/** Reads `misbehave` of an admin request. Throws a RangeError. */
export function misbehaviourIn(body: Body | undefined): Misbehaviour {
  if (!body) return {};
  const token = body.optionalText('token');
  if (token !== undefined && !(badTokens as readonly string[]).includes(token)) {
    throw new RangeError(`misbehave.token must be one of ${badTokens.join(', ')}`);
  }
  const without = body.optionalTexts('withoutPrefetch');
  return {
    ...(token === undefined ? {} : { token: token as BadToken }),
    ...(without === undefined ? {} : { withoutPrefetch: without.includes('all') ? 'all' : without }),
    stripped: body.optionalBoolean('stripped') ?? false,
    deadAuthorization: body.optionalBoolean('deadAuthorization') ?? false,
    truncated: body.optionalBoolean('truncated') ?? false,
  };
}
