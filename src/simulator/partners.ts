import type { FastifyInstance } from 'fastify';
import { type Groups, mountBulk } from './bulk/index.ts';
import { mountCds } from './cds/index.ts';
import type { ChartSource } from './chart-source.ts';
import type { WallTime } from './day/clock.ts';
import { type GenericServer, mountGeneric } from './generic/index.ts';
import type { OAuth } from './oauth/oauth.ts';
import type { SimulatorOptions } from './options.ts';
import type { Behaviour } from './profile/index.ts';
import type { Hospital } from './world/hospital.ts';

export interface PartnerParts {
  readonly options: Pick<SimulatorOptions, 'generic' | 'seed'>;
  readonly hospital: Hospital;
  readonly source: ChartSource;
  readonly groups: Groups;
  readonly behaviour: Behaviour;
  readonly oauth: OAuth;
  readonly wall: WallTime;
  readonly stopped: AbortSignal;
  /** The hospital's time, milliseconds. */
  now(): number;
  /** `http://127.0.0.1:4610`, known once the simulator listens. */
  url(): string;
}

/** What stands beside the FHIR servers of the hospital: Bulk Data, calls of CDS services, and the server that is not Epic. */
export async function mountPartners(
  app: FastifyInstance,
  parts: PartnerParts,
): Promise<{ generic: GenericServer }> {
  const { options, hospital, source, groups, behaviour, oauth, wall, stopped, url } = parts;
  const generic = await mountGeneric(app, {
    options: options.generic ?? {},
    seed: hospital.seed,
    source,
    wall,
    stopped,
    tokens: {
      judge: async (assertion, audiences) => (await oauth.assertions.judge(assertion, audiences))?.clientId,
      issue: (clientId, seconds) => oauth.tokens.issueTo(clientId, seconds),
      clientOf: (token) => oauth.tokens.clientOf(token),
    },
    url,
  });
  const origin = () => behaviour.outsideName || url();
  await mountBulk(app, {
    source,
    behaviour,
    wall,
    stopped,
    groups,
    now: parts.now,
    caller: (token) => oauth.caller(token),
    origin,
  });
  await mountCds(app, { hospital, behaviour, oauth, wall, stopped, origin });
  return { generic };
}
