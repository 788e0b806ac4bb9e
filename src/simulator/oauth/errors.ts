import type { FastifyReply } from 'fastify';
import type { Behaviour } from '../profile/index.ts';

/**
 * What the token and registration endpoints refuse, and how sure each answer is. Epic says which error is meant
 * and no more: `error_description` is null, so that nothing tells one fault of an assertion from another.
 */
export const refusals = {
  notPosted: { status: 400, error: 'invalid_request', ground: 'confirmed', when: 'GET or another method' },
  notAForm: { status: 400, error: 'invalid_request', ground: 'confirmed', when: 'a JSON body, or none' },
  inTheAddress: {
    status: 400,
    error: 'invalid_request',
    ground: 'confirmed',
    when: 'parameters in the address',
  },
  incomplete: {
    status: 400,
    error: 'invalid_request',
    ground: 'inferred',
    when: 'a parameter is missing or given twice',
  },
  otherGrant: {
    status: 400,
    error: 'unsupported_grant_type',
    ground: 'inferred',
    when: 'a grant_type it does not have',
  },
  badAssertion: {
    status: 400,
    error: 'invalid_client',
    ground: 'confirmed',
    when: 'any fault of a client assertion',
  },
  badSecret: {
    status: 400,
    error: 'invalid_client',
    ground: 'inferred',
    when: 'a wrong secret, or a client nobody knows',
  },
  unproven: {
    status: 400,
    error: 'invalid_client',
    ground: 'inferred',
    when: 'a client with a secret or keys that proves nothing',
  },
  noBackgroundUser: {
    status: 400,
    error: 'unauthorized_client',
    ground: 'confirmed',
    when: 'client_credentials before the site has mapped a background user',
  },
  notForBackends: {
    status: 400,
    error: 'unauthorized_client',
    ground: 'inferred',
    when: 'client_credentials by a client that people sign in to',
  },
  badCode: {
    status: 400,
    error: 'invalid_grant',
    ground: 'confirmed',
    when: 'a code that was used or has expired',
  },
  otherRedirect: {
    status: 400,
    error: 'invalid_grant',
    ground: 'inferred',
    when: 'another redirect_uri or client than the code was given to',
  },
  badVerifier: {
    status: 400,
    error: 'invalid_grant',
    ground: 'inferred',
    when: 'code_verifier is missing or does not fit',
  },
  badRefresh: {
    status: 400,
    error: 'invalid_grant',
    ground: 'inferred',
    when: 'a refresh token that has ended, or of another client',
  },
  endedGrant: {
    status: 400,
    error: 'invalid_grant',
    ground: 'inferred',
    when: 'the person’s grant behind an instance has ended',
  },
  badMetadata: {
    status: 400,
    error: 'invalid_client_metadata',
    ground: 'inferred',
    when: 'a registration without software_id or usable keys',
  },
  badInitialToken: {
    status: 401,
    error: 'invalid_token',
    ground: 'inferred',
    when: 'a registration token that is used, unknown or not of this client',
  },
} as const satisfies Record<string, { status: number; error: string; ground: string; when: string }>;

export type RefusalName = keyof typeof refusals;

/** A request that ends in one of the refusals. */
export class Refused extends Error {
  readonly refusal: RefusalName;

  constructor(refusal: RefusalName) {
    super(refusal);
    this.refusal = refusal;
  }
}

export function sendRefusal(
  reply: FastifyReply,
  name: RefusalName,
  { tokenErrorDescription }: Pick<Behaviour, 'tokenErrorDescription'>,
): FastifyReply {
  const { status, error } = refusals[name];
  const body = tokenErrorDescription === 'null' ? { error, error_description: null } : { error };
  return reply.code(status).header('cache-control', 'no-store').send(body);
}
