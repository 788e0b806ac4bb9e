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

/**
 * Reads a path once; later calls with the same text cost one look-up. Everything that takes a path takes either form.
 * Throws {@link PathError}, which says at which character the path goes wrong.
 */
export function path(source: string): Path {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const parsed = new PathReader(source).read();
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(source, parsed);
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

class PathReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Path {
    const segment =
      this.#match(/[A-Z][A-Z0-9]{2}/y) ?? this.#fail('a segment id of three capitals, such as PID');
    const segments = this.#brackets(true);
    if (this.#done()) return this.#path(segment, segments, 0);
    if (!this.#take('-') && !this.#take('.')) this.#fail('"-" and a field number, or the end');
    return this.#path(segment, segments, this.#number('a field number'));
  }

  readField(): Path {
    return this.#path('', anyOne, this.#number('a field number'));
  }

  /** What follows the field number, to the end. */
  #path(segment: string, segments: Choice, field: number): Path {
    const repetitions = field === 0 ? anyOne : this.#brackets(false);
    const component = field > 0 && this.#take('.') ? this.#number('a component number') : 0;
    const subcomponent = component > 0 && this.#take('.') ? this.#number('a subcomponent number') : 0;
    if (!this.#done()) this.#fail(component === 0 ? '"[", "." or the end' : '"." or the end');
    const code = segment === '' ? 0 : segmentCode(segment, 0);
    const source = this.#source;
    return Object.freeze({ source, segment, code, segments, field, repetitions, component, subcomponent });
  }

  #brackets(ofSegment: boolean): Choice {
    if (this.#source[this.#at] !== '[') return anyOne;
    const conditions: Condition[] = [];
    let index = 0;
    while (this.#take('[')) {
      if (index !== 0) this.#fail('nothing more in brackets after a number or "*"', this.#at - 1);
      if (this.#take('*')) index = -1;
      else {
        const first = this.#number(
          ofSegment
            ? 'a number, "*" or a condition such as 3.1=X'
            : 'a number, "*" or a condition such as 5=MR',
        );
        if (this.#source[this.#at] === ']') index = first;
        else conditions.push(this.#condition(ofSegment, first));
      }
      if (!this.#take(']')) this.#fail('"]"');
    }
    return Object.freeze({ index, conditions: Object.freeze(conditions) });
  }

  #condition(ofSegment: boolean, first: number): Condition {
    const numbers = [first];
    const most = ofSegment ? 3 : 2;
    while (numbers.length < most && this.#take('.')) numbers.push(this.#number('a number'));
    if (!this.#take('=')) this.#fail('"=" and a value, or "]"');
    const quoted = this.#match(/"([^"\\]|\\.)*"/y);
    const value = quoted === undefined ? (this.#match(/[^\]"]+/y) ?? '') : unquoted(quoted);
    if (!ofSegment) numbers.unshift(0);
    const [field = 0, component = 0, subcomponent = 0] = numbers;
    return Object.freeze({ field, component, subcomponent, value });
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
