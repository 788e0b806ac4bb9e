import type { Delimiters } from './delimiters.ts';
import type { Dictionary } from './dictionary/definition.ts';
import type { LocalDefinitions } from './dictionary/index.ts';
import { dictionary as dictionaryOf, extendDictionary } from './dictionary/index.ts';
import { unescapeText } from './escape.ts';
import { fieldType } from './json-readable.ts';
import { CodePlaces } from './learn-codes.ts';
import { SegmentOrder } from './learn-order.ts';
import type { Message } from './message.ts';
import {
  componentParts,
  declares,
  hasContent,
  repetitionParts,
  type SegmentParts,
  segmentParts,
} from './parts.ts';
import type {
  FieldRule,
  MessageRule,
  ObservedField,
  ObservedSegment,
  Profile,
  SegmentRule,
} from './profile.ts';

export interface LearnOptions {
  /** What the profile is called. */
  readonly name?: string;
  /** How many different codes a place may have and still be listed; 50 by default. */
  readonly codes?: number;
  /**
   * How often something must have been seen before the profile holds others to it (required, codes, once, in this
   * order); 20 by default. What was seen less often stands under `observed` alone.
   */
  readonly evidence?: number;
  /** The site's own segments, types and tables, kept in the profile. */
  readonly local?: LocalDefinitions;
}

/** Types, versions, senders, segments and fields come from messages: no more than these are told apart. */
const mostKinds = 200;
const mostFields = 20_000;

interface SeenField {
  filled: number;
  longest: number;
  repetitions: number;
  codes: Map<string, number> | undefined;
}

interface SeenType {
  messages: number;
  readonly segments: Map<string, { messages: number; least: number; most: number }>;
  readonly order: SegmentOrder;
}

/**
 * Derives a profile from messages, one at a time, in memory that does not grow with their number. Of the messages it
 * keeps counts, lengths, types, versions, senders (MSH-3) and codes, and never a value that says who a person is:
 * codes are taken of the types ID, IS, CE, CWE, CNE and CF alone, outside the places listed in learn-codes.ts.
 *
 *     const learner = new Learner({ name: 'North clinic' });
 *     for await (const bytes of feed) learner.add(parse(bytes));
 *     learner.profile();
 */
export class Learner {
  readonly #options: LearnOptions;
  readonly #codes: CodePlaces;
  readonly #types = new Map<string, SeenType>();
  readonly #versions = new Map<string, number>();
  readonly #senders = new Map<string, number>();
  readonly #segments = new Map<string, { messages: number; total: number }>();
  readonly #fields = new Map<string, SeenField>();
  readonly #dictionaries = new Map<string, Dictionary>();
  #messages = 0;
  #unusable = 0;

  constructor(options: LearnOptions = {}) {
    this.#options = options;
    this.#codes = new CodePlaces(options.codes ?? 50);
  }

