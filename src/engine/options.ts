/** What an engine is given, and what it is. */
import type { ConnectionContext, Connector } from '../connectors/index.ts';
import type { Clock, Random } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { EngineControl } from './control.ts';
import type { Drain } from './drain.ts';
import type { KeyedHash } from './patient.ts';
import type { EngineProject } from './present.ts';
import type { EarlierFlow } from './replay/versions.ts';
import type { Drained, QueuedPolicy, Replaced } from './swap.ts';

export interface EngineOptions extends EngineProject {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly log: ConnectionContext['log'];
  readonly random?: Random;
  readonly connectors?: ReadonlyMap<string, Connector>;
  /** Deliveries in hand at once. */
  readonly workers?: number;
  /** Unfinished deliveries of one connection above which its senders are no longer read. */
  readonly backlogLimit?: number;
  /** Versions of flows that run to their end beside the present ones: what was planned with them runs with them. */
  readonly draining?: readonly { readonly flow: string; readonly version: string }[];
  /**
   * Whether another node runs this version of a flow already, and this one will: what was planned with it is run with it. Asked
   * of a version that does not run here; the project may have been exchanged when it answers.
   */
  readonly ahead?: (flow: string, version: string) => Promise<boolean>;
  /** A flow by the version that ran, from where whole projects are kept. */
  readonly earlierFlow?: EarlierFlow;
}

export interface Engine extends EngineControl {
  /** Opens every connection; rejects with the first `config` Failure, and then has opened none. */
  start(): Promise<void>;
  /**
   * Another project in place of the one that runs, without stopping: what has not changed keeps its sockets and pollers; what
   * was received before is not planned again. One at a time; a second one waits. `queued` (left out: `carry over`): what
   * becomes of deliveries that were planned with another version of their flow; or which versions are drained. `commit`: the last thing before the change is
   * seen; if it rejects, nothing changes.
   * @throws Failure and changes nothing: a record or a flow has a fault, a port is taken, the store fails.
   */
  replace(
    project: EngineProject,
    queued?: QueuedPolicy | Drained,
    commit?: () => Promise<void>,
  ): Promise<Replaced>;
  /**
   * Drains: listens no more, answers what it has read, finishes what is in hand, writes what is counted. Calls that take longer
   * are broken off in time, and their deliveries are given back. The store stays open.
   */
  stop(drain?: Drain): Promise<void>;
}
