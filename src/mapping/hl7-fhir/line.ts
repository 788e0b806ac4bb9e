/**
 * A segment as the readers see it: divided once, by the message's own delimiters. Reading each value by its path costs a
 * search from the segment's start; a message read as FHIR asks for some hundreds, most of them empty. What is escaped is
 * asked of the segment itself, which knows the message's character set.
 */
import type { Delimiters, Message, Segment } from '../../hl7/index.ts';

/** One repetition of a field, or a component of one. Empty and HL7 null (`""`) read as `undefined`. */
export interface Field {
  /** `PID-3`, for findings and look-ups. */
  readonly place: string;
  /** From 1. */
  readonly repetition: number;
  /** A component; without `subcomponent` its separators stay in the text. */
  get(component: number, subcomponent?: number): string | undefined;
  /** All of it as text, with its separators. */
  readonly text: string;
}

const NONE: readonly Field[] = [];

/** `PID-3` by its number, made once for each segment of the standard: asked for with nearly every value. */
const places = new Map<string, string[]>();
const PLACES_KEPT = 500;

function placesOf(id: string): string[] {
  const known = places.get(id);
  if (known !== undefined) return known;
  const made: string[] = [];
  // A message may name its segments as it likes.
  if (places.size < PLACES_KEPT) places.set(id, made);
  return made;
}

export class Line {
  readonly id: string;
  /** Which one of its id, from 1. */
  readonly occurrence: number;
  readonly segment: Segment;
  readonly delimiters: Delimiters;
  /** Whether any value of it is escaped, or divided below components: most segments are neither. */
  readonly escaped: boolean;
  readonly divided: boolean;
  /** Between components; -1: none. */
  readonly separator: number;
  readonly #raw: readonly string[];
  readonly #read: (readonly Field[] | undefined)[] = [];
  readonly #places: string[];
  readonly #offset: number;

  constructor(segment: Segment, delimiters: Delimiters) {
    this.id = segment.id;
    this.occurrence = segment.occurrence;
    this.segment = segment;
    this.delimiters = delimiters;
    const { raw } = segment;
    const { escape: mark, subcomponent } = delimiters;
    this.#raw = raw.split(delimiters.field);
    this.escaped = mark !== undefined && raw.includes(mark);
    this.divided = subcomponent !== undefined && raw.includes(subcomponent);
    this.separator = delimiters.codes.component;
    this.#places = placesOf(this.id);
    // MSH-1 is the separator itself.
    this.#offset = this.id === 'MSH' ? 1 : 0;
  }

  /** The number of the last field. */
  get length(): number {
    return this.#raw.length - 1 + this.#offset;
  }

  /** `PID-3`. */
  place(number: number): string {
    const known = this.#places[number];
    if (known !== undefined) return known;
    const made = `${this.id}-${number}`;
    // Fields far behind the last one of the standard are not worth a list with holes.
    if (number <= this.#places.length + 100) this.#places[number] = made;
    return made;
  }

  /** As written; `''` when it is not there. */
  raw(number: number): string {
    return this.#raw[number - this.#offset] ?? '';
  }

  /** Whether a field holds anything. */
  holds(number: number): boolean {
    const raw = this.#raw[number - this.#offset];
    return raw !== undefined && raw !== '' && raw !== '""';
  }

  /** The repetitions of a field that hold anything. */
  fields(number: number): readonly Field[] {
    const raw = this.#raw[number - this.#offset];
    if (raw === undefined || raw === '' || raw === '""') return NONE;
    // Several rows read one field: it is divided once.
    const known = this.#read[number];
    if (known !== undefined) return known;
    const found = this.#divide(number, raw);
    this.#read[number] = found;
    return found;
  }

  #divide(number: number, raw: string): readonly Field[] {
    const { repetition } = this.delimiters;
    if (repetition === undefined || !raw.includes(repetition)) return [new Part(this, number, 1, raw)];
    const found: Field[] = [];
    raw.split(repetition).forEach((each, index) => {
      if (each !== '' && each !== '""') found.push(new Part(this, number, index + 1, each));
    });
    return found;
  }