  /** How many messages were added, and how many of them could not be read and taught nothing. */
  get counts(): { readonly messages: number; readonly unusable: number } {
    return { messages: this.#messages, unusable: this.#unusable };
  }

  add(message: Message): void {
    if (!message.usable) {
      this.#unusable += 1;
      return;
    }
    this.#messages += 1;
    const { header, delimiters } = message;
    const dictionary = this.#dictionary(header.version);
    count(this.#versions, header.version);
    if (header.sendingApplication !== '') count(this.#senders, header.sendingApplication);
    const counts = new Map<string, number>();
    for (const segment of message.segments()) {
      const parts = segmentParts(segment, delimiters);
      if (parts.id === '') continue;
      counts.set(parts.id, (counts.get(parts.id) ?? 0) + 1);
      if (this.#segments.has(parts.id) || this.#segments.size < mostKinds)
        this.#addFields(parts, delimiters, dictionary);
    }
    this.#addSegments(header.type, counts);
  }

  #dictionary(version: string): Dictionary {
    const base = dictionaryOf(version);
    const made =
      this.#dictionaries.get(base.version) ??
      (this.#options.local === undefined ? base : extendDictionary(base, this.#options.local));
    this.#dictionaries.set(base.version, made);
    return made;
  }

  #addSegments(type: string, counts: ReadonlyMap<string, number>): void {
    for (const [id, total] of counts) {
      const seen = this.#segments.get(id) ?? { messages: 0, total: 0 };
      seen.messages += 1;
      seen.total += total;
      if (this.#segments.has(id) || this.#segments.size < mostKinds) this.#segments.set(id, seen);
    }
    const seen = this.#types.get(type) ?? { messages: 0, segments: new Map(), order: new SegmentOrder() };
    if (!this.#types.has(type)) {
      if (this.#types.size >= mostKinds) return;
      this.#types.set(type, seen);
    }
    seen.messages += 1;
    seen.order.add([...counts.keys()]);
    for (const [id, total] of counts) {
      const segment = seen.segments.get(id);
      if (segment === undefined) {
        if (seen.segments.size < mostKinds) seen.segments.set(id, { messages: 1, least: total, most: total });
      } else {
        segment.messages += 1;
        segment.least = Math.min(segment.least, total);
        segment.most = Math.max(segment.most, total);
      }
    }
  }

  #addFields(parts: SegmentParts, delimiters: Delimiters, dictionary: Dictionary): void {
    const valueType = parts.fields[2] ?? '';
    for (let n = 1; n < parts.fields.length; n += 1) {
      const raw = parts.fields[n] ?? '';
      if (raw === '' || raw === '""' || declares(parts.id, n) || !hasContent(raw, delimiters)) continue;
      const seen = this.#field(`${parts.id}-${n}`);
      if (seen === undefined) continue;
      const repetitions = repetitionParts(raw, delimiters);
      seen.filled += 1;
      seen.repetitions = Math.max(seen.repetitions, repetitions.length);
      const type = fieldType(dictionary, parts.id, n, valueType);
      for (const repetition of repetitions) {
        seen.longest = Math.max(seen.longest, unescapeText(repetition, delimiters).length);
        this.#addCodes(parts.id, n, type, repetition, delimiters, dictionary);
      }
    }
  }

  #addCodes(
    id: string,
    n: number,
    type: string,
    repetition: string,
    delimiters: Delimiters,
    dictionary: Dictionary,
  ): void {
    const places = this.#codes.of(id, n, type, dictionary);
    if (places.length === 0) return;
    const components = componentParts(repetition, delimiters);
    for (const component of places) {
      const raw = component === 0 ? repetition : (components[component - 1] ?? '');
      if (raw === '' || raw === '""' || !hasContent(raw, delimiters)) continue;
      const path = component === 0 ? `${id}-${n}` : `${id}-${n}.${component}`;
      const seen = this.#field(path);
      if (seen === undefined) continue;
      if (component > 0) {
        seen.filled += 1;
        seen.repetitions = 1;
      }
      const code = unescapeText(raw, delimiters);
      seen.longest = Math.max(seen.longest, code.length);
      this.#codes.note(seen, code);
    }
  }

  #field(path: string): SeenField | undefined {
    const known = this.#fields.get(path);
    if (known !== undefined) return known;
    if (this.#fields.size >= mostFields) return undefined;
    const made: SeenField = { filled: 0, longest: 0, repetitions: 0, codes: new Map() };
    this.#fields.set(path, made);
    return made;
  }

  /** What was learned so far. */
  profile(): Profile {
    const { name = 'Learned from messages', evidence = 20, local } = this.#options;
    const fields: Record<string, FieldRule> = {};
    const observed: Record<string, ObservedField> = {};
    for (const [path, seen] of [...this.#fields].sort(([a], [b]) => comparePaths(a, b))) {
      const total = this.#segments.get(path.slice(0, 3))?.total ?? 0;
      const inner = path.includes('.');
      const of = inner ? (this.#fields.get(path.split('.')[0] ?? '')?.filled ?? 0) : total;
      const codes = this.#codes.listed(seen);
      observed[path] = {
        filled: seen.filled,
        of: Math.max(of, seen.filled),
        longest: seen.longest,
        ...(codes === undefined ? {} : { codes }),
      };
      const rule: FieldRule = {
        ...(!inner && seen.filled === total && total >= evidence ? { required: true } : {}),
        ...(seen.repetitions > 1 && seen.filled >= evidence ? { repetitions: seen.repetitions } : {}),
        ...(codes === undefined || seen.filled < evidence ? {} : { codes: Object.keys(codes).sort() }),
      };
      if (Object.keys(rule).length > 0) fields[path] = rule;
    }
    return {
      name,
      ...(this.#versions.size === 1 ? versionOf(this.#versions) : {}),
      ...(this.#senders.size > 0 && this.#senders.size < mostKinds
        ? { senders: [...this.#senders.keys()].sort() }
        : {}),
      messages: this.#messageRules(evidence),
      fields,
      ...(local === undefined ? {} : { local }),
      observed: {
        messages: this.#messages,
        types: frequent(new Map([...this.#types].map(([type, { messages }]) => [type, messages]))),
        versions: frequent(this.#versions),
        senders: frequent(this.#senders),
        segments: Object.fromEntries<ObservedSegment>(
          [...this.#segments].map(([id, seen]) => [id, { ...seen }]),
        ),
        fields: observed,
      },
    };
  }

  #messageRules(evidence: number): Record<string, MessageRule> {
    const rules: Record<string, MessageRule> = {};
    for (const [type, seen] of [...this.#types].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!/^[A-Z][A-Z0-9]{2}(\^[A-Z0-9]{3})?$/.test(type)) continue;
      const order = seen.order.ids();
      const segments: Record<string, SegmentRule> = {};
      for (const id of order) {
        const { messages = 0, least = 0, most = 0 } = seen.segments.get(id) ?? {};
        const always = messages === seen.messages && seen.messages >= evidence;
        // Two and more is a list, and the next message may have one more of it.
        const once = most === 1 && messages >= evidence;
        segments[id] = { ...(always ? { min: Math.min(1, least) } : {}), ...(once ? { max: 1 } : {}) };
      }
      rules[type] = { segments, ...(seen.order.agrees && seen.messages >= evidence ? { order } : {}) };
    }
    return rules;
  }
}

/** All messages at once; `Learner` takes them one by one. */
export function learnProfile(messages: Iterable<Message>, options: LearnOptions = {}): Profile {
  const learner = new Learner(options);
  for (const message of messages) learner.add(message);
  return learner.profile();
}

function versionOf(versions: ReadonlyMap<string, number>): { version: string } | Record<string, never> {
  const [version = ''] = versions.keys();
  return /^2(\.\d){1,2}$/.test(version) ? { version } : {};
}

function count(counts: Map<string, number>, key: string): void {
  const known = counts.get(key);
  if (known !== undefined || counts.size < mostKinds) counts.set(key, (known ?? 0) + 1);
}

/** Most frequent first. */
const frequent = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));

/** PID-3 before PID-10, and PID-3.5 behind PID-3. */
function comparePaths(a: string, b: string): number {
  const [idA = '', ...numbersA] = a.split(/[-.]/);
  const [idB = '', ...numbersB] = b.split(/[-.]/);
  if (idA !== idB) return idA < idB ? -1 : 1;
  for (let i = 0; i < Math.max(numbersA.length, numbersB.length); i += 1) {
    const difference = Number(numbersA[i] ?? 0) - Number(numbersB[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
