/** Positions of all kinds: in words, and set back to a time. Pure. */
import type { Json } from '../../std/index.ts';

type Fields = Readonly<Record<string, Json | undefined>>;
const fieldsOf = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
const time = (value: Json | undefined): string =>
  number(value) === 0 ? 'never' : `${new Date(number(value)).toISOString().slice(0, 19)}Z`;

/** No key of a patient, no page: rounds, counts and times. */
export function positionText(value: Json): string {
  const position = fieldsOf(value);
  switch (position.kind) {
    case 'roster': {
      const { active, others, all } = position;
      const [often, rarely] = [fieldsOf(active), fieldsOf(others)];
      const slow = `others: ${number(rarely.done)}${number(rarely.of) === 0 ? '' : ` of ${number(rarely.of)}`} patients since ${time(rarely.began)}`;
      const text = `active: round ${number(often.rounds) + 1} since ${time(often.began)}; ${slow}`;
      const full = fieldsOf(all);
      return all === undefined ? text : `all: ${number(full.done)} patients; ${text}`;
    }
    case 'since':
      return position.upto === null
        ? 'all there is'
        : `changes up to ${time(position.upto)}; counted ${time(position.countedAt)}`;
    case 'feed':
      return `message ${number(position.after)}`;
    case 'wakes':
      return `messages up to ${time(position.upto)}; ${positionText(position.walk ?? null)}`;
    default:
      return exportText(position);
  }
}

/** Of an export: the line of the file that comes next. */
function exportText({ position, done }: Fields): string {
  const { file, line } = fieldsOf(position);
  if (typeof file === 'number') return `line ${number(line)} of file ${file + 1} of an export`;
  return typeof done === 'number' ? `the export of ${time(done)}, read to its end` : 'its own';
}

/**
 * What changed since a time is asked for again.
 * @param message Of a feed: the last message before that time.
 */
export function rewound(value: Json, to: number, message: number): Json {
  const position = fieldsOf(value);
  switch (position.kind) {
    case 'roster':
      return { ...position, all: { after: null, done: 0, since: to } } as Json;
    case 'since':
      return { ...position, upto: Math.min(to, number(position.upto) || to), page: 0 } as Json;
    case 'feed':
      return { kind: 'feed', after: message };
    case 'wakes':
      return {
        ...position,
        upto: Math.min(to, number(position.upto) || to),
        walk: rewound(position.walk ?? { kind: 'roster' }, to, message),
      } as Json;
    default:
      // Of an export, or a connection that keeps a position of its own: from the start.
      return null;
  }
}
