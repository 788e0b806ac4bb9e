import type { Delimiters } from '../delimiters.ts';
import { unescapeText } from '../escape.ts';
import type { Header } from '../header.ts';
import {
  componentParts,
  hasContent,
  repetitionParts,
  type SegmentParts,
  subcomponentParts,
} from '../parts.ts';
import type { FieldRule, MessageRule, Profile, SegmentRule } from '../profile.ts';
import { matchesPattern } from '../profile-pattern.ts';
import type { Report } from './report.ts';

/** A field rule with its path taken apart. */
interface Expected {
  readonly path: string;
  readonly field: number;
  readonly component: number;
  readonly subcomponent: number;
  readonly rule: FieldRule;
  readonly codes: ReadonlySet<string> | undefined;
}

/** What a profile expects of one message type. */
export interface Expectation {
  readonly unexpected: boolean;
  readonly segments: ReadonlyMap<string, SegmentRule>;
  readonly order: readonly string[] | undefined;
  readonly fields: ReadonlyMap<string, readonly Expected[]>;
}

const cache = new WeakMap<Profile, Map<string, Expectation>>();

/** Rules of the message type win over those for all types. */
export function expectationOf(profile: Profile, header: Header): Expectation {
  const types = cache.get(profile) ?? new Map<string, Expectation>();
  cache.set(profile, types);
  const key = ruleKey(profile, header);
  const known = types.get(key);
  if (known !== undefined) return known;
  const rule: MessageRule | undefined = profile.messages?.[key];
  const made: Expectation = {
    unexpected: profile.messages !== undefined && rule === undefined,
    segments: new Map(Object.entries({ ...profile.segments, ...rule?.segments })),
    order: rule?.order,
    fields: fieldsBySegment({ ...profile.fields, ...rule?.fields }),
  };
  types.set(key, made);
  return made;
}

/** The key of the rule that fits; '' for none, so that types from messages cannot fill memory. */
function ruleKey({ messages = {} }: Profile, { code, type }: Header): string {
  return [type, `${code}^*`, code].find((each) => Object.hasOwn(messages, each)) ?? '';
}

function fieldsBySegment(rules: Readonly<Record<string, FieldRule>>): Map<string, Expected[]> {
  const bySegment = new Map<string, Expected[]>();
  for (const [path, rule] of Object.entries(rules)) {
    const id = path.slice(0, 3);
    const [field = 0, component = 0, subcomponent = 0] = path.slice(4).split('.').map(Number);
    const expected = { path, field, component, subcomponent, rule, codes: rule.codes && new Set(rule.codes) };
    const same = bySegment.get(id);
    if (same === undefined) bySegment.set(id, [expected]);
    else same.push(expected);
  }
  return bySegment;
}

/** Judges the message as a whole: type, sender, how often segments stand and in which order. */
export function checkMessage(
  ids: readonly string[],
  header: Header,
  profile: Profile,
  expectation: Expectation,
  report: Report,
): void {
  if (expectation.unexpected)
    report.add(
      'MSH-9',
      'profile-message',
      'The profile does not expect this message type.',
      'Add it under "messages" in the profile, or filter it before it is sent here.',
    );
  if (profile.senders !== undefined && !profile.senders.includes(header.sendingApplication))
    report.add(
      'MSH-3',
      'profile-sender',
      'The profile does not expect this sending application.',
      'Add it under "senders" in the profile, or check which connection it came by.',
    );
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, { min = 0, max = Number.POSITIVE_INFINITY }] of expectation.segments) {
    const count = counts.get(id) ?? 0;
    if (count >= min && count <= max) continue;
    report.add(
      id,
      'profile-segment',
      `${id} stands ${count === 1 ? 'once' : `${count} times`}; the profile expects ${count < min ? `at least ${min}` : `at most ${max}`}.`,
      `Change the sender, or ${count < min ? 'min' : 'max'} of ${id} in the profile.`,
    );
  }
  checkOrder(ids, expectation.order, report);
}

function checkOrder(ids: readonly string[], order: readonly string[] | undefined, report: Report): void {
  if (order === undefined) return;
  const places = new Map(order.map((id, i) => [id, i]));
  const seen = new Set<string>();
  let last = -1;
  for (const id of ids) {
    const place = places.get(id);
    if (place === undefined || seen.has(id)) continue;
    seen.add(id);
    if (place > last) last = place;
    else
      report.add(
        id,
        'profile-order',
        `${id} first stands behind ${order[last]}; the profile has it before.`,
        'Change the sender, or "order" in the profile.',
      );
  }
}

/** Judges the fields of one segment. */
export function checkFields(
  parts: SegmentParts,
  path: string,
  expectation: Expectation,
  delimiters: Delimiters,
  report: Report,
): void {
  for (const expected of expectation.fields.get(parts.id) ?? []) {
    const raw = parts.fields[expected.field] ?? '';
    const repetitions = hasContent(raw, delimiters) ? repetitionParts(raw, delimiters) : [];
    const { rule } = expected;
    const where = `${path}${expected.path.slice(3)}`;
    if (rule.repetitions !== undefined && repetitions.length > rule.repetitions)
      report.add(
        where,
        'profile-repetitions',
        `The field stands ${repetitions.length} times; the profile expects at most ${rule.repetitions}.`,
        `Change the sender, or repetitions of ${expected.path} in the profile.`,
      );
    const values = repetitions.map((each) => partAt(each, expected, delimiters));
    const filled = values.filter((each) => hasContent(each, delimiters));
    if (rule.required === true && !filled.some((each) => each !== '""'))
      report.add(
        where,
        'profile-required',
        'The profile requires this field, and it is empty.',
        `Fill it at the sender, or change required of ${expected.path} in the profile.`,
      );
    if (rule.unused === true && filled.length > 0)
      report.add(
        where,
        'profile-unused',
        'The profile says that this field is unused, and it is filled.',
        `Find out what it says now, then change unused of ${expected.path} in the profile.`,
      );
    for (const [i, value] of values.entries()) {
      const own = values.length > 1 ? where.replace(/-(\d+)/, `-$1[${i + 1}]`) : where;
      if (value !== '' && value !== '""') checkValue(value, own, expected, delimiters, report);
    }
  }
}

function partAt(repetition: string, { component, subcomponent }: Expected, delimiters: Delimiters): string {
  if (component === 0) return repetition;
  const part = componentParts(repetition, delimiters)[component - 1] ?? '';
  return subcomponent === 0 ? part : (subcomponentParts(part, delimiters)[subcomponent - 1] ?? '');
}

function checkValue(
  raw: string,
  where: string,
  { path, rule, codes }: Expected,
  delimiters: Delimiters,
  report: Report,
): void {
  const text = unescapeText(raw, delimiters);
  if (rule.length !== undefined && text.length > rule.length)
    report.add(
      where,
      'profile-length',
      `The value has ${text.length} characters; the profile expects at most ${rule.length}.`,
      `Change the sender, or length of ${path} in the profile.`,
    );
  if (codes !== undefined && !codes.has(text))
    report.add(
      where,
      'profile-code',
      'The code is not among those of the profile.',
      `Map it, then add it to codes of ${path} in the profile.`,
    );
  if (rule.pattern !== undefined && !matchesPattern(text, rule.pattern))
    report.add(
      where,
      'profile-pattern',
      `The value is not written as ${rule.pattern}, the pattern of the profile.`,
      `Change the sender, or pattern of ${path} in the profile.`,
    );
}
