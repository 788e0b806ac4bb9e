/**
 * What a running engine lets others ask of it: the API's server, the command line, tests. They never
 * reach past it to lanes or connections.
 */
import type { HttpAnswer, HttpRequest, TestResult } from '../connectors/index.ts';
import type { Flow, TraceEntry } from '../flow/index.ts';
import type { Store } from '../store/index.ts';
import type { Person } from './patient.ts';

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
}

/** Something changed that a screen may show; many are folded into one. */
export interface Change {
  readonly messages: boolean;
  readonly deliveries: boolean;
  readonly health: boolean;
}

export interface EngineControl {
  readonly store: Store;
  readonly flows: readonly RunningFlow[];
  readonly startedAt: number;
  connections(): readonly ConnectionState[];
  readiness(): Readiness;
  /** At most four calls a second; the function returned ends it. */
  onChange(listener: (change: Change) => void): () => void;
  test(site: string, connection: string): Promise<readonly TestResult[]>;
  /** `null`: no such hook. */
  http(site: string, connection: string, request: HttpRequest): Promise<HttpAnswer | null>;
  /** Public halves of the signing keys: what `/.well-known/jwks.json` serves. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Keyed hashes under which a typed identifier (an MRN), or a family name with a date of birth, may be indexed, one per site. */
  patientKeys(asked: string | Person): readonly string[];
  /** New deliveries for these; from a step if told; audited as `who` with their reason. Gives the new ids. */
  replay(request: {
    readonly deliveryIds: readonly string[];
    readonly fromStep?: string;
    readonly who: string;
    readonly reason: string;
  }): Promise<readonly string[]>;
  /** A person's decision about held deliveries. */
  release(request: {
    readonly deliveryIds: readonly string[];
    readonly to: 'waiting' | 'dead';
    readonly who: string;
    readonly reason: string;
  }): Promise<number>;
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
