/**
 * The builder that flow files are written with. It is the flow: a value with the flow's own fields, to which each
 * method adds a step and gives a new value, so any of them can be exported as it is.
 *
 *     export default flow('appointment-sync', { about: 'Keeps the care app’s calendar in step.' })
 *       .on(appointment.changed())
 *       .filter('booked', { path: 'event.status', equals: 'booked' })
 *       .find('patient', {
 *         connection: 'epic',
 *         do: 'patient.find',
 *         args: { id: { from: 'event.participant[actor.type=Patient].actor.reference', transform: 'id' } },
 *       })
 *       .send('notify', {
 *         connection: 'care-app',
 *         do: 'send',
 *         args: { 'body.start': 'event.start', 'body.family': 'patient.name[0].family' },
 *       });
 */
import type { Condition, FieldMap, Resources, Source } from '../mapping/index.ts';
import type { Json } from '../std/index.ts';
import type { Cards } from './cds.ts';
import { type FlowOptions, headOf } from './define-options.ts';
import { type RouteDone, Ways } from './define-route.ts';

import {
  type ApproveSpec,
  type ApproveValue,
  approveStep,
  type WaitSpec,
  type WaitValue,
  waitStep,
} from './define-sleep.ts';
import type { SiteValue } from './event.ts';
import type {
  Exhausted,
  Flow,
  FlowRetention,
  Hl7Writing,
  Late,
  OnUnknown,
  Order,
  ServiceLevel,
  Step,
  Trigger,
} from './flow.ts';
import type { LookupValue } from './lookup.ts';
import { USUAL_ITEMS } from './nested.ts';
import type { TypedTrigger } from './trigger-builders.ts';
import type {
  CheckCards,
  CheckCondition,
  CheckMap,
  CheckReads,
  CheckStep,
  ItemAt,
  Known,
  MapValue,
  ValueAt,
  Wrong,
} from './typed-source.ts';

/**
 * Begins a flow; `.on(...)` says what starts it.
 * @throws Failure `config` when `giveUpAfter` is no length of time.
 */
export function flow(name: string, options: FlowOptions = {}): FlowStart {
  const head = headOf(name, options);
  return {
    on: (trigger) => {
      // A type's marks are types only; what is kept is the plain trigger.
      const plain = { ...trigger } as Trigger;
      return new FlowBuilder({ ...head, trigger: plain, steps: [] });
    },
  };
}

export interface FlowStart {
  on<Event, Hl7 extends boolean>(
    trigger: TypedTrigger<Event, Hl7>,
  ): FlowBuilder<{ values: { event: Event; site: SiteValue }; hl7: Hl7 }>;
}

/** Of an HL7 message that is built; see {@link Hl7Writing}. */
export interface Hl7Spec extends Hl7Writing {
  readonly when?: Condition;
}

export interface LookupSpec {
  readonly valueSet: string;
  readonly code: Source;
  /** `'ours'` (left out): from the site's code to ours. `'theirs'`: from ours to the site's. */
  readonly to?: 'ours' | 'theirs';
  /** Taken where the code is not in the map. Left out: the delivery is held as unmapped. */
  readonly otherwise?: Json;
  readonly when?: Condition;
}

export interface ForEachSpec {
  /** The list. */
  readonly in: Source;
  /** What an item is called in the steps. */
  readonly as: string;
  /** More items than this are a failure. Left out: 100; at most 1,000. */
  readonly atMost?: number;
  readonly when?: Condition;
}

interface CallSpec {
  /** A connection of the site, by its name in the site record. */
  readonly connection: string;
  /** A capability: `patient.find`, `send`. */
  readonly do: string;
  readonly args: FieldMap;
  readonly when?: Condition;
}

/** An effect. */
export interface EffectSpec extends CallSpec {
  /** What to do when its answer was lost: `'resend'`, `'hold'`, or `{ findFirst: 'id of an earlier find' }`. */
  readonly onUnknown?: OnUnknown;
}

export interface FindSpec extends CallSpec {
  /** None found gives `null` instead of a failure. */
  readonly optional?: boolean;
  /** A path in the match to the source that it must equal; otherwise the delivery is held for a person. */
  readonly verify?: Readonly<Record<string, Source>>;
}

/** The resource of a find, by its capability's name: `patient.find` gives a Patient. */
type Found<Do> = Do extends `${infer Resource}.${string}`
  ? Capitalize<Resource> extends keyof Resources
    ? Resources[Capitalize<Resource>]
    : unknown
  : unknown;