  first(number: number): Field | undefined {
    return this.fields(number)[0];
  }

  /** A single value: the field's first repetition and component. */
  value(number: number): string | undefined {
    const raw = this.#raw[number - this.#offset];
    if (raw === undefined || raw === '') return undefined;
    const [first] = this.fields(number);
    return first?.repetition === 1 ? first.get(1) : undefined;
  }
}

class Part implements Field {
  readonly repetition: number;
  readonly #line: Line;
  readonly #number: number;
  readonly #raw: string;
  /** Where each component begins; behind the last one's stands the end plus one. */
  #starts: number[] | undefined;

  constructor(line: Line, number: number, repetition: number, raw: string) {
    this.#line = line;
    this.#number = number;
    this.repetition = repetition;
    this.#raw = raw;
  }

  get place(): string {
    return this.#line.place(this.#number);
  }

  get text(): string {
    const mark = this.#line.delimiters.escape;
    if (!this.#line.escaped || mark === undefined || !this.#raw.includes(mark)) return this.#raw;
    return this.#line.segment.get(`${this.#number}[${this.repetition}]`) ?? '';
  }

  get(component: number, subcomponent?: number): string | undefined {
    const line = this.#line;
    const whole = this.#raw;
    let raw: string;
    if (component === 1 && this.#starts === undefined) {
      // Of most fields nothing but the first component is asked for.
      const at = whole.indexOf(line.delimiters.component);
      if (at === 0) return undefined;
      raw = at < 0 ? whole : whole.slice(0, at);
    } else {
      this.#starts ??= startsOf(whole, line.separator);
      const end = this.#starts[component];
      if (end === undefined) return undefined;
      const start = this.#starts[component - 1] as number;
      if (end === start + 1) return undefined;
      raw = whole.slice(start, end - 1);
    }
    if (subcomponent !== undefined) {
      const separator = line.delimiters.subcomponent;
      if (line.divided && separator !== undefined && raw.includes(separator)) {
        const part = raw.split(separator)[subcomponent - 1];
        if (part === undefined || part === '') return undefined;
        raw = part;
      } else if (subcomponent > 1) return undefined;
    }
    if (line.escaped) {
      const mark = line.delimiters.escape;
      if (mark !== undefined && raw.includes(mark)) return said(this.#plain(component, subcomponent));
    }
    return said(raw);
  }

  #plain(component: number, subcomponent: number | undefined): string | undefined {
    const below = subcomponent === undefined ? '' : `.${subcomponent}`;
    return this.#line.segment.get(`${this.#number}[${this.repetition}].${component}${below}`);
  }
}

function startsOf(raw: string, separator: number): number[] {
  const starts = [0];
  const { length } = raw;
  for (let at = 0; at < length; at += 1) if (raw.charCodeAt(at) === separator) starts.push(at + 1);
  starts.push(length + 1);
  return starts;
}

const isPlain = (code: number): boolean => code > 34 && code < 127;

/** Blanks around a value are no part of it: Epic pads some identifiers. */
function said(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  // Most values begin and end with a character of ASCII that is no blank.
  const value = isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1)) ? text : text.trim();
  return value === '' || value === '""' ? undefined : value;
}

class Inner implements Field {
  readonly #field: Field;
  readonly #component: number;

  constructor(field: Field, component: number) {
    this.#field = field;
    this.#component = component;
  }

  get place(): string {
    return this.#field.place;
  }

  get repetition(): number {
    return this.#field.repetition;
  }

  get text(): string {
    return this.#field.get(this.#component) ?? '';
  }

  get(part: number, below?: number): string | undefined {
    return below === undefined || below === 1 ? this.#field.get(this.#component, part) : undefined;
  }
}

/** A component that is a composite of its own (PL.1 is an HD), read as if it were a field: its parts are components. */
export const inner = (field: Field, component: number): Field => new Inner(field, component);

/** The segments of a message, in order, each divided once. */
export const linesOf = (message: Message): Line[] =>
  message.segments().map((segment) => new Line(segment, message.delimiters));
