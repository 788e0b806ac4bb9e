import { dictionary as dictionaryOf } from './dictionary/index.ts';
import type { ObservedField, Profile } from './profile.ts';
import { siteDictionary } from './validate/index.ts';

/** A remark of a profile, for the line before or behind a key. */
export interface ProfileComment {
  /** The keys that lead to what it is about: `['fields', 'PID-3']`. */
  readonly at: readonly string[];
  readonly text: string;
}

/** A profile ready to be written as YAML. */
export interface ProfileText {
  /** Plain data, keys in the order to read them in; `profile()` reads it back. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly comments: readonly ProfileComment[];
}

/**
 * The plain data of a profile, with remarks in words of what was observed; a YAML writer can set them as comments.
 *
 *     profileText(learned).comments[0]   // { at: ['messages', 'ADT^A01'], text: 'in 1,204 of 1,300 messages' }
 */
export function profileText(profile: Profile): ProfileText {
  const { observed } = profile;
  const dictionary = siteDictionary(profile, profile.version ?? dictionaryOf('').version);
  const comments: ProfileComment[] = [];
  for (const type of Object.keys(profile.messages ?? {})) {
    const count = observed?.types[type];
    if (observed !== undefined && count !== undefined)
      comments.push({ at: ['messages', type], text: share(count, observed.messages, 'messages') });
    for (const id of Object.keys(profile.messages?.[type]?.segments ?? {})) {
      const name =
        dictionary.segment(id)?.name ?? (id.startsWith('Z') ? 'a Z-segment: describe it under local' : '');
      if (name !== '') comments.push({ at: ['messages', type, 'segments', id], text: name });
    }
  }
  for (const path of Object.keys(profile.fields ?? {})) {
    const seen = observed?.fields[path];
    const text = [nameOf(path), ...(seen === undefined ? [] : [seenText(path, seen)])].filter(
      (each) => each !== '',
    );
    if (text.length > 0) comments.push({ at: ['fields', path], text: text.join('; ') });
  }
  return { value: structuredClone(profile) as unknown as Record<string, unknown>, comments };

  function nameOf(path: string): string {
    const [id = '', numbers = ''] = path.split('-');
    const [field = 0, component = 0] = numbers.split('.').map(Number);
    const definition = dictionary.segment(id)?.fields[field - 1];
    const part = dictionary.type(definition?.type ?? '')?.components[component - 1];
    return part === undefined ? (definition?.name ?? '') : `${definition?.name}, ${part.name}`;
  }
}

function seenText(path: string, { filled, of, longest, codes }: ObservedField): string {
  const where = path.includes('.') ? 'values' : `${path.slice(0, 3)} segments`;
  const parts = [`filled ${share(filled, of, where)}`, `at most ${number(longest)} characters`];
  if (codes !== undefined)
    parts.push(
      Object.entries(codes)
        .slice(0, 8)
        .map(([code, count]) => `${code} ${number(count)}`)
        .join(', ') + (Object.keys(codes).length > 8 ? ', …' : ''),
    );
  return parts.join('; ');
}

/** `in 98 % of 1,204 messages`; never 100 % for what was missing once. */
function share(count: number, of: number, what: string): string {
  if (count === of) return `in all of ${number(of)} ${what}`;
  const percent = Math.min(99, Math.max(1, Math.round((100 * count) / Math.max(1, of))));
  return `in ${percent} % of ${number(of)} ${what}`;
}

const number = (value: number): string => value.toLocaleString('en-US');
