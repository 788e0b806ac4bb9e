/**
 * What a running engine lets others ask of it: the API's server, the command line, tests. They never
 * reach past it to lanes or connections.
 */
import type { HttpAnswer, HttpRequest, TestResult } from '../connectors/index.ts';
import type { Flow, TraceEntry } from '../flow/index.ts';
import type { Settled, Store, StuckLane } from '../store/index.ts';
import type { Approval } from './approval.ts';
import type { CapabilityControl } from './capabilities.ts';
import type { KeyControl } from './keys/keyring.ts';
import type { CursorControl } from './learning/cursors.ts';
import type { NecessaryControl } from './necessary.ts';
import type { Person } from './patient.ts';
import type { ReplayControl, ReplayVersion } from './replay/wish.ts';
import type { Responder } from './respond.ts';
import type { RunControl } from './run.ts';
import type { ServiceState } from './service/promise.ts';
import type { ShapeControl } from './shapes/index.ts';
import type { SignInControl } from './sign-in/desk.ts';
import type { GapControl } from './unmapped.ts';
import type { WriteControl } from './writes.ts';

export interface RunningFlow {
  readonly flow: Flow;
  /** Hash of its value: kept with every delivery. */
  readonly version: string;
}

export interface ConnectionState {
  readonly site: string;
  readonly connection: string;
  readonly connector: string;
  /** `in`: we listen; `learn`: we ask; `out`: flows call it. A connection may be several. */
  readonly roles: readonly ('in' | 'learn' | 'out')[];
  /** `127.0.0.1:6661`, when it listens. */
  readonly address: string | null;
  readonly state: 'running' | 'paused' | 'failing' | 'stopped';
  /** One sentence when it is not running as it should: what, since when, what to do first. */
  readonly text: string | null;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly text: string }[];
  /** Connections that fail or are stopped, one sentence each. They do not make the engine unready: it keeps what comes in. */
  readonly notices: readonly string[];
}

/** Something changed that a screen may show; many are folded into one. */
export interface Change {
  readonly messages: boolean;
  readonly deliveries: boolean;
  readonly health: boolean;
}

export interface EngineControl extends CursorControl, GapControl, NecessaryControl, WriteControl, RunControl {
  readonly store: Store;
  readonly flows: readonly RunningFlow[];
  readonly startedAt: number;
  connections(): readonly ConnectionState[];
  readiness(): Readiness;
  /** What flows promise at their sites, and whether it is kept; looked at each minute. */
  service(): readonly ServiceState[];
  /** At most four calls a second; the function returned ends it. */
  onChange(listener: (change: Change) => void): () => void;
  test(site: string, connection: string): Promise<readonly TestResult[]>;
  /**
   * A connection that is stopped or fails is called again, and what waits for it goes on at once; audited. False: there is no
   * such connection, or nothing kept it from being called.
   */
  resume(request: {
    readonly site: string;
    readonly connection: string;
    readonly who: string;
    readonly reason: string;
  }): Promise<boolean>;
  /** Lanes that do not move, those with most standing first. */
  stuckLanes(query: {
    readonly site?: string;
    readonly flow?: string;
    readonly limit: number;
  }): Promise<readonly StuckLane[]>;
  /** `null`: no such hook. */
  http(site: string, connection: string, request: HttpRequest): Promise<HttpAnswer | null>;
  /** What the sites can do, and how their servers differ from what was written down. */
  readonly capabilities: CapabilityControl;
  /** How the messages of a site's HL7 connections differ from what is known of them. `null`: there is no such site. */
  readonly shapes: ShapeControl['shapes'];
  /** CDS Hooks: what `/cds-services` serves. */
  readonly cds: Pick<Responder, 'services' | 'call' | 'feedback'>;
  /** Public halves of the signing keys: what `/.well-known/jwks.json` serves. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Connections that work with a person's consent. */
  readonly signIns: SignInControl;
  /** Which signing keys there are and where their exchange stands; begins one. */
  readonly signingKeys: KeyControl;
  /** Keyed hashes under which a typed identifier (an MRN), or a family name with a date of birth, may be indexed, one per site. */
  patientKeys(asked: string | Person): readonly string[];
  /**
   * New deliveries for these, in one transaction; from a step if told, with the present flows unless told; audited as `who`
   * with their reason. Gives the new ids.
   * @throws Failure `REPLAY_REFUSED` when one of them cannot be replayed; then none is.
   */
  replay(request: {
    readonly deliveryIds: readonly string[];
    readonly fromStep?: string;
    readonly version?: ReplayVersion;
    readonly who: string;
    readonly reason: string;
  }): Promise<readonly string[]>;
  /** Dry runs, replays of sets, edited copies. Which replays there are is in the store: `jobs`. */
  readonly replays: ReplayControl;
  /** A person's decision about deliveries that are held, or that wait: try it now, or give it up. */
  release(request: {
    readonly deliveryIds: readonly string[];
    readonly to: 'waiting' | 'dead';
    readonly who: string;
    readonly reason: string;
  }): Promise<number>;
  /** Questions that wait for a person: late ones first, then oldest first. */
  approvals(query: {
    readonly site?: string;
    readonly flow?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly Approval[]; readonly after: string | null }>;
  /** The question of this delivery; `null` when it asks nobody (any more). */
  approval(deliveryId: string): Promise<Approval | null>;
  /**
   * A person's answer, audited as `who` with their reason. Approved: it goes on at the tail of its lane; refused: it ends as
   * filtered at the step. `stale`: it does not ask (any more). Who may answer is judged by the caller.
   */
  approve(request: {
    readonly deliveryId: string;
    readonly step: string;
    readonly approved: boolean;
    readonly who: string;
    readonly reason: string;
  }): Promise<Settled>;
  /**
   * The steps of a delivery with input and output, computed again by the pure interpreter from what is
   * remembered. `sameVersion` is false when the flow has changed since: then only remembered outputs are shown.
   */
  trace(
    deliveryId: string,
  ): Promise<{ readonly entries: readonly TraceEntry[]; readonly sameVersion: boolean } | null>;
  /** The FHIR reading of a message, for the screen: resources by name; `null` when it has none. */
  fhirView(messageId: string): Promise<Readonly<Record<string, unknown>> | null>;
}