/** A step id that is not taken yet. */
type New<K extends Known, Id extends string> = Id extends keyof K['values'] | 'hl7'
  ? Wrong<`"${Id}" is taken`>
  : unknown;
type With<K extends Known, Id extends string, Value> = {
  values: K['values'] & { readonly [Name in Id]: Value };
  hl7: K['hl7'];
};

/** The flow with one step more, which later steps see by its id. */
type Then<K extends Known, Id extends string, Value> = FlowBuilder<With<K, Id, Value>, Value>;

declare const lastValue: unique symbol;

/** @typeParam Last What its last step gives: what a for-each collects. */
export class FlowBuilder<K extends Known, Last = unknown> implements Flow {
  declare readonly [lastValue]?: Last;
  readonly name: string;
  readonly about: string;
  readonly sites: 'all' | readonly string[];
  readonly order: Order;
  readonly trigger: Trigger;
  readonly steps: readonly Step[];
  readonly giveUpAfter: number;
  declare readonly attempts?: number;
  declare readonly exhausted?: Exhausted;
  declare readonly late?: Late;
  declare readonly retention?: FlowRetention;
  declare readonly service?: ServiceLevel;

  constructor(value: Flow) {
    this.name = value.name;
    this.about = value.about;
    this.sites = value.sites;
    this.order = value.order;
    this.trigger = value.trigger;
    this.steps = value.steps;
    this.giveUpAfter = value.giveUpAfter;
    if (value.attempts !== undefined) this.attempts = value.attempts;
    if (value.exhausted !== undefined) this.exhausted = value.exhausted;
    if (value.late !== undefined) this.late = value.late;
    if (value.retention !== undefined) this.retention = value.retention;
    if (value.service !== undefined) this.service = value.service;
  }

  /** Looks something up: one match becomes the step's value. Several patients are never chosen between. */
  find<const Id extends string, const S extends FindSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, Found<S['do']>> {
    return this.#with({ kind: 'find', id, ...(spec as FindSpec) });
  }

  /** Reads one record by its id or reference: `.read('patient', patient.read({ connection: 'epic', args: { reference: 'event.subject.reference' } }))`. */
  read<const Id extends string, const S extends FindSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, Found<S['do']>> {
    return this.#with({ kind: 'read', id, ...(spec as FindSpec) });
  }

  /** Builds a value from others: by fields given here, or by the name of a file of maps/. */
  map<const Id extends string, const M extends FieldMap | string, const C extends Condition>(
    id: Id & New<K, Id>,
    fields: M & (M extends string ? unknown : CheckMap<K, M>),
    options: { readonly when?: C & CheckCondition<K, C> } = {},
  ): Then<K, Id, MapValue<M>> {
    const how = typeof fields === 'string' ? { map: fields as string } : { fields: fields as FieldMap };
    return this.#with({ kind: 'map', id, ...how, ...(options as { when?: Condition }) });
  }

  /** Builds the text of an HL7 message: new, a changed copy of the one received, or resources written as HL7. */
  hl7<const Id extends string, const S extends Hl7Spec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, string> {
    const { when, ...hl7 } = spec as Hl7Spec;
    return this.#with({ kind: 'map', id, hl7, ...(when === undefined ? {} : { when }) });
  }

  /** Looks a code up in a value set map of the site: from the site's code to ours, or back. */
  lookup<const Id extends string, const S extends LookupSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, LookupValue | null> {
    return this.#with({ kind: 'lookup', id, ...(spec as LookupSpec) });
  }

