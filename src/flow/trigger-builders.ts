/** Triggers and typed calls by name: `appointment.updated()`, `patient.find({ ... })`, `hl7.message('ADT^A01')`. */
import type { Resources } from '../mapping/index.ts';
import type { FindSpec } from './define.ts';
import type { Hl7Event } from './event.ts';
import type { Trigger } from './flow.ts';

declare const event: unique symbol;
declare const isHl7: unique symbol;

/** A trigger that knows, for the compiler only, what its event is. */
export type TypedTrigger<Event, Hl7 extends boolean> = Trigger & {
  readonly [event]?: Event;
  readonly [isHl7]?: Hl7;
};

/** Any resource's changes; those of {@link Resources} are typed. */
export function changes<Name extends keyof Resources>(
  resource: Name,
  ...of: readonly ('created' | 'updated')[]
): TypedTrigger<Resources[Name], false>;
export function changes(
  resource: string,
  ...of: readonly ('created' | 'updated')[]
): TypedTrigger<unknown, false>;
export function changes(
  resource: string,
  ...of: readonly ('created' | 'updated')[]
): TypedTrigger<unknown, false> {
  return { kind: 'event', resource, changes: of };
}

/** What a schedule starts a flow with; times are ISO 8601 with the offset of the schedule's time zone. */
export interface ScheduleEvent {
  readonly flow: string;
  readonly scheduledFor: string;
  /** The occurrence before it that was run; null at the first. */
  readonly previous: string | null;
}

export interface ScheduleSpec {
  /** IANA; left out: each site's own. */
  readonly timeZone?: string;
  /** Occurrences that passed while nothing ran: `'latest'` (left out) runs the last of them, `'all'` each, `'skip'` none. */
  readonly missed?: 'latest' | 'all' | 'skip';
}

/**
 * At times: five fields, minute first, or six with seconds. Each occurrence starts the flow once at every site of it.
 * @example
 * flow('nightly').on(schedule('0 2 * * *', { missed: 'skip' }))
 */
export const schedule = (cron: string, spec: ScheduleSpec = {}): TypedTrigger<ScheduleEvent, false> => ({
  kind: 'schedule',
  cron,
  ...(spec.timeZone === undefined ? {} : { timeZone: spec.timeZone }),
  missed: spec.missed ?? 'latest',
});

/** Records of the files that a connection reads. Say what a record is to have its paths checked: `file<{ readonly MRN: string }>('extracts')`. */
export const file = <Record = unknown>(connection: string): TypedTrigger<Record, false> => ({
  kind: 'file',
  connection,
});

/** Every record of a resource that a bulk export of the site brings. */
export function bulk<Name extends keyof Resources>(resource: Name): TypedTrigger<Resources[Name], false>;
export function bulk(resource: string): TypedTrigger<unknown, false>;
export function bulk(resource: string): TypedTrigger<unknown, false> {
  return { kind: 'bulk', resource };
}

/** Started by a person, with what they give: `suture run <flow>`, the console, the API. */
export const manual = <Input = unknown>(): TypedTrigger<Input, false> => ({ kind: 'manual' });

export interface ResourceBuilder<Name extends keyof Resources> {
  /** It is seen for the first time at this site. */
  created(): TypedTrigger<Resources[Name], false>;
  /** Its content is not what it was. */
  updated(): TypedTrigger<Resources[Name], false>;
  /** Either. */
  changed(): TypedTrigger<Resources[Name], false>;
  /** The `find` of this resource, for a find step. */
  find<const S extends Omit<FindSpec, 'do'>>(spec: S): S & { readonly do: `${Uncapitalize<Name>}.find` };
  /** The `read` of this resource, for a read step. */
  read<const S extends Omit<FindSpec, 'do'>>(spec: S): S & { readonly do: `${Uncapitalize<Name>}.read` };
}

function resource<Name extends keyof Resources>(name: Name): ResourceBuilder<Name> {
  const capability = `${name.charAt(0).toLowerCase()}${name.slice(1)}.find` as `${Uncapitalize<Name>}.find`;
  const reading = `${name.charAt(0).toLowerCase()}${name.slice(1)}.read` as `${Uncapitalize<Name>}.read`;
  const trigger = (...of: readonly ('created' | 'updated')[]): TypedTrigger<Resources[Name], false> => ({
    kind: 'event',
    resource: name,
    changes: of,
  });
  return {
    created: () => trigger('created'),
    updated: () => trigger('updated'),
    changed: () => trigger('created', 'updated'),
    find: (spec) => ({ ...spec, do: capability }),
    read: (spec) => ({ ...spec, do: reading }),
  };
}

export const patient = resource('Patient');
export const appointment = resource('Appointment');
export const encounter = resource('Encounter');
export const observation = resource('Observation');
export const documentReference = resource('DocumentReference');

export const hl7 = {
  /** HL7 v2 messages by MSH-9: `ADT^A01`, `ADT^A0*`, `SIU^*`; with `connection` only those that it received. */
  message: (type: string, spec: { readonly connection?: string } = {}): TypedTrigger<Hl7Event, true> => ({
    kind: 'hl7',
    type,
    ...(spec.connection === undefined ? {} : { connection: spec.connection }),
  }),
};

/**
 * Calls to a hook of the site, by its connection's name. Say what the body is to have its paths checked:
 * `webhook<{ readonly mrn: string }>('intake')`.
 */
export const webhook = <Body = unknown>(connection: string): TypedTrigger<Body, false> => ({
  kind: 'webhook',
  connection,
});
