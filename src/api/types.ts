/**
 * What goes over the wire between the API and its clients (console, command line): types only, so that the
 * console can share them without sharing code. Times are milliseconds since 1970, UTC. Ids are decimal text.
 *
 * Nothing here holds patient content but `Revealed`, and that is given only by an audited act.
 */
import type { Approval, Attention, ConnectionState, ServiceState } from '../engine/index.ts';
import type { TraceEntry } from '../flow/index.ts';
import type {
  AttemptRecord,
  Counters,
  Delivery,
  DeliveryState,
  Format,
  MessageState,
  MessageSummary,
  StepRecord,
} from '../message/index.ts';
import type { AuditRow, DeadLetter, MessageRow, StuckLane } from '../store/index.ts';
import type { ReplayVersion } from './replay-types.ts';

export type * from './capability-types.ts';
export type * from './deploy-types.ts';
export type * from './learning-types.ts';
export type * from './map-types.ts';
export type * from './replay-types.ts';
export type * from './smart-types.ts';
export type * from './write-types.ts';

export type {
  Approval,
  /** GET /api/attention: what waits for a person. */
  Attention,
  ConnectionState,
  Counters,
  Delivery,
  DeliveryState,
  MessageRow,
  MessageState,
  MessageSummary,
  StuckLane,
};

/** Viewer: states and masked content. Operator: also reveal, replay, release, test. Admin: also users. */
export type Role = 'viewer' | 'operator' | 'admin';

/** Every answer that is not a success. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

/** GET /api/me */
export interface Me {
  readonly name: string;
  readonly role: Role;
}

// ---------------------------------------------------------------- home

export interface HomeFeed {
  readonly site: string;
  readonly connection: string;
  /** `null`: it has messages, and the site records no longer name it. */
  readonly connector: string | null;
  readonly roles: ConnectionState['roles'];
  readonly address: string | null;
  readonly state: ConnectionState['state'] | 'removed';
  readonly text: string | null;
  readonly counters: Counters;
  readonly repeats: number;
  /** Things received that are no message: garbage between frames, too large, broken frames. */
  readonly noise: number;
  readonly lastReceivedAt: number | null;
  /** Of the last 60 minutes, oldest first; the last is the running minute. */
  readonly receivedPerMinute: readonly number[];
}

export interface HomeFlow {
  readonly name: string;
  readonly about: string;
  readonly version: string;
  /** `HL7 ADT^A0*`, `Appointment created, updated`. */
  readonly trigger: string;
  readonly steps: number;
}

export type HomeStore =
  | { readonly state: 'ready' }
  | { readonly state: 'failing'; readonly since: number; readonly message: string; readonly fix: string };

/** GET /api/home */
export interface Home {
  readonly now: number;
  readonly startedAt: number;
  readonly totals: Counters;
  /** Connections that receive or ask, and all that have messages. */
  readonly feeds: readonly HomeFeed[];
  /** Connections that flows call. */
  readonly destinations: readonly ConnectionState[];
  readonly flows: readonly HomeFlow[];
  /** What flows promise and is not kept now. */
  readonly broken: readonly ServiceState[];
  readonly store: HomeStore;
}

/** GET /api/service: every promise of a flow at a site. */
export interface ServiceAnswer {
  readonly now: number;
  readonly service: readonly ServiceState[];
}

// ---------------------------------------------------------------- messages

/** The counters that a row of Home shows, as a filter. `filtered` includes messages that no flow wanted. */
export type CounterFilter = 'filtered' | 'queued' | 'sent' | 'errored';

/** POST /api/messages/search. A POST, so that a patient's identifier is never part of a URL. */
export interface MessageSearch {
  readonly site?: string | undefined;
  readonly connection?: string | undefined;
  readonly controlId?: string | undefined;
  /** An identifier as typed (an MRN). Hashed at once; the search is audited without it. */
  readonly patient?: string | undefined;
  /** A family name and a date of birth (`1984-03-09`), whatever its case and accents; treated like `patient`. */
  readonly person?: { readonly family: string; readonly born: string } | undefined;
  /** Exact, or with `*` at its end. */
  readonly type?: string | undefined;
  readonly state?: MessageState | DeliveryState | 'unrouted' | undefined;
  readonly counter?: CounterFilter | undefined;
  readonly flow?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Messages older than this id. */
  readonly before?: string | undefined;
  /** 1..500; 50 when left out. */
  readonly limit?: number | undefined;
}

