/** What people do and look at by hand: releases, approvals, writes, runs, traces. */
import type { PreparedFlow } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import type { Clock } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { approvalDesk } from './approval.ts';
import type { EngineControl } from './control.ts';
import { type Necessary, type NecessaryControl, necessaryDesk } from './necessary.ts';
import type { KeyedHash } from './patient.ts';
import { type RunControl, runControl } from './run.ts';
import type { RunScript } from './scripts.ts';
import { fhirViewOf, type Open, traceOf } from './view.ts';
import { type WriteControl, writeDesk } from './writes.ts';

export interface ByHandOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly script: RunScript;
  readonly flow: (name: string) => { readonly prepared: PreparedFlow; readonly version: string } | undefined;
  readonly see: Necessary['see'];
  readonly sites: () => ReadonlyMap<string, SiteRecord>;
  readonly open: (site: string, connection: string) => Open | undefined;
}

type Acts = 'release' | 'approvals' | 'approval' | 'approve' | 'trace' | 'fhirView';

export function byHand(
  options: ByHandOptions,
): Pick<EngineControl, Acts> & WriteControl & RunControl & NecessaryControl {
  const { store, clock, keyedHash, planned, flow, see, sites, open, script } = options;
  const readers = { store, flow, see, site: (name: string) => sites().get(name) };
  const nudge = (): void => planned(0, true);
  return {
    async release({ deliveryIds, to, who, reason }) {
      const at = clock.now();
      const audit = { at, who, act: 'delivery.release', on: deliveryIds.join(','), facts: { to, reason } };
      const count = await store.release({ deliveryIds, to, at, audit });
      planned(count);
      return count;
    },
    ...approvalDesk({ store, clock, answered: nudge }),
    ...necessaryDesk(store, clock, () => sites().values()),
    ...writeDesk({ store, clock, keyedHash, nudge }),
    ...runControl({
      store,
      clock,
      flow,
      see,
      sites,
      planned,
      script,
      connection: (site, name) => open(site, name)?.connection,
      intake: (site, name) => open(site, name)?.intake,
    }),
    trace: (deliveryId) => traceOf(readers, deliveryId),
    fhirView: (messageId) => fhirViewOf(readers, messageId),
  };
}