  /**
   * Goes one of several ways, the first whose condition holds:
   *
   *     .route('kind', (ways) => ways
   *       .when('admitted', { path: 'event.type', equals: 'ADT^A01' }, (steps) => steps.send(...))
   *       .otherwise('filter'))
   */
  route<const Id extends string, Names>(
    id: Id & New<K, Id>,
    ways: (ways: Ways<K, never>) => RouteDone<Names>,
    options: { readonly when?: Condition } = {},
  ): Then<K, Id, { readonly branch: Names }> {
    const begin = (): FlowBuilder<K> => new FlowBuilder<K>({ ...this.#plain(), steps: [] });
    const { branches, otherwise } = ways(new Ways<K, never>(begin, []));
    return this.#with({ kind: 'route', id, branches, otherwise, ...options });
  }

  /** The same for each item of a list. Gives the list of what the last step gave for each. */
  forEach<const Id extends string, const S extends ForEachSpec, Each>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
    steps: (steps: FlowBuilder<With<K, S['as'], ItemAt<K, S['in']>>>) => FlowBuilder<Known, Each>,
  ): Then<K, Id, readonly Each[]> {
    const { atMost = USUAL_ITEMS, ...rest } = spec as ForEachSpec;
    type Inner = With<K, S['as'], ItemAt<K, S['in']>>;
    const within = steps(new FlowBuilder<Inner>({ ...this.#plain(), steps: [] })).steps;
    return this.#with({ kind: 'for-each', id, ...rest, atMost, steps: within });
  }

  /** Goes on only when the condition holds; otherwise the delivery ends here as filtered. */
  filter<const Id extends string, const C extends Condition>(
    id: Id & New<K, Id>,
    that: C & CheckCondition<K, C>,
  ): Then<K, Id, true> {
    return this.#with({ kind: 'filter', id, that: that as Condition });
  }

  /** Makes a record on the other side, once. */
  create<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, unknown> {
    return this.#with({ kind: 'create', id, ...(spec as EffectSpec) });
  }

  /** Changes a record on the other side. */
  update<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, unknown> {
    return this.#with({ kind: 'update', id, ...(spec as EffectSpec) });
  }

  /** Changes the record under a key, or makes it. */
  upsert<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, unknown> {
    return this.#with({ kind: 'upsert', id, ...(spec as EffectSpec) });
  }

  /** Passes something on. */
  send<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, unknown> {
    return this.#with({ kind: 'send', id, ...(spec as EffectSpec) });
  }

  /** Free code: gets copies of what it declares to read, and nothing else. Runs once; its result is remembered as JSON. */
  code<const Id extends string, const R extends Readonly<Record<string, Source>>, Result>(
    id: Id & New<K, Id>,
    spec: {
      readonly reads: R & CheckReads<K, R>;
      readonly run: (input: { readonly [Name in keyof R]: ValueAt<K, R[Name]> }) => Result;
      readonly when?: Condition;
    },
  ): Then<K, Id, Awaited<Result>> {
    const { reads, run, when } = spec;
    return this.#with({
      kind: 'code',
      id,
      reads: reads as Readonly<Record<string, Source>>,
      run: run as (input: Readonly<Record<string, unknown>>) => unknown,
      ...(when === undefined ? {} : { when }),
    });
  }

  /** Code of the project that runs apart, in a sandbox: a file below its folder. What it gives is not known here. */
  script<const Id extends string, const R extends Readonly<Record<string, Source>>>(
    id: Id & New<K, Id>,
    spec: {
      readonly reads: R & CheckReads<K, R>;
      readonly script: string;
      readonly when?: Condition;
    },
  ): Then<K, Id, unknown> {
    const { reads, script, when } = spec;
    const inputs = reads as Readonly<Record<string, Source>>;
    return this.#with({ kind: 'code', id, reads: inputs, script, ...(when === undefined ? {} : { when }) });
  }

  /** Sleeps out of its lane until a time has come or a message of the same patient; goes on at the lane's tail. */
  wait<const Id extends string, const S extends WaitSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, WaitValue> {
    return this.#with(waitStep(this.name, id, spec as WaitSpec));
  }

  /** Asks a person, and sleeps until the answer; refused, the delivery ends here as filtered. */
  approve<const Id extends string, const S extends ApproveSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): Then<K, Id, ApproveValue> {
    return this.#with(approveStep(this.name, id, spec as ApproveSpec));
  }

  /** Adds cards to the answer of a CDS Hooks call: written here, or a list that an earlier step made. */
  respond<const Id extends string, const C extends Cards>(
    id: Id & New<K, Id>,
    cards: C & CheckCards<K, C>,
    options: { readonly when?: Condition } = {},
  ): Then<K, Id, { readonly cards: readonly unknown[] }> {
    return this.#with({ kind: 'respond', id, cards: cards as Cards, ...options });
  }

  #with<Next extends Known, Value>(step: Step): FlowBuilder<Next, Value> {
    return new FlowBuilder<Next, Value>({ ...this.#plain(), steps: [...this.steps, step] });
  }

  #plain(): Flow {
    return { ...(this as Flow) };
  }
}
