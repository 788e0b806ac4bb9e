/** What the contract will have besides; each part goes when `contract.ts` has it. */
import type { Delivery, DeliveryState, MessageSummary, StepRecord } from '../../message/index.ts';
import type { FailureRecord, Json } from '../../std/index.ts';
import type {
  Append,
  AuditEntry,
  DeadLetter,
  MessageQuery,
  MessageRow,
  Page,
  ReplayRequest,
  Settled,
  Settlement,
} from '../contract.ts';

export type AppendToCome = Append & {
  readonly cancels?: readonly string[];
  readonly wakes?: readonly string[];
};

export type SettlementToCome =
  | Exclude<Settlement, { to: 'sleeping' | 'given back' }>
  | (Extract<Settlement, { to: 'sleeping' }> & { readonly cancelOn?: string | null })
  | (Extract<Settlement, { to: 'given back' }> & { readonly dueAt?: number });

export interface StuckLane {
  readonly lane: string;
  readonly head: Delivery;
  readonly message: MessageSummary;
  readonly standing: number;
}

export interface Sleeper {
  readonly delivery: Delivery;
  readonly message: MessageSummary;
  readonly wakeAt: number | null;
}

export interface DeadGroup {
  readonly fingerprint: string;
  readonly code: string;
  readonly flow: string;
  readonly step: string | null;
  readonly path: string | null;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly sample: DeadLetter;
}

export interface DeliveryQuery {
  readonly site?: string;
  readonly connection?: string;
  readonly flow?: string;
  readonly type?: string;
  readonly patient?: string;
  readonly state?: DeliveryState;
  readonly fingerprint?: string;
  readonly from?: number;
  readonly to?: number;
  readonly after?: string;
  readonly limit: number;
}

export interface Job {
  readonly id: string;
  readonly kind: 'replay';
  readonly state: 'running' | 'stopped' | 'done' | 'failed';
  readonly who: string;
  readonly reason: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly request: Json;
  readonly done: number;
  readonly total: number;
  readonly after: string | null;
  readonly failure: FailureRecord | null;
}

export type ReplayToCome = ReplayRequest & { readonly job?: Job };

export interface DeadLetterQuery {
  readonly site?: string;
  readonly flow?: string;
  readonly code?: string;
  readonly fingerprint?: string;
  readonly replayed?: boolean;
  readonly before?: string;
  readonly limit: number;
}

export interface PruneRequest {
  readonly receivedBefore: number;
  readonly limit: number;
  readonly site?: string;
  readonly connection?: string;
  readonly ended?: 'delivered' | 'filtered' | 'dead' | 'rejected' | 'unrouted';
}

export interface StoreToCome {
  stuckLanes(query: { site?: string; flow?: string; limit: number }): Promise<readonly StuckLane[]>;
  answer(request: {
    deliveryId: string;
    step: StepRecord;
    to: 'waiting' | 'filtered' | 'dead';
    at: number;
    audit: AuditEntry;
  }): Promise<Settled>;
  sleepers(query: {
    site?: string;
    flow?: string;
    after?: string;
    limit: number;
  }): Promise<{ rows: readonly Sleeper[]; after: string | null }>;
  deadGroups(query: { site?: string; flow?: string }): Promise<readonly DeadGroup[]>;
  deliveries(query: DeliveryQuery): Promise<{ rows: readonly Delivery[]; after: string | null }>;
  putJob(job: Job, audit?: AuditEntry): Promise<void>;
  jobs(limit: number): Promise<readonly Job[]>;
  job(id: string): Promise<Job | null>;
  putFlowVersion(version: string, flow: Json): Promise<void>;
  flowVersion(version: string): Promise<Json | null>;
  scan(
    query: MessageQuery & { text: string; from: number; to: number },
  ): Promise<Page<MessageRow> & { looked: number }>;
  rewrap(masterKey: Uint8Array): Promise<number>;
}
