/** What this Epic is and has, as its server says: for the capability matrix. */
import { createHttp } from '../../fhir/index.ts';
import type { Observed } from '../../site/index.ts';
import type { ConnectionContext } from '../contract.ts';
import { limitsOf, watchOf } from '../fhir-server.ts';
import { probeServer } from '../matrix/probe.ts';
import type { EpicConfig } from './config.ts';
import { openSession } from './session.ts';

/** Signs in afresh: tokens are shared and live on, and one from before tells what was granted then. */
export async function observe(
  config: EpicConfig,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<Observed> {
  const session = openSession(config, context, watchOf(context), true);
  const http = createHttp(context.clock, limitsOf(config));
  try {
    // A server that cannot be reached is a failure with a name, before anything else is asked.
    await session.reach(signal);
    return await probeServer({
      http,
      clock: context.clock,
      budget: context.budget,
      fhirBase: config.fhirBase,
      headers: { 'Epic-Client-ID': config.clientId },
      async token(stop) {
        const accessToken = await session.tokens.get(stop);
        return { accessToken, scopes: session.tokens.granted() };
      },
      signal,
    });
  } finally {
    await http.close();
    await session.close();
  }
}
