import type { Dictionary } from './dictionary/definition.ts';
import { nearest } from './dictionary/nearest.ts';
import { groupNames, type PartNames, partNames } from './path-names.ts';

/**
 * Paths name a place in a message, as analysts write them. All numbers count from 1.
 *
 *     PID                      the segment
 *     PID-5                    a field (PID.5 is the same)
 *     PID-5.1   PID-5.1.2      a component, a subcomponent
 *     PID-3[2].1               of the second repetition; [*] is every one
 *     OBX[3]-5                 of the third OBX; OBX[*]-5 of every one
 *     PID-3[5=MR].1            of the repetition whose component 5 is MR
 *     PID-3[5=MR][4=EPIC][1]   conditions add up; a number comes last and counts those that match
 *     OBX[3.1=8480-6]-5        of the OBX whose field 3, component 1 is 8480-6
 *     PID-3[4="A]B"].1         a value with ] in it stands in quotes
 *     PID-patientName.familyName       fields and components by their names, as the dictionary has them
 *     PID-3[identifierTypeCode=MR].1   in conditions too
 *     PATIENT_RESULT/ORDER_OBSERVATION[2]/OBX[1]-5   the first OBX of the second order: groups of the message structure
 *     ORDER_OBSERVATION[*]/OBX[*]-5    groups around may be left out; [*] is every one
 */
export interface Path {
  /** As written. */
  readonly source: string;
  readonly segment: string;
  /** The segment id as a number, for comparison while scanning. */
  readonly code: number;
  readonly segments: Choice;
  /** 0: the path names a whole segment. */
  readonly field: number;
  readonly repetitions: Choice;
  /** 0: not named. */
  readonly component: number;
  readonly subcomponent: number;
  /** The groups around the segment, outermost first; none in most paths. */
  readonly groups: readonly GroupStep[];
  /** The dictionary it was read with, where it was given one: that of its names and groups. */
  readonly dictionary: Dictionary | undefined;
}

/** One group of a path: which of those with this name, as in {@link Choice}. */
export interface GroupStep {
  readonly name: string;
  readonly index: number;
}

/** Which of several: those that meet every condition, and of these the nth (0 says nothing, -1 says every one). */
export interface Choice {
  readonly index: number;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  /** 0 inside a field's brackets. */
  readonly field: number;
  readonly component: number;
  readonly subcomponent: number;
  readonly value: string;
}

/** A path that cannot be read: a programmer's mistake, so it is thrown. `position` counts characters from 1. */
export class PathError extends Error {
  override readonly name = 'PathError';
  readonly path: string;
  readonly position: number;
  constructor(path: string, position: number, expected: string) {
    super(`"${path}" is not an HL7 path: at character ${position}, expected ${expected}`);
    this.path = path;
    this.position = position;
  }
}

/** The three characters of a segment id as one number. */
export const segmentCode = (text: string, at: number): number =>
  (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2);

/** Flows use few paths, again and again. Emptied when full, so that paths made from data cannot fill memory. */
const cache = new Map<string, Path>();
const cacheLimit = 2_000;

/** Paths read with a dictionary, kept as long as it is. */
const caches = new WeakMap<Dictionary, Map<string, Path>>();

/**
 * Reads a path once; later calls with the same text cost one look-up. Everything that takes a path takes either form.
 * Throws {@link PathError}, which says at which character the path goes wrong.
 *
 * With a dictionary the path is checked against it: segments, fields, components and groups that it does not have are
 * refused, with the name that was likely meant; and the names of a site's own segments can be used.
 *
 *     path('PID-patientNam', dictionary('2.5.1'))   // PathError: … did you mean "patientName"?
 *     message.get(path('ZPD-loyalty', site))
 */
export function path(source: string, dictionary?: Dictionary): Path {
  if (dictionary === undefined) return remembered(cache, source, undefined);
  const own = caches.get(dictionary) ?? new Map<string, Path>();
  caches.set(dictionary, own);
  return remembered(own, source, dictionary);
}

