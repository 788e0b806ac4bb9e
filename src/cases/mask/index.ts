/** Real messages made into cases that may be committed: nothing that names or dates a person is left. */
import { randomBytes } from 'node:crypto';
import { Failure, type Json } from '../../std/index.ts';
import { maskHl7, sweepHl7 } from './hl7.ts';
import { maskJson } from './json.ts';
import { isDate, type Pretend, pretend } from './pretend.ts';

export interface Masked {
  readonly bytes: Uint8Array;
  /** By step. */
  readonly answers: Readonly<Record<string, Json>>;
}

/**
 * The message and the answers, masked alike: an id, a name or a day that stands in several places is the same pretend one
 * in all of them. Codes, quantities, times of day and the lengths between dates stay.
 * @param key Left out: a new one, so that nothing can be computed back.
 * @throws Failure `validation`, MASK_UNREADABLE.
 */
export function maskCase(
  message: { readonly format: string; readonly bytes: Uint8Array },
  answers: Readonly<Record<string, Json>>,
  key: Uint8Array = randomBytes(32),
): Masked {
  const all = `${Buffer.from(message.bytes).toString('latin1')} ${JSON.stringify(answers)}`;
  const as = pretend(key, weeksFor(all, 30 + ((key[0] ?? 0) % 200)));
  let bytes: Uint8Array;
  let json: Json | undefined;
  if (message.format === 'hl7') bytes = readable(() => maskHl7(message.bytes, as));
  else if (message.format === 'text')
    bytes = Buffer.from(as.words(Buffer.from(message.bytes).toString('utf8')));
  else {
    json = readable(() => maskJson(JSON.parse(Buffer.from(message.bytes).toString('utf8')) as Json, as));
    bytes = new Uint8Array();
  }
  const told = Object.entries(answers).map(([step, answer]): [string, Json] => [step, maskJson(answer, as)]);
  // Only now is it known what must not be left anywhere.
  const sweep = sweeper(as);
  if (json !== undefined) bytes = Buffer.from(`${JSON.stringify(swept(json, sweep), null, 2)}\n`);
  else if (message.format === 'hl7') bytes = sweepHl7(bytes, as, sweep);
  return { bytes, answers: Object.fromEntries(told.map(([step, answer]) => [step, swept(answer, sweep)])) };
}

/** The number of weeks from `first` on by which no day of the texts becomes another one of them. */
function weeksFor(all: string, first: number): number {
  const days = new Set<number>();
  for (const [, year, month, day] of all.matchAll(/((?:19|20)\d\d)-?(\d\d)-?(\d\d)/g)) {
    days.add(Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000);
  }
  for (let weeks = first; weeks < first + 1_000; weeks += 1) {
    if (![...days].some((day) => days.has(day - weeks * 7))) return weeks;
  }
  return first;
}

function readable<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw new Failure({
      code: 'MASK_UNREADABLE',
      kind: 'validation',
      message: 'The message cannot be read as what it was kept as, so what is in it cannot be masked.',
      fix: 'Make the case by hand, with pretend data.',
      cause: error,
    });
  }
}

/** Replaces words that were secret elsewhere. */
function sweeper(as: Pretend): (text: string) => string {
  const secrets = as.secrets();
  return (text) => {
    if (secrets.has(text.trim().toLowerCase())) return as.id(text);
    return text.replaceAll(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu, (word) =>
      secrets.has(word.toLowerCase()) ? as.id(word) : word,
    );
  };
}

/** Fields that hold no text of their own: a word of them that is also somebody’s name is no leak. */
const STRUCTURE = new Set([
  'resourceType',
  'system',
  'use',
  'url',
  'status',
  'gender',
  'type',
  'unit',
  'contentType',
]);

function swept(value: Json, sweep: (text: string) => string, key = ''): Json {
  if (typeof value === 'string') return STRUCTURE.has(key) || isDate(value) ? value : sweep(value);
  if (Array.isArray(value)) return value.map((item: Json) => swept(item, sweep, key));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Readonly<Record<string, Json>>;
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, swept(inner, sweep, name)]));
}