export interface MessagePage {
  readonly rows: readonly MessageRow[];
  /** Give it as `before` for the next older page; `null` at the end. */
  readonly before: string | null;
}

/**
 * POST /api/messages/scan: free text in payloads, whatever its case, within a time. Bounded: ask again with `before` until it
 * is `null`. Audited: who, the time, at how many payloads; of the text only its length.
 */
export interface MessageScan extends Omit<MessageSearch, 'patient' | 'person' | 'from' | 'to'> {
  /** 2..200 characters. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export interface ScannedPage extends MessagePage {
  /** Payloads that were looked through for this page. */
  readonly looked: number;
}

/** A component, or a subcomponent, of a field. */
export interface Hl7Part {
  /** `PID-5.1`, `PID-3[2].4.2`. */
  readonly path: string;
  /** Unescaped. */
  readonly value: string;
}

export interface Hl7Field {
  readonly number: number;
  /** `PID-5`; with the segment's occurrence from 1 when it is not the first: `OBX[2]-5`. */
  readonly path: string;
  readonly name: string;
  /** As it stands in the message; `null` while masked. */
  readonly raw: string | null;
  /** Its repetitions' components when there is more than one; empty while masked. */
  readonly parts: readonly Hl7Part[];
}

export interface Hl7Segment {
  /** `PID`; `???` for a line that is no segment. */
  readonly id: string;
  readonly name: string;
  /** Filled fields only, in order. */
  readonly fields: readonly Hl7Field[];
  /** Empty fields behind the last filled one: Epic ends most segments with many. */
  readonly trailing: number;
}

/** A message's shape. Masked: which parts are filled, and routing fields in clear; revealed: with values. */
export type Structure =
  | {
      readonly kind: 'hl7';
      readonly separator: string;
      readonly segments: readonly Hl7Segment[];
      readonly cut: boolean;
    }
  | { readonly kind: 'json'; readonly value: unknown; readonly cut: boolean }
  /** Text, or JSON whose names may themselves tell: nothing is shown until it is revealed. */
  | { readonly kind: 'opaque' };

/** A step as the flow declares it. */
export interface PlannedStep {
  readonly id: string;
  readonly kind: string;
  readonly connection?: string;
  readonly do?: string;
}

/** Of a step that sleeps or slept: since when, what wakes and ends it, how its sleep ended. Without what a person was shown. */
export interface SleepView {
  readonly kind: 'wait' | 'approve';
  readonly since: number;
  /** When it wakes at the latest, or its deadline; `null`: never by time. */
  readonly wakeAt: number | null;
  /** Types of messages of the same patient. */
  readonly on?: readonly string[];
  readonly cancelOn?: readonly string[];
  readonly ask?: string;
  readonly role?: 'operator' | 'admin';
  readonly whenLate?: 'hold' | 'refuse';
  readonly wokenAt?: number;
  readonly by?: 'time' | 'event' | 'person';
  /** The message that woke or ended it. */
  readonly messageId?: string;
  readonly cancelled?: boolean;
  readonly approved?: boolean;
  readonly who?: string;
  readonly reason?: string;
}

export interface DeliveryDetail {
  readonly delivery: Delivery;
  /** Steps of the flow as it runs now; `null` when the delivery was planned with another version. */
  readonly plan: readonly PlannedStep[] | null;
  /** Steps of the flow as it runs now, to replay from; `null` when there is no such flow any more. */
  readonly replayFrom: readonly string[] | null;
  /** `outcome`: what it came to, in a word: `created by $find + $book`, `1 match`; `null` for steps that say nothing of the kind. */
  readonly steps: readonly (Omit<StepRecord, 'output'> & {
    readonly sleep: SleepView | null;
    readonly outcome: string | null;
  })[];
  readonly attempts: readonly Omit<AttemptRecord, 'detail'>[];
}

