/**
 * Suture's public door: what a project's flow files and its suture.config.ts are written with.
 *
 *     import { appointment, flow } from 'suture';
 *
 *     export default flow('appointment-sync').on(appointment.changed()).send('notify', {
 *       connection: 'care-app',
 *       do: 'send',
 *       args: { 'body.start': 'event.start' },
 *     });
 *
 * The doors beside it: `suture/hl7`, `suture/hl7-fhir`, `suture/fhir`, `suture/simulator`.
 */
export {
  appointment,
  bulk,
  type CdsEvent,
  cds,
  changes,
  documentReference,
  encounter,
  type Flow,
  FlowBuilder,
  type FlowOptions,
  type FlowStart,
  file,
  flow,
  type Hl7Event,
  hl7,
  manual,
  type Order,
  observation,
  patient,
  type ScheduleEvent,
  type SiteValue,
  type Step,
  schedule,
  type Trigger,
  webhook,
} from './flow/index.ts';
export type {
  Appointment,
  CodeableConcept,
  Coding,
  Condition,
  DocumentReference,
  Encounter,
  FieldMap,
  FieldRule,
  Identifier,
  Observation,
  Patient,
  Reference,
  Source,
} from './mapping/index.ts';
export { Failure, type FailureKind, type FailureRecord } from './std/index.ts';

/** What suture.config.ts says; everything has a default. */
export interface Config {
  /** Folder of the site records; `sites`. */
  readonly sites?: string;
  /** Folder of the flows; `flows`. */
  readonly flows?: string;
  /** Unfinished deliveries of one connection above which its senders are no longer read; 100,000. */
  readonly backlogLimit?: number;
  /** `secondApproval`: a deployment that touches a production site waits until a second user has approved it. */
  readonly deploy?: { readonly secondApproval?: boolean };
  /** Only for `suture dev` and the demo. */
  readonly dev?: {
    /** A pretend hospital beside the engine, whose feeds go to the connection named `feed`. */
    readonly hospital?: {
      readonly feed: string;
      readonly patients?: number;
      /** Hospital seconds a real second; 1. */
      readonly speed?: number;
      /** What happens in a real minute; 30. */
      readonly eventsPerMinute?: number;
    };
    /** Programs of the project that run beside the engine; secrets reach them as `SUTURE_SECRET_<NAME>`. */
    readonly beside?: readonly string[];
  };
}

/**
 * Gives suture.config.ts its types; the value is passed through.
 * @example
 * export default defineConfig({ sites: 'sites', flows: 'flows' });
 */
export const defineConfig = <const C extends Config>(config: C): C => config;
