/** The hospital's CDS Hooks client: proves its calls, and reads for a call what it did not send along. */
import {
  type CdsFault,
  claimedIssuer,
  contentOf,
  createCdsVerifier,
  createHttp,
  HttpError,
  usualLimits,
} from '../../fhir/index.ts';
import type { Json } from '../../std/index.ts';
import type { Connection, ConnectionContext, Connector, TestResult } from '../contract.ts';
import { type CdsConfig, cdsFields, parseCds } from './config.ts';
import { cdsFailure } from './failures.ts';
import { prefetchPath } from './prefetch.ts';
import { sharedUsedIds } from './used-ids.ts';

export { type Card, cardsFrom } from './cards.ts';
export type { CdsConfig } from './config.ts';
export { type CdsFailureCode, cdsFailure, cdsFailures } from './failures.ts';
export { prefetchPath } from './prefetch.ts';

/** What each fault means, without a word of the token. */
const SAID: Readonly<Record<CdsFault, string>> = {
  'no token': 'the call carries no token',
  unreadable: 'the token is no signed JWT',
  algorithm: 'the token is not signed with RS384 or ES384',
  'key set': "the token's key set (jku) is not on the connection's list",
  'keys unreachable': 'the key set cannot be fetched',
  signature: 'no key of the key set fits the signature',
  issuer: 'the issuer (iss) is another one',
  audience: "the audience (aud) is not on the connection's list",
  time: 'it is expired or not yet valid (exp, nbf, iat)',
  life: 'it is valid for longer than an hour',
  'no id': 'it has no id (jti)',
  replayed: 'it was used before (jti)',
};

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function open(config: CdsConfig, context: ConnectionContext): Connection {
  const { clock } = context;
  const http = createHttp(clock, { ...usualLimits, answer: config.readTimeout, total: config.readTimeout });
  const verifier = createCdsVerifier({ http, clock, used: sharedUsedIds(context) });
  const fhirServer = withoutSlash(config.fhirServer ?? config.issuer);
  const trust = { issuer: config.issuer, keySets: config.keys, audience: config.audience };

  async function keySet(address: string): Promise<TestResult> {
    const check = `keys at ${new URL(address).host}`;
    try {
      const reply = await http.send({
        url: new URL(address),
        method: 'GET',
        headers: { accept: 'application/json' },
      });
      const { keys } = JSON.parse(reply.body.toString()) as { keys?: unknown };
      if (reply.status === 200 && Array.isArray(keys))
        return { check, ok: true, text: `${keys.length} keys.` };
    } catch {
      // Told below.
    }
    const failure = cdsFailure('CDS_CALLER', { message: 'The key set cannot be fetched or read.' });
    return { check, ok: false, text: `${failure.message} ${failure.fix}`, failure };
  }

  return {
    test: () => Promise.all(config.keys.map(keySet)),
    cds: {
      issuer: config.issuer,
      async prove(token, signal) {
        const fault = await verifier.verify(token, trust, signal);
        if (fault === null) return;
        context.report({ kind: 'auth', code: 'CDS_CALLER', ms: 0 });
        throw cdsFailure('CDS_CALLER', {
          message: `A call of a CDS service was refused: ${SAID[fault]}.`,
          at: { site: context.site, connection: context.connection },
        });
      },
      async read({ template, call, token, server, signal }): Promise<Json> {
        // The token is the caller's, for its own server: it goes nowhere else.
        if (withoutSlash(server) !== fhirServer) throw cdsFailure('CDS_FHIR_SERVER');
        const path = prefetchPath(template, call);
        if (path === null) return null;
        await context.budget.take(signal);
        const started = clock.elapsed();
        const ended = (kind: 'ok' | 'rejected' | 'unreachable', code?: string): void =>
          context.report({ kind, ms: Math.round(clock.elapsed() - started), ...(code ? { code } : {}) });
        try {
          const reply = await http.send({
            url: new URL(`${fhirServer}/${path}`),
            method: 'GET',
            headers: { accept: 'application/fhir+json', authorization: `Bearer ${token}` },
            signal,
          });
          const { resource } = contentOf(reply.body);
          const fine =
            reply.status === 200 && resource !== undefined && resource.resourceType !== 'OperationOutcome';
          ended(fine ? 'ok' : 'rejected', fine ? undefined : 'CDS_PREFETCH_MISSING');
          return fine ? (resource as unknown as Json) : null;
        } catch (error) {
          if (!(error instanceof HttpError)) throw error;
          ended('unreachable', 'CDS_PREFETCH_MISSING');
          return null;
        }
      },
    },
    close: () => http.close(),
  };
}

export { claimedIssuer };

/**
 * @example
 * // connections:
 * //   cds:
 * //     connector: cds
 * //     issuer: https://ehr.example/FHIR/api/FHIR/R4
 * //     keys: [https://ehr.example/FHIR/api/epic/2019/Security/Open/PublicKeys/530013/530013]
 * //     audience: [https://suture.example/cds-services/follow-up]
 */
export const cds: Connector<CdsConfig> = {
  name: 'cds',
  about: 'The hospital’s CDS Hooks client: flows that start with its calls answer with cards.',
  fields: cdsFields,
  parse: parseCds,
  open,
  capabilities: [],
};
