/**
 * A flow is a value: a trigger and a list of named steps. TypeScript builders give it types, YAML
 * parses to the same value. Because it is data, what it needs (scopes, fields, connections) is computed
 * from it, the console can draw it, and `next` (run.ts) can interpret it without doing anything itself.
 */
import type { Condition, FieldMap, Source } from '../mapping/index.ts';
import type { Json } from '../std/index.ts';
import type { Cards, CdsHook } from './cds.ts';
import type { ForEachStep, RouteStep } from './nested.ts';

/**
 * Sources, field maps and conditions are the mapping room's. In a flow the first name of a source is:
 * - `event`: the event, a FHIR resource (`event.participant[0].actor.reference`), or for an HL7 trigger the FHIR
 *   reading of the message (`event.patient.name[0].family`, `event.encounter.class.code`, `event.type`);
 * - an earlier step's id: what it found, made or mapped; null when it was skipped or found nothing;
 * - `hl7:` a path in the HL7 message itself (`hl7:PID-5.1`);
 * - `site`: the site's record (`site.name`, `site.timeZone`, `site.mrnSystem`).
 */
export type { Condition, FieldMap, FieldRule, Source } from '../mapping/index.ts';
export type { Branch, ForEachStep, RouteStep } from './nested.ts';

export interface StepBase {
  /** Stable and unique in its flow, those of nested steps included; effects are remembered under it. */
  readonly id: string;
  /** Skipped (not filtered) when it does not hold. */
  readonly when?: Condition;
}

/** Looks something up. One match becomes the step's value; none is `null` if `optional`, else a failure. */
export interface FindStep extends StepBase {
  readonly kind: 'find';
  /** A connection of the site, by its name in the site record. */
  readonly connection: string;
  /** The capability: `patient.find`. */
  readonly do: string;
  readonly args: FieldMap;
  readonly optional?: boolean;
  /**
   * A path in the match to the source that it must equal: `{ birthDate: 'event.patient.birthDate' }`. A match that
   * differs, or of which either side has no value, is held as an ambiguous patient and never used.
   */
  readonly verify?: Readonly<Record<string, Source>>;
}

/** Reads one record by its id or reference. It becomes the step's value; none is `null` if `optional`, else a failure. */
export interface ReadStep extends StepBase {
  readonly kind: 'read';
  readonly connection: string;
  /** The capability: `patient.read`. */
  readonly do: string;
  /** `{ reference: 'event.subject.reference' }`, or `{ id: ... }`. */
  readonly args: FieldMap;
  readonly optional?: boolean;
  /** As of a find: what the record must equal to be used. */
  readonly verify?: Readonly<Record<string, Source>>;
}

/**
 * Builds a value from others, in one of three ways: by fields given here, by a file of maps/, or as the text of an HL7
 * message. Pure: computed again at every attempt.
 */
export interface MapStep extends StepBase {
  readonly kind: 'map';
  /** With `map`: what the file says, filled in when the project is loaded. */
  readonly fields?: FieldMap;
  /** `contact` is maps/contact.yaml. */
  readonly map?: string;
  readonly hl7?: Hl7Writing;
}

/**
 * An HL7 message as a map makes it: a new one (`type`), a changed copy of the one received (`copy`), or resources written
 * as HL7 (`write`); then single fields by their HL7 paths. MSH-10 and MSH-7 are the same at every attempt.
 */
export interface Hl7Writing {
  /** `ADT^A08`. Left out with `copy`: the message's own. */
  readonly type?: string;
  /** Starts from the message that started the flow. */
  readonly copy?: true;
  /** Starts from resources written as HL7 by the published guide: sources of a resource, a list of them, or a Bundle. */
  readonly write?: readonly Source[];
  /** `{ 'PID-5.1': 'patient.name[0].family', 'MSH-5': { value: 'LAB' } }` */
  readonly fields?: FieldMap;
}

/** Looks a code up in a value set map of the site. The value is `{ code, display }`; `null` where there is no code to look up. Pure. */
export interface LookupStep extends StepBase {
  readonly kind: 'lookup';
  readonly valueSet: string;
  readonly code: Source;
  /** `ours` (left out): from the site's code to ours. `theirs`: from ours to the site's. */
  readonly to?: 'ours' | 'theirs';
  /** Taken where the code is not in the map; left out: the delivery is held as unmapped. */
  readonly otherwise?: Json;
}

/** Goes on only when the condition holds; otherwise the delivery ends as filtered, here. */
export interface FilterStep extends StepBase {
  readonly kind: 'filter';
  readonly that: Condition;
}

