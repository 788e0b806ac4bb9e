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
import type { Duration } from '../std/index.ts';
import type { Cards } from './cds.ts';
import {
  type ApproveSpec,
  type ApproveValue,
  approveStep,
  lengthOf,
  type WaitSpec,
  type WaitValue,
  waitStep,
} from './define-sleep.ts';
import type { SiteValue } from './event.ts';
import type { Exhausted, Flow, OnUnknown, Order, Step, Trigger } from './flow.ts';
import type { TypedTrigger } from './trigger-builders.ts';
import type {
  CheckCards,
  CheckCondition,
  CheckMap,
  CheckReads,
  CheckStep,
  Known,
  MapValue,
  ValueAt,
  Wrong,
} from './typed-source.ts';

export interface FlowOptions {
  /** One sentence for the console. */
  readonly about?: string;
  /** Names of sites; left out: all. */
  readonly sites?: 'all' | readonly string[];
  /** What deliveries are kept in order by; left out: the patient. */
  readonly order?: Order;
  /** How long failures that may pass are tried again: `'14d'`, or milliseconds. Left out: three days, a long weekend. */
  readonly giveUpAfter?: Duration | number;
  /** Failed attempts after which a delivery is exhausted. Left out: no such limit. An unreachable or stopped connection never exhausts one. */
  readonly attempts?: number;
  /** Whether an exhausted delivery stops its lane or is a dead letter. Left out: `'stop lane'` for ADT, `'dead letter'` for all else. */
  readonly exhausted?: Exhausted;
}

const THREE_DAYS = 3 * 86_400_000;

/**
 * Begins a flow; `.on(...)` says what starts it.
 * @throws Failure `config` when `giveUpAfter` is no length of time.
 */
export function flow(name: string, options: FlowOptions = {}): FlowStart {
  const { about = '', sites = 'all', order = 'patient', giveUpAfter = THREE_DAYS } = options;
  const { attempts, exhausted } = options;
  const limits = {
    ...(attempts === undefined ? {} : { attempts }),
    ...(exhausted === undefined ? {} : { exhausted }),
  };
  const length = lengthOf(name, 'giveUpAfter', giveUpAfter);
  return {
    on: (trigger) => {
      // A type's marks are types only; what is kept is the plain trigger.
      const plain = { ...trigger } as Trigger;
      return new FlowBuilder({
        name,
        about,
        sites,
        order,
        trigger: plain,
        steps: [],
        giveUpAfter: length,
        ...limits,
      });
    },
  };
}

export interface FlowStart {
  on<Event, Hl7 extends boolean>(
    trigger: TypedTrigger<Event, Hl7>,
  ): FlowBuilder<{ values: { event: Event; site: SiteValue }; hl7: Hl7 }>;
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

export class FlowBuilder<K extends Known> implements Flow {
  readonly name: string;
  readonly about: string;
  readonly sites: 'all' | readonly string[];
  readonly order: Order;
  readonly trigger: Trigger;
  readonly steps: readonly Step[];
  readonly giveUpAfter: number;
  declare readonly attempts?: number;
  declare readonly exhausted?: Exhausted;

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
  }

  /** Looks something up: one match becomes the step's value. Several patients are never chosen between. */
  find<const Id extends string, const S extends FindSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, Found<S['do']>>> {
    return this.#with({ kind: 'find', id, ...(spec as FindSpec) });
  }

  /** Builds a value from others. */
  map<const Id extends string, const M extends FieldMap, const C extends Condition>(
    id: Id & New<K, Id>,
    fields: M & CheckMap<K, M>,
    options: { readonly when?: C & CheckCondition<K, C> } = {},
  ): FlowBuilder<With<K, Id, MapValue<M>>> {
    return this.#with({ kind: 'map', id, fields: fields as FieldMap, ...(options as { when?: Condition }) });
  }

  /** Goes on only when the condition holds; otherwise the delivery ends here as filtered. */
  filter<const Id extends string, const C extends Condition>(
    id: Id & New<K, Id>,
    that: C & CheckCondition<K, C>,
  ): FlowBuilder<With<K, Id, true>> {
    return this.#with({ kind: 'filter', id, that: that as Condition });
  }

  /** Makes a record on the other side, once. */
  create<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, unknown>> {
    return this.#with({ kind: 'create', id, ...(spec as EffectSpec) });
  }

  /** Changes a record on the other side. */
  update<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, unknown>> {
    return this.#with({ kind: 'update', id, ...(spec as EffectSpec) });
  }

  /** Passes something on. */
  send<const Id extends string, const S extends EffectSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, unknown>> {
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
  ): FlowBuilder<With<K, Id, Awaited<Result>>> {
    const { reads, run, when } = spec;
    return this.#with({
      kind: 'code',
      id,
      reads: reads as Readonly<Record<string, Source>>,
      run: run as (input: Readonly<Record<string, unknown>>) => unknown,
      ...(when === undefined ? {} : { when }),
    });
  }

  /** Sleeps out of its lane until a time has come or a message of the same patient; goes on at the lane's tail. */
  wait<const Id extends string, const S extends WaitSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, WaitValue>> {
    return this.#with(waitStep(this.name, id, spec as WaitSpec));
  }

  /** Asks a person, and sleeps until the answer; refused, the delivery ends here as filtered. */
  approve<const Id extends string, const S extends ApproveSpec>(
    id: Id & New<K, Id>,
    spec: S & CheckStep<K, S>,
  ): FlowBuilder<With<K, Id, ApproveValue>> {
    return this.#with(approveStep(this.name, id, spec as ApproveSpec));
  }

  /** Adds cards to the answer of a CDS Hooks call: written here, or a list that an earlier step made. */
  respond<const Id extends string, const C extends Cards>(
    id: Id & New<K, Id>,
    cards: C & CheckCards<K, C>,
    options: { readonly when?: Condition } = {},
  ): FlowBuilder<With<K, Id, { readonly cards: readonly unknown[] }>> {
    return this.#with({ kind: 'respond', id, cards: cards as Cards, ...options });
  }

  #with<Next extends Known>(step: Step): FlowBuilder<Next> {
    return new FlowBuilder<Next>({ ...this.#plain(), steps: [...this.steps, step] });
  }

  #plain(): Flow {
    const { name, about, sites, order, trigger, steps, giveUpAfter, attempts, exhausted } = this;
    return {
      name,
      about,
      sites,
      order,
      trigger,
      steps,
      giveUpAfter,
      ...(attempts === undefined ? {} : { attempts }),
      ...(exhausted === undefined ? {} : { exhausted }),
    };
  }
}
