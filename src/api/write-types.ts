/** What goes over the wire about writes at other systems, and about flows run by hand. */
import type { DryStep } from '../engine/index.ts';
import type { WriteRow } from '../store/index.ts';

export type { Exchange, WriteRow } from '../store/index.ts';

/** A write without what it holds. */
export interface WriteView extends WriteRow {
  /** How it goes to the site: `FHIR`, `SIU^S12`; `null`: not known. */
  readonly way: string | null;
  /** `created`, `found`; `null` until it is done. */
  readonly outcome: string | null;
}

/** GET /api/writes?site=&flow=&state=&messageId=&after=&limit=: open ones unless a state or a message is named, oldest first. */
export interface WritesAnswer {
  readonly rows: readonly WriteView[];
  readonly after: string | null;
}

/** GET /api/writes/ended?site=&flow=&state=&from=&to=&before=&limit=: done or refused, the last first. */
export interface EndedWritesAnswer {
  readonly rows: readonly WriteView[];
  /** For the next page; a page may be short, or empty, with more to come. `null` at the end. */
  readonly before: string | null;
}

/** POST /api/writes/:id */
export interface WriteBody {
  readonly word: 'done' | 'again' | 'drop';
  /** Of `done`: `Observation/e1`, or the id alone. */
  readonly record?: string | undefined;
  readonly reason: string;
}
export interface WriteAnswer {
  readonly word: 'done' | 'again' | 'drop';
}

/** POST /api/writes/:id/reveal. Each answer has left an audit entry behind. */
export interface WriteRevealed {
  readonly body: unknown;
  readonly result: unknown;
}

/** POST /api/exchanges/:id/reveal. Each answer has left an audit entry behind. */
export interface ExchangeRevealed {
  readonly body: unknown;
}

/** POST /api/runs: one flow run by hand. Recorded and audited; `dry` looks things up and does nothing. */
export interface RunBody {
  readonly flow: string;
  readonly site?: string | undefined;
  readonly messageId?: string | undefined;
  /** Base64: a message of a file. */
  readonly bytes?: string | undefined;
  /** Of a FHIR resource: `Appointment.updated`. */
  readonly type?: string | undefined;
  readonly dry?: boolean | undefined;
}
export interface RunAnswer {
  readonly messageId: string;
  readonly deliveryId: string;
}
export interface DryAnswer {
  readonly steps: readonly DryStep[];
}
