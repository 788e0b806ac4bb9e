/** Tokens and a FHIR client for one Epic connection, with Epic's dialect and the site's budget around them. */
import {
  createFhirClient,
  createHttp,
  type Dialect,
  type FhirClient,
  type Tokens,
  type Watch,
} from '../../fhir/index.ts';
import { asFailure, Failure } from '../../std/index.ts';
import type { ConnectionContext, SignIn } from '../contract.ts';
import { limitsOf } from '../fhir-server.ts';
import { openSmart } from '../smart/index.ts';
import { appointment } from './appointment/index.ts';
import type { EpicConfig } from './config.ts';
import { documentReference } from './document-reference/index.ts';
import { encounter } from './encounter/index.ts';
import { epicFailure, epicSays } from './failures.ts';
import { observation } from './observation/index.ts';
import { patient } from './patient/index.ts';

export interface Session {
  readonly client: FhirClient;
  readonly tokens: Tokens;
  readonly signIn: SignIn | undefined;
  /** The STU3 side of the same server, for `$find` and `$book`. @param base Left out: the R4 base with STU3 in its place. */
  stu3(base: string | undefined): FhirClient;
  /** Asks the FHIR base for its SMART configuration; throws what is in the way. */
  reach(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** 4113: the search between two pages is forgotten. Nobody says after how long. */
const dialect: Dialect = { pagingExpired: ['4113'], explain: (_status, codes) => epicSays(codes) };

/** What a person is asked for unless the record says: patients, appointments, and what is learnt here. */
function readsOf({ learnt }: ConnectionContext): string[] {
  const wanted = new Set(['Patient', 'Appointment', ...learnt]);
  const specs = [patient, appointment, encounter, observation, documentReference];
  return specs.filter(({ resource }) => wanted.has(resource)).flatMap(({ scopes }) => scopes.learn);
}

/** @param afresh With a sign-in of its own: to test that it works. */
export function openSession(
  config: EpicConfig,
  context: ConnectionContext,
  watch: Watch,
  afresh = false,
): Session {
  const { clock } = context;
  const { clientId, fhirBase, tokenUrl, auth } = config;
  const http = createHttp(clock, limitsOf(config));
  const reads = readsOf(context);
  const smart = openSmart({ fhirBase, tokenUrl, clientId, auth, http, context, watch, reads, afresh });
  const backend = smart.tokens;
  const tokens: Tokens = {
    ...backend,
    async get(signal) {
      try {
        return await backend.get(signal);
      } catch (error) {
        throw await signInFailure(error);
      }
    },
  };

  /** Epic's two ways of refusing a sign-in mean two different people: us, and the site. */
  async function signInFailure(error: unknown): Promise<unknown> {
    const failure = asFailure(error);
    const more = { cause: error, ...(failure.detail === undefined ? {} : { detail: failure.detail }) };
    if (failure.code === 'FHIR_TOKEN_REFUSED') {
      const { kid } =
        auth.client === 'key' ? await context.secrets.signingKey(auth.key, auth.algorithm) : { kid: '' };
      const proof = kid === '' ? `by ${auth.client}` : `with the key ${kid}`;
      return epicFailure('EPIC_SIGN_IN_REFUSED', {
        ...more,
        message: `Epic does not accept client id ${config.clientId} ${proof} (invalid_client).`,
      });
    }
    if (failure.code === 'FHIR_CLIENT_UNAUTHORIZED') {
      return epicFailure('EPIC_BACKGROUND_USER', {
        ...more,
        message: `Client id ${config.clientId} has no background user at this site (unauthorized_client).`,
      });
    }
    return error;
  }

  const client = createFhirClient({ baseUrl: fhirBase, clock, tokens, http, dialect, watch });
  const others = new Map<string, FhirClient>();
  return {
    client,
    tokens,
    signIn: smart.signIn,
    stu3(base) {
      const baseUrl = base ?? fhirBase.replace(/\/R4$/i, '/STU3');
      // The token goes to the origin that it was asked for, and nowhere else.
      if (new URL(baseUrl).origin !== new URL(fhirBase).origin)
        throw epicFailure('EPIC_CONFIG', { message: 'stu3Base is at another host than fhirBase.' });
      const known = others.get(baseUrl);
      if (known !== undefined) return known;
      const made = createFhirClient({ baseUrl, clock, tokens, http, dialect, watch });
      others.set(baseUrl, made);
      return made;
    },
    async reach(signal) {
      try {
        await smart.smart(signal);
      } catch (error) {
        // Sites of before August 2021 have none: with tokenUrl given, any answer will do.
        const absent = error instanceof Failure && error.code === 'FHIR_DISCOVERY';
        if (!absent || config.tokenUrl === undefined) throw error;
      }
    },
    async close() {
      await http.close();
    },
  };
}