function remembered(known: Map<string, Path>, source: string, dictionary: Dictionary | undefined): Path {
  const found = known.get(source);
  if (found !== undefined) return found;
  const parsed = new PathReader(source, dictionary).read();
  if (known.size >= cacheLimit) known.clear();
  known.set(source, parsed);
  return parsed;
}

const fieldCache = new Map<string, Path>();

/** The part of a path after the segment, for reading within one segment: `5.1`, `3[5=MR].1`. */
export function fieldPath(source: string): Path {
  const known = fieldCache.get(source);
  if (known !== undefined) return known;
  const parsed = new PathReader(source).readField();
  if (fieldCache.size >= cacheLimit) fieldCache.clear();
  fieldCache.set(source, parsed);
  return parsed;
}

const anyOne: Choice = Object.freeze({ index: 0, conditions: Object.freeze([]) });

const noGroups: readonly GroupStep[] = Object.freeze([]);

class PathReader {
  readonly #source: string;
  readonly #dictionary: Dictionary | undefined;
  #at = 0;

  constructor(source: string, dictionary?: Dictionary) {
    this.#source = source;
    this.#dictionary = dictionary;
  }

  read(): Path {
    const groups = this.#groups();
    const segment =
      this.#match(/[A-Z][A-Z0-9]{2}/y) ??
      this.#fail(
        groups.length === 0 && !this.#source.includes('/')
          ? 'a segment id of three capitals, such as PID'
          : 'a group such as ORDER_OBSERVATION and "/", or a segment id of three capitals, such as OBX',
      );
    this.#checkSegment(segment);
    const names = partNames(this.#dictionary, segment);
    const segments = this.#brackets(names, true);
    if (this.#done()) return this.#path(segment, segments, 0, groups);
    if (!this.#take('-') && !this.#take('.')) this.#fail('"-" and a field number, or the end');
    return this.#path(segment, segments, this.#part(names, 'a field number'), groups, names);
  }

  readField(): Path {
    return this.#path('', anyOne, this.#number('a field number'), noGroups);
  }

  #groups(): readonly GroupStep[] {
    const groups: GroupStep[] = [];
    for (;;) {
      const start = this.#at;
      const found = this.#match(/[A-Z][A-Z0-9_]*(\[[^\]]*\])?\//y);
      if (found === undefined) return groups.length === 0 ? noGroups : Object.freeze(groups);
      const bracket = found.indexOf('[');
      const name = found.slice(0, bracket < 0 ? -1 : bracket);
      this.#checkGroup(name, start);
      const which = bracket < 0 ? '' : found.slice(bracket + 1, -2);
      if (bracket >= 0 && which !== '*' && !/^[1-9]\d{0,8}$/.test(which))
        this.#fail('a number from 1 on or "*" in the brackets of a group', start + bracket + 1);
      groups.push(Object.freeze({ name, index: which === '*' ? -1 : Number(which) }));
    }
  }

  /** What follows the field number, to the end. */
  #path(
    segment: string,
    segments: Choice,
    field: number,
    groups: readonly GroupStep[],
    names?: PartNames,
  ): Path {
    const components = names?.below(field);
    const repetitions = field === 0 ? anyOne : this.#brackets(components, false);
    const component = field > 0 && this.#take('.') ? this.#part(components, 'a component number') : 0;
    const subcomponent =
      component > 0 && this.#take('.')
        ? this.#part(components?.below(component), 'a subcomponent number')
        : 0;
    if (!this.#done()) this.#fail(component === 0 ? '"[", "." or the end' : '"." or the end');
    const code = segment === '' ? 0 : segmentCode(segment, 0);
    const source = this.#source;
    const dictionary = this.#dictionary;
    return Object.freeze({
      source,
      segment,
      code,
      segments,
      field,
      repetitions,
      component,
      subcomponent,
      groups,
      dictionary,
    });
  }

  #brackets(names: PartNames | undefined, ofSegment: boolean): Choice {
    if (this.#source[this.#at] !== '[') return anyOne;
    const conditions: Condition[] = [];
    let index = 0;
    while (this.#take('[')) {
      if (index !== 0) this.#fail('nothing more in brackets after a number or "*"', this.#at - 1);
      if (this.#take('*')) index = -1;
      else {
        const start = this.#at;
        const named = !/\d/.test(this.#source[start] ?? '');
        const first = this.#part(
          names,
          ofSegment
            ? 'a number, "*" or a condition such as 3.1=X'
            : 'a number, "*" or a condition such as 5=MR',
          false,
        );
        if (this.#source[this.#at] === ']' && !named) index = first;
        else {
          this.#checkCount(names, first, start);
          conditions.push(this.#condition(names, ofSegment, first));
        }
      }
      if (!this.#take(']')) this.#fail('"]"');
    }
    return Object.freeze({ index, conditions: Object.freeze(conditions) });
  }

  #condition(names: PartNames | undefined, ofSegment: boolean, first: number): Condition {
    const numbers = [first];
    const most = ofSegment ? 3 : 2;
    let below = names?.below(first);
    while (numbers.length < most && this.#take('.')) {
      const next = this.#part(below, 'a number');
      numbers.push(next);
      below = below?.below(next);
    }
    if (!this.#take('=')) this.#fail('"=" and a value, or "]"');
    const quoted = this.#match(/"([^"\\]|\\.)*"/y);
    const value = quoted === undefined ? (this.#match(/[^\]"]+/y) ?? '') : unquoted(quoted);
    if (!ofSegment) numbers.unshift(0);
    const [field = 0, component = 0, subcomponent = 0] = numbers;
    return Object.freeze({ field, component, subcomponent, value });
  }

  /** A part by its number, or by its name where there are names. */
  #part(names: PartNames | undefined, expected: string, checked = true): number {
    const start = this.#at;
    const name = names === undefined ? undefined : this.#match(/[A-Za-z][A-Za-z0-9]*/y);
    if (names === undefined || name === undefined) {
      const number = this.#number(expected);
      if (checked) this.#checkCount(names, number, start);
      return number;
    }
    const number = names.numberOf(name);
    if (number !== undefined) return number;
    const meant = nearest(name, names.known());
    return this.#fail(
      `${expected}, or a name of ${names.owner}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      start,
    );
  }

  #checkSegment(segment: string): void {
    const dictionary = this.#dictionary;
    if (dictionary === undefined || dictionary.segment(segment) !== undefined) return;
    const known = dictionary.segmentIds();
    // A site that has not declared its Z-segments may still name them.
    if (segment.startsWith('Z') && !known.some((id) => id.startsWith('Z'))) return;
    const meant = nearest(segment, known);
    this.#fail(
      `a segment of HL7 ${dictionary.version}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      this.#at - 3,
    );
  }

  #checkGroup(name: string, start: number): void {
    if (this.#dictionary === undefined) return;
    const known = groupNames(this.#dictionary);
    if (known.has(name)) return;
    const meant = nearest(name, known);
    this.#fail(
      `a group of a message structure of HL7 ${this.#dictionary.version}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      start,
    );
  }

  #checkCount(names: PartNames | undefined, number: number, start: number): void {
    if (this.#dictionary === undefined || names === undefined) return;
    const { count } = names;
    if (count !== undefined && number > count)
      this.#fail(
        `a number up to ${count}: ${names.owner} has no more in HL7 ${this.#dictionary.version}`,
        start,
      );
  }

  #number(expected: string): number {
    const start = this.#at;
    const digits = this.#match(/\d{1,9}/y) ?? this.#fail(expected);
    const value = Number(digits);
    if (value === 0) this.#fail(`${expected}; numbers count from 1`, start);
    return value;
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text !== undefined) this.#at += text.length;
    return text;
  }

  #done(): boolean {
    return this.#at >= this.#source.length;
  }

  #fail(expected: string, at = this.#at): never {
    throw new PathError(this.#source, at + 1, expected);
  }
}

const unquoted = (quoted: string): string => quoted.slice(1, -1).replace(/\\(.)/g, '$1');
