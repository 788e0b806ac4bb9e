import type { LocalDefinitions } from './dictionary/definition.ts';

/**
 * What a site expects of its messages, beyond the standard: plain data that people write as YAML. Made by `profile()`,
 * which checks it, or learned from messages by `learnProfile()`.
 *
 *     name: North clinic, admissions
 *     version: 2.5.1
 *     messages:
 *       ADT^A01: { segments: { PV1: { min: 1, max: 1 } } }
 *     fields:
 *       PID-3: { required: true, repetitions: 2 }
 *       PID-8: { codes: [F, M] }
 *       PV1-19.1: { pattern: '########' }
 */
export interface Profile {
  readonly name: string;
  /** The version to validate against; by default the one in MSH-12. */
  readonly version?: string;
  /** What MSH-3 may say. */
  readonly senders?: readonly string[];
  /** By message type: `ADT^A01`, or `ADT^*` for every trigger that is not named. Others are unexpected. */
  readonly messages?: Readonly<Record<string, MessageRule>>;
  /** For every message type. */
  readonly segments?: Readonly<Record<string, SegmentRule>>;
  /** By path: `PID-3`, `PID-3.5`, `PID-3.4.1`. */
  readonly fields?: Readonly<Record<string, FieldRule>>;
  /** Z-segments, data types, message structures and table values of the site. */
  readonly local?: LocalDefinitions;
  /** What learning saw, in numbers; compared by `diffProfiles`. */
  readonly observed?: Observed;
}

export interface MessageRule {
  readonly segments?: Readonly<Record<string, SegmentRule>>;
  /** The order in which segments first stand. */
  readonly order?: readonly string[];
  readonly fields?: Readonly<Record<string, FieldRule>>;
}

export interface SegmentRule {
  readonly min?: number;
  readonly max?: number;
}

export interface FieldRule {
  /** It must say something wherever its segment stands. */
  readonly required?: boolean;
  /** It must be empty. */
  readonly unused?: boolean;
  /** The most characters of one repetition, or of the component. */
  readonly length?: number;
  /** How often a field may stand. */
  readonly repetitions?: number;
  readonly codes?: readonly string[];
  /** `#` a digit, `@` a letter, `?` any character, `*` any number of them; others stand for themselves. */
  readonly pattern?: string;
}

/** Counts of what was seen. No value of a message is among them but codes, senders, types and versions. */
export interface Observed {
  readonly messages: number;
  readonly types: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, number>>;
  readonly senders: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<string, ObservedSegment>>;
  readonly fields: Readonly<Record<string, ObservedField>>;
}

export interface ObservedSegment {
  /** In how many messages it stands. */
  readonly messages: number;
  /** How many of it there are in all. */
  readonly total: number;
}

export interface ObservedField {
  /** In how many of its segments it says something, of how many. */
  readonly filled: number;
  readonly of: number;
  /** The longest value, in characters. */
  readonly longest: number;
  /** How often each code stood, most frequent first. */
  readonly codes?: Readonly<Record<string, number>>;
}