/**
 * What is done when the answer to an effect was lost, so that nobody knows whether it happened:
 * - `resend`: the same again, with the same control id or idempotency key and marked as a possible duplicate;
 * - `{ findFirst: 'step' }`: that earlier find step is asked again before the effect is tried again;
 * - `hold`: a person looks and decides.
 * Left out: `resend` where the other side knows repeats by a key (every send, and all that a webhook does), else `hold`.
 */
export type OnUnknown = 'resend' | 'hold' | { readonly findFirst: string };

/** Passes something on: a body built by a map step or given here, or the message as it was received. */
export interface SendStep extends StepBase {
  readonly kind: 'send';
  readonly connection: string;
  readonly do: string;
  readonly args: FieldMap;
  readonly onUnknown?: OnUnknown;
}

/** Makes a record on the other side, once. */
export interface CreateStep extends StepBase {
  readonly kind: 'create';
  readonly connection: string;
  readonly do: string;
  readonly args: FieldMap;
  readonly onUnknown?: OnUnknown;
}

/** Changes a record on the other side. */
export interface UpdateStep extends StepBase {
  readonly kind: 'update';
  readonly connection: string;
  readonly do: string;
  readonly args: FieldMap;
  readonly onUnknown?: OnUnknown;
}

/** Changes the record that is there under a key, or makes it: once, whichever it is. */
export interface UpsertStep extends StepBase {
  readonly kind: 'upsert';
  readonly connection: string;
  readonly do: string;
  readonly args: FieldMap;
  readonly onUnknown?: OnUnknown;
}

/**
 * Free code, and the only place for it. It declares what it reads and gets nothing else. Its result is
 * remembered like an effect, so a retry does not run it twice. A function stands in a flow file of TypeScript; a
 * `script` is a file of the project that runs apart, in a sandbox without files, network or clock.
 */
export interface CodeStep extends StepBase {
  readonly kind: 'code';
  readonly reads: Readonly<Record<string, Source>>;
  readonly run?: (input: Readonly<Record<string, unknown>>) => unknown;
  /** Below the project's folder: `scripts/price.js`. */
  readonly script?: string;
  /** The script's text, filled in when the project is loaded. */
  readonly source?: string;
}

interface SleepBase extends StepBase {
  /** A later message of the same patient and of one of these types ends the delivery as filtered, here: `ADT^A11`. */
  readonly cancelOn?: readonly string[];
  /** Earlier finds that are asked again after the sleep; what is computed from them is computed anew. */
  readonly recheck?: readonly string[];
}

/**
 * Sleeps, out of its lane, and goes on at the lane's tail: after a while (`for`), at a time (`until`), or when a message of
 * the same patient came (`on`). Its value is `{ since, wokenAt, by, came }`.
 */
export interface WaitStep extends SleepBase {
  readonly kind: 'wait';
  /** Milliseconds. */
  readonly for?: number;
  /** A day or a time; one that is past is no wait. */
  readonly until?: Source;
  /** Milliseconds before `until`. */
  readonly before?: number;
  /** Types of messages: `ADT^A03`, `ORU^*`, `Appointment.updated`. */
  readonly on?: readonly string[];
  /** With `on`: goes on after so many milliseconds, with `came: false`. */
  readonly atMost?: number;
}

/** Sleeps until a person approves; refused, it ends as filtered. Its value is `{ since, wokenAt, by, approved, who, reason }`. */
export interface ApproveStep extends SleepBase {
  readonly kind: 'approve';
  /** The question, without patient data. */
  readonly ask: string;
  /** Who may answer: this role or a higher one. */
  readonly role: 'operator' | 'admin';
  /** Milliseconds; left out: none. */
  readonly deadline?: number;
  /** Nobody answered in time: the delivery is held in its lane for a person, or it counts as refused. */
  readonly whenLate: 'hold' | 'refuse';
  /** What the person sees before answering. Sealed. */
  readonly show: FieldMap;
}

/** Adds cards to the answer of a CDS Hooks call. Pure; its value is `{ cards }`. */
export interface RespondStep extends StepBase {
  readonly kind: 'respond';
  readonly cards: Cards;
}

export type Step =
  | FindStep
  | ReadStep
  | MapStep
  | LookupStep
  | FilterStep
  | SendStep
  | CreateStep
  | UpdateStep
  | UpsertStep
  | RouteStep
  | ForEachStep
  | CodeStep
  | WaitStep
  | ApproveStep
  | RespondStep;

