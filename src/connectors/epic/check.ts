/** "Test connection": route, sign-in and each API, told apart so that the right person is asked. */
import { unwatched } from '../../fhir/index.ts';
import { asFailure, type Failure } from '../../std/index.ts';
import type { ConnectionContext, TestResult } from '../contract.ts';
import type { EpicConfig } from './config.ts';
import { openSession, type Session } from './session.ts';

/** Nobody's: the answer to a question about it shows whether the API may be asked at all. */
const NOBODY = 'suture-connection-test';

type Probe = (session: Session, config: EpicConfig, signal: AbortSignal) => Promise<unknown>;

const probes: readonly (readonly [string, Probe])[] = [
  [
    'Patient (search)',
    ({ client }, { mrnSystem }, signal) =>
      client.searchAll('Patient', { identifier: mrnSystem ? `${mrnSystem}|${NOBODY}` : NOBODY }, signal),
  ],
  ['Patient (read)', ({ client }, _config, signal) => client.read('Patient', NOBODY, signal)],
  [
    'Appointment (search)',
    ({ client }, _config, signal) =>
      client.searchAll('Appointment', { patient: NOBODY, date: 'ge2020-01-01' }, signal),
  ],
  ['Appointment (read)', ({ client }, _config, signal) => client.read('Appointment', NOBODY, signal)],
];

/**
 * A fresh sign-in and one harmless question to each API. Not counted as the connection's own outcomes, but
 * taken from the site's budget.
 */
export async function check(
  config: EpicConfig,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<readonly TestResult[]> {
  const watch = { ...unwatched, before: (stop: AbortSignal) => context.budget.take(stop, 'person') };
  // A consent cannot be given afresh by a program: there the one that is kept is tested.
  const session = openSession(config, context, watch, config.auth.method === 'backend');
  const at = { site: context.site, connection: context.connection };
  const results: TestResult[] = [];
  const tried = async (name: string, fine: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      results.push({ check: name, ok: true, text: fine });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const failure = asFailure(error, at);
      // No such patient, or no such id: but the question was allowed, and that was the question.
      if (failure.kind === 'validation') {
        results.push({ check: name, ok: true, text: fine });
        return true;
      }
      results.push({ check: name, ok: false, text: textOf(failure), failure });
      return false;
    }
  };
  try {
    const host = new URL(config.fhirBase).host;
    const routed = await tried('route', `${host} answers.`, () => session.reach(signal));
    if (!routed) return results;
    const signedIn = await tried('sign-in', 'Epic gave a token.', () => session.tokens.get(signal));
    if (!signedIn) return results;
    for (const [name, probe] of probes) {
      await tried(name, 'May be asked.', () => probe(session, config, signal));
    }
    return results;
  } finally {
    await session.close();
  }
}

const textOf = (failure: Failure): string => `${failure.message} ${failure.fix}`;
