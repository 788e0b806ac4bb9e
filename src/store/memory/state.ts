/**
 * What a simulated disk holds: plain rows in maps, and lanes as arrays in order of place. Nothing here is written
 * but by operations of a commit (commits.ts), so whatever stands here is committed.
 */

import type {
  AttemptRecord,
  Delivery,
  DeliveryState,
  HoldReason,
  MessageSummary,
  StepRecord,
} from '../../message/index.ts';
import type { FailureRecord, Json } from '../../std/index.ts';
import type {
  AuditRow,
  CursorRow,
  Job,
  NewMessage,
  NoiseCount,
  OutcomeCount,
  RosterChange,
  StoredSession,
  StoredUser,
} from '../contract.ts';
import type { Deployment } from '../deployments.ts';
import type { KeptExchange } from './exchanges.ts';
import type { StoredWrite } from './writes.ts';

type Mutable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

export interface MessageRow {
  readonly summary: Mutable<MessageSummary>;
  readonly bytes: Uint8Array;
  readonly patients: readonly string[];
  readonly dedupe: NewMessage['dedupe'];
  readonly deliveries: DeliveryRow[];
}

/** What recognises a repeat; it may stay when its message has gone. */
export interface Known {
  readonly hash: string;
  readonly messageId: string;
  readonly receivedAt: number;
  /** `null`: the message has gone. */
  row: MessageRow | null;
}

export interface DeliveryRow {
  readonly id: number;
  readonly message: MessageRow;
  readonly flow: string;
  flowVersion: string;
  /** The keys it was planned with. */
  readonly asked: readonly string[];
  /** The lanes it stands in; aliases followed. */
  lanes: readonly string[];
  place: number;
  state: DeliveryState;
  heldFor: HoldReason | null;
  attempts: number;
  dueAt: number;
  possibleDuplicate: boolean;
  readonly replayOf: string | null;
  replayedBy: string | null;
  readonly createdAt: number;
  finishedAt: number | null;
  failure: FailureRecord | null;
  step: string | null;
  released: Delivery['released'];
  /** The newest message that was there when it was planned: what came after it may end or wake its sleep. */
  readonly plannedAfter: number;
  /** The message that woke it last. */
  wokenBy: number;
  readonly steps: StepRecord[];
  readonly tries: AttemptRecord[];
  wakeAt: number | null;
  wakeOn: string | null;
  cancelOn: string | null;
  /** Of the lease that it runs under; 0: of none. */
  epoch: number;
}

/** A shard of lanes: which opening holds it. */
export interface Shard {
  owner: number;
}

export interface State {
  /** By id; in order of id. */
  readonly messages: Map<number, MessageRow>;
  readonly deliveries: Map<number, DeliveryRow>;
  /** Connections from which a message ever came. */
  readonly feeds: Map<string, { readonly site: string; readonly connection: string }>;
  /** Waiting, running and held ones, by place; the first of an array is the lane's first. */
  readonly lanes: Map<string, DeliveryRow[]>;
  /** Retired key to the key whose lane it joined. */
  readonly aliases: Map<string, string>;
  /** Keys that were unlinked, and the lanes that they came from. */
  readonly parted: Map<string, ReadonlySet<string>>;
  /** Accepted messages by connection, sender and id. */
  readonly known: Map<string, readonly Known[]>;
  /** What messages brought for sleepers: by key, the newest message that did. */
  readonly brought: Map<string, number>;
  readonly cursors: Map<string, CursorRow>;
  readonly seen: Map<string, string>;
  /** By the key of a mark, its resource at its site and the count that last touched it. */
  readonly counted: Map<string, { readonly scope: string; readonly census: number }>;
  readonly roster: Map<string, RosterChange>;
  readonly outcomes: Map<string, OutcomeCount>;
  readonly noises: Map<string, NoiseCount>;
  readonly audit: AuditRow[];
  readonly secrets: Map<string, string>;
  readonly slots: Map<
    string,
    { readonly value: Json; readonly version: number; readonly until: number | null }
  >;
  readonly users: Map<string, StoredUser>;
  readonly sessions: Map<string, StoredSession>;
  readonly jobs: Map<string, Job>;
  readonly flowVersions: Map<string, Json>;
  readonly exchanges: Map<string, KeptExchange>;
  readonly contents: Map<string, Uint8Array>;
  readonly deployments: Deployment[];
  /** By key. */
  readonly writes: Map<string, StoredWrite>;
  /** Openings of several nodes that may hold shards, and until when by the disk's clock. */
  readonly nodes: Map<number, number>;
  readonly shards: readonly Shard[];
  readonly last: {
    message: number;
    delivery: number;
    place: number;
    epoch: number;
    opening: number;
    write: number;
    exchange: number;
  };
}

/** Shards that several nodes divide among each other. */
export const SHARDS = 16;

export const emptyState = (): State => ({
  messages: new Map(),
  deliveries: new Map(),
  feeds: new Map(),
  lanes: new Map(),
  aliases: new Map(),
  parted: new Map(),
  known: new Map(),
  brought: new Map(),
  cursors: new Map(),
  seen: new Map(),
  counted: new Map(),
  roster: new Map(),
  outcomes: new Map(),
  noises: new Map(),
  audit: [],
  secrets: new Map(),
  slots: new Map(),
  users: new Map(),
  sessions: new Map(),
  jobs: new Map(),
  flowVersions: new Map(),
  exchanges: new Map(),
  contents: new Map(),
  deployments: [],
  writes: new Map(),
  nodes: new Map(),
  shards: Array.from({ length: SHARDS }, () => ({ owner: 0 })),
  last: { message: 0, delivery: 0, place: 0, epoch: 0, opening: 0, write: 0, exchange: 0 },
});

/** One key of several names. */
export const keyOf = (...names: readonly string[]): string => JSON.stringify(names);

/** The row as it is told: later changes of the row do not change it. */
export function summaryOf(row: MessageRow): MessageSummary {
  return { ...row.summary };
}

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: String(row.id),
    messageId: row.message.summary.id,
    flow: row.flow,
    flowVersion: row.flowVersion,
    state: row.state,
    heldFor: row.heldFor,
    attempts: row.attempts,
    released: row.released,
    dueAt: row.dueAt,
    possibleDuplicate: row.possibleDuplicate,
    replayOf: row.replayOf,
    replayedBy: row.replayedBy,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    failure: row.failure,
    step: row.step,
  };
}