/** What starts a flow. */
export type Trigger =
  /** However the site lets us learn it: poll, feed, or feed wakes read. */
  | {
      readonly kind: 'event';
      readonly resource: string;
      readonly changes: readonly ('created' | 'updated')[];
    }
  /** HL7 v2 by MSH-9: `ADT^A01`, `ADT^A0*`, `SIU^*`. */
  | {
      readonly kind: 'hl7';
      readonly type: string;
      /** Only what this connection received; left out: whichever did. */
      readonly connection?: string;
    }
  /** A call to `/hooks/<site>/<connection>`. */
  | { readonly kind: 'webhook'; readonly connection: string }
  /** Records of files that a connection reads. */
  | { readonly kind: 'file'; readonly connection: string }
  /** Records that a bulk export of the site brings: all there are, not what changed. */
  | { readonly kind: 'bulk'; readonly resource: string }
  /** At times, at every site of the flow; each occurrence once, whatever the number of nodes and of restarts. */
  | {
      readonly kind: 'schedule';
      /** Five fields, minute first, or six with seconds: `0 6 * * 1-5`. */
      readonly cron: string;
      /** IANA; left out: each site's own. */
      readonly timeZone?: string;
      /** What becomes of occurrences that passed while nothing ran: the last of them, each, or none is made up for. */
      readonly missed: 'latest' | 'all' | 'skip';
    }
  /** Started by a person: `suture run <flow>`, the console, the API. */
  | { readonly kind: 'manual' }
  /** A CDS Hooks call, answered in the request. */
  | {
      readonly kind: 'cds';
      readonly hook: CdsHook;
      /** `/cds-services/<service>`. */
      readonly service: string;
      readonly title?: string;
      readonly description: string;
      /** Templates of what the hospital sends along. */
      readonly prefetch: Readonly<Record<string, string>>;
      /** What was not sent is read with the caller's token. */
      readonly readMissing: boolean;
      /** Milliseconds; after it the answer has no cards. */
      readonly deadline: number;
    };

/** What deliveries of this flow are kept in order by. Declared, and known before the message is kept. */
export type Order = 'patient' | 'connection' | 'flow';

export interface Flow {
  readonly name: string;
  /** One sentence for the console. */
  readonly about: string;
  /** By name, or by tag: `tag:cardiology`. */
  readonly sites: 'all' | readonly string[];
  readonly order: Order;
  readonly trigger: Trigger;
  readonly steps: readonly Step[];
  /** How long failures that may pass are tried again before the delivery is a dead letter; milliseconds. */
  readonly giveUpAfter: number;
  /** Failed attempts after which the delivery is exhausted; left out: no such limit, `giveUpAfter` alone. */
  readonly attempts?: number;
  /**
   * What becomes of an exhausted delivery: it is held and its lane stops, or it is a dead letter and its lane goes on.
   * Left out: see `exhaustedOf`.
   */
  readonly exhausted?: Exhausted;
  readonly late?: Late;
  readonly retention?: FlowRetention;
  readonly service?: ServiceLevel;
}

/**
 * Days for which finished messages that it was planned for are kept. What it leaves out, the connection's and the site's word
 * says; of several flows the longest does.
 */
export interface FlowRetention {
  /** Delivered and filtered ones. */
  readonly days?: number;
  /** Those with a dead letter; never less than `days`. */
  readonly dead?: number;
}

/** What becomes of a delivery whose event is too old to be acted on, judged before its first step. */
export interface Late {
  /** Milliseconds. */
  readonly after: number;
  /** `filter`: it ends there. `hold`: a person decides. `dead letter`: it is one, with its reason. */
  readonly do: 'filter' | 'hold' | 'dead letter';
  /** When it happened: a day or a time. Left out: when it was received. */
  readonly since?: Source;
}

/** What the flow promises at each of its sites; told when it is not kept, and when it is again. Milliseconds. */
export interface ServiceLevel {
  /** From a message's receipt, or from the end of a sleep, to the end of its delivery; longer ones are a finding. */
  readonly endToEnd?: number;
  /** So long without an event, in hours that count at the site, is too long; `learn`: what is usual at this hour of the week says. */
  readonly silence?: number | 'learn';
}

export type Exhausted = 'stop lane' | 'dead letter';

/**
 * Admissions, transfers and merges build on each other: an ADT flow stops the lane. Others go on behind a dead letter.
 * @example
 * exhaustedOf({ trigger: { kind: 'hl7', type: 'ADT^A0*' } }) // 'stop lane'
 */
export function exhaustedOf({ trigger, exhausted }: Pick<Flow, 'trigger' | 'exhausted'>): Exhausted {
  if (exhausted !== undefined) return exhausted;
  return trigger.kind === 'hl7' && trigger.type.startsWith('ADT') ? 'stop lane' : 'dead letter';
}
