/** The sign-ins of the connections that are open. */
import type { Clock } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { EngineControl } from '../control.ts';
import type { Open } from '../view.ts';
import { createSignInDesk, type SignInControl } from './desk.ts';

export function signInsOf(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly open: readonly Open[];
  readonly resume: EngineControl['resume'];
  readonly signal: AbortSignal;
}): SignInControl {
  const { store, clock, open, resume, signal } = options;
  return createSignInDesk({
    store,
    clock,
    offered: () =>
      open.flatMap(({ site, name, connection }) =>
        connection.signIn ? [{ site: site.site, connection: name, signIn: connection.signIn }] : [],
      ),
    // What waited for somebody to connect it goes on at once.
    connected: ({ who, ...place }) =>
      void resume({ ...place, who, reason: 'a person has connected it' }).catch(() => undefined),
    signal,
  });
}
