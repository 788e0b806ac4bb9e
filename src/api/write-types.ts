/** What goes over the wire about writes at other systems, and about flows run by hand. */
import type { DryStep } from '../engine/index.ts';
import type { WritePage } from '../store/index.ts';

export type { WriteRow } from '../store/index.ts';

/** GET /api/writes?site=&state=&messageId=&after=&limit=: open ones unless a state or a message is named, oldest first. */
export type WritesAnswer = WritePage;

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
