/** What learning is given, and what it does. */
import type { Connection, ConnectionContext, Finding } from '../../connectors/index.ts';
import type { SiteRecord } from '../../site/index.ts';
import type { Clock, Failure, Random } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { Intake } from '../intake.ts';
import type { KeyedHash } from '../patient.ts';

/** What learning knows of a connection. */
export interface Source {
  readonly site: SiteRecord;
  readonly name: string;
  readonly connection: Connection;
  /** Of now: a swap changes it. */
  readonly intake: Pick<Intake, 'learned'>;
}

export type FindSource = (site: string, connection: string) => Source | undefined;

export interface LearningOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyedHash: KeyedHash;
  readonly sites: () => readonly SiteRecord[];
  readonly source: FindSource;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly failed: (site: string, connection: string, failure: Failure | null) => void;
  /** Findings are counted per minute, too. */
  readonly counted: (site: string, connection: string, findings: readonly Finding[]) => void;
  readonly log: ConnectionContext['log'];
  /** The text of a file beside a site's record. */
  readonly file?: (site: string, name: string) => Promise<string>;
}

export interface Learning {
  /** Before senders are let in: what the methods were, and where feeds begin. */
  prepare(): Promise<void>;
  start(): void;
  /** A message has come in. */
  heard(site: string, connection: string): void;
  /** What stood in the way at a connection is said to be gone. True: something waited for that. */
  again(site: string, connection: string): boolean;
  /** Connections by which something is learnt. */
  learns(site: SiteRecord, connection: string): boolean;
  /**
   * Before a swap.
   * @throws Failure `config`: a record asks for what its connection cannot do.
   */
  check(sites: readonly SiteRecord[], source: FindSource): void;
  /**
   * After a swap: what is learnt as before goes on, the rest ends or begins. `renewed`: connections that are not what they
   * were, as `site/connection`.
   */
  swap(renewed: ReadonlySet<string>): Promise<void>;
  stop(): Promise<void>;
}