/** GET /api/messages/:id */
export interface MessageDetail {
  readonly message: MessageSummary;
  /** What the sender was told, one sentence. */
  readonly answered: string;
  readonly structure: Structure;
  readonly deliveries: readonly DeliveryDetail[];
}

export interface RevealedDelivery {
  readonly id: string;
  readonly trace: { readonly entries: readonly TraceEntry[]; readonly sameVersion: boolean } | null;
  readonly steps: readonly StepRecord[];
  readonly attempts: readonly AttemptRecord[];
}

/** POST /api/messages/:id/reveal. Each answer has left an audit entry behind. */
export interface Revealed {
  readonly format: Format;
  /** As received, decoded; `null` when the bytes are no longer kept. */
  readonly text: string | null;
  /** Only the beginning is shown: it is longer than a screen can hold. The bytes are whole at `/raw`. */
  readonly cut: boolean;
  readonly structure: Structure;
  /** The FHIR reading: resources by name. */
  readonly fhir: Readonly<Record<string, unknown>> | null;
  /** Why there is no FHIR reading, when making it failed. */
  readonly fhirFailure: string | null;
  readonly deliveries: readonly RevealedDelivery[];
}

// ---------------------------------------------------------------- deliveries, connections, people

/** GET /api/dead?site=&flow=&code=&fingerprint=&replayed=&before=&limit= */
export interface DeadPage {
  readonly rows: readonly DeadLetter[];
  readonly before: string | null;
}

/** POST /api/replay */
export interface ReplayBody {
  readonly deliveryIds: readonly string[];
  readonly fromStep?: string | undefined;
  readonly version?: ReplayVersion | undefined;
  readonly reason: string;
}
export interface ReplayAnswer {
  readonly deliveryIds: readonly string[];
}

/** POST /api/release */
export interface ReleaseBody {
  readonly deliveryIds: readonly string[];
  readonly to: 'waiting' | 'dead';
  readonly reason: string;
}
export interface ReleaseAnswer {
  readonly released: number;
}

/** GET /api/lanes?site=&flow=&limit= */
export interface LanesAnswer {
  readonly now: number;
  /** Those with most standing first. */
  readonly lanes: readonly StuckLane[];
}

/** POST /api/connections/:site/:connection/resume */
export interface ResumeBody {
  readonly reason: string;
}
export interface ResumeAnswer {
  /** False: nothing kept it from being called. */
  readonly resumed: boolean;
}

/** GET /api/approvals?site=&flow=&after=&limit= */
export interface ApprovalPage {
  /** Late ones first, then oldest first. */
  readonly rows: readonly Approval[];
  /** Give it as `after` for the next page; `null` at the end. */
  readonly after: string | null;
}

/** POST /api/approvals/:delivery */
export interface ApprovalBody {
  readonly approved: boolean;
  readonly reason: string;
}
export interface ApprovalAnswer {
  readonly approved: boolean;
}

/** POST /api/approvals/:delivery/reveal. Each answer has left an audit entry behind. */
export interface ApprovalShown {
  readonly show: unknown;
}

/** POST /api/connections/:site/:connection/test */
export interface TestAnswer {
  readonly results: readonly {
    readonly check: string;
    readonly ok: boolean;
    readonly text: string;
    readonly fix: string | null;
  }[];
}

/** GET /api/users */
export interface UserView {
  readonly name: string;
  readonly role: string;
  readonly createdAt: number;
  readonly disabled: boolean;
}

/** GET /api/audit?before=&limit= */
export interface AuditPage {
  readonly rows: readonly AuditRow[];
  readonly before: string | null;
}

/** An event of GET /api/events, named `change`: what to ask for again. */
export interface ChangeEvent {
  readonly messages: boolean;
  readonly deliveries: boolean;
  readonly health: boolean;
}
