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

export interface ResourceBuilder<Name extends keyof Resources> {
  /** It is seen for the first time at this site. */
  created(): TypedTrigger<Resources[Name], false>;
  /** Its content is not what it was. */
  updated(): TypedTrigger<Resources[Name], false>;
  /** Either. */
  changed(): TypedTrigger<Resources[Name], false>;
  /** The `find` of this resource, for a find step. */
  find<const S extends Omit<FindSpec, 'do'>>(spec: S): S & { readonly do: `${Uncapitalize<Name>}.find` };
}

function resource<Name extends keyof Resources>(name: Name): ResourceBuilder<Name> {
  const capability = `${name.charAt(0).toLowerCase()}${name.slice(1)}.find` as `${Uncapitalize<Name>}.find`;
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
  };
}

export const patient = resource('Patient');
export const appointment = resource('Appointment');
export const encounter = resource('Encounter');
export const observation = resource('Observation');
export const documentReference = resource('DocumentReference');

export const hl7 = {
  /** HL7 v2 messages by MSH-9: `ADT^A01`, `ADT^A0*`, `SIU^*`. */
  message: (type: string): TypedTrigger<Hl7Event, true> => ({ kind: 'hl7', type }),
};

/**
 * Calls to a hook of the site, by its connection's name. Say what the body is to have its paths checked:
 * `webhook<{ readonly mrn: string }>('intake')`.
 */
export const webhook = <Body = unknown>(connection: string): TypedTrigger<Body, false> => ({
  kind: 'webhook',
  connection,
});
