import type { Delimiters } from './delimiters.ts';
import type { Dictionary } from './dictionary/definition.ts';
import { dictionary as dictionaryOf } from './dictionary/index.ts';
import { align } from './diff-alignment.ts';
import { unescapeText } from './escape.ts';
import { fieldType } from './json-readable.ts';
import type { Message } from './message.ts';
import {
  componentParts,
  declares,
  repetitionParts,
  type SegmentParts,
  segmentParts,
  subcomponentParts,
} from './parts.ts';

/** One place in which two messages differ. The texts are values of the messages: keep them out of logs. */
export interface Difference {
  readonly kind: 'added' | 'removed' | 'changed';
  /** The place in the first message; in the second one for what was added. */
  readonly path: string;
  /** Where it stands in the second message, when that is elsewhere. */
  readonly otherPath?: string;
  /** By the dictionary: `Patient Name, Family Name`. */
  readonly name: string;
  /** What the first and the second message say there; a whole segment as written. */
  readonly before?: string;
  readonly after?: string;
}

export interface DiffOptions {
  /** Places that do not count, with all below them: `['MSH-7', 'MSH-10', 'EVN']`. */
  readonly ignore?: readonly string[];
  /** The names to use; by default those of the first message's version. */
  readonly dictionary?: Dictionary;
}

/**
 * What changed from one message to another, part by part. Segments are put side by side by their id and by what tells
 * segments of one id apart (OBX-3, DG1-3, the placer number of OBR), so that one that was added in the middle does not
 * make all behind it differ; set ids (PID-1, OBX-1) do not count. How each message writes it (delimiters, character set, line ends) does not count.
 *
 *     diffMessages(before, after, { ignore: ['MSH-7', 'MSH-10'] })
 *     // [{ kind: 'changed', path: 'PID-5.1', name: 'Patient Name, Family Name', before: 'DOE', after: 'ROE' }]
 */
export function diffMessages(a: Message, b: Message, options: DiffOptions = {}): Difference[] {
  const dictionary = options.dictionary ?? dictionaryOf(a.header.version);
  return new MessageDiff(a, b, dictionary, options.ignore ?? []).differences();
}

interface Side {
  readonly segments: readonly SegmentParts[];
  readonly delimiters: Delimiters;
  readonly counts: ReadonlyMap<string, number>;
}

class MessageDiff {
  readonly #a: Side;
  readonly #b: Side;
  readonly #dictionary: Dictionary;
  readonly #ignored: ReadonlySet<string>;
  readonly #found: Difference[] = [];

  constructor(a: Message, b: Message, dictionary: Dictionary, ignore: readonly string[]) {
    this.#a = side(a);
    this.#b = side(b);
    this.#dictionary = dictionary;
    this.#ignored = new Set(ignore);
  }

  differences(): Difference[] {
    const { segments: before } = this.#a;
    const { segments: after } = this.#b;
    const pairs = align(
      before.map((each) => ({ id: each.id, key: identity(each, this.#a.delimiters) })),
      after.map((each) => ({ id: each.id, key: identity(each, this.#b.delimiters) })),
    );
    for (const [i, j] of pairs) {
      const a = i === undefined ? undefined : before[i];
      const b = j === undefined ? undefined : after[j];
      if (a !== undefined && b !== undefined) this.#segment(a, b);
      else if (a !== undefined) this.#whole('removed', a, this.#a);
      else if (b !== undefined) this.#whole('added', b, this.#b);
    }
    return this.#found;
  }

  #whole(kind: 'added' | 'removed', parts: SegmentParts, own: Side): void {
    if (this.#ignored.has(parts.id)) return;
    const path = pathOf(parts, own);
    const name = this.#dictionary.segment(parts.id)?.name ?? '';
    this.#found.push({
      kind,
      path,
      name,
      ...(kind === 'added' ? { after: parts.raw } : { before: parts.raw }),
    });
  }

  #segment(a: SegmentParts, b: SegmentParts): void {
    if (this.#ignored.has(a.id)) return;
    if (a.id === '') {
      if (a.raw !== b.raw) this.#add(pathOf(a, this.#a), pathOf(b, this.#b), '', a.raw, b.raw);
      return;
    }
    const count = Math.max(a.fields.length, b.fields.length);
    for (let n = 1; n < count; n += 1) {
      const plain = `${a.id}-${n}`;
      // How each message is written is not what it says.
      if (declares(a.id, n) || this.#ignored.has(plain)) continue;
      // A segment that was put in before counts all behind it anew, which says nothing about them.
      if (n === 1 && this.#dictionary.segment(a.id)?.fields[0]?.type === 'SI') continue;
      this.#field(a, b, n, plain);
    }
  }

  #field(a: SegmentParts, b: SegmentParts, n: number, plain: string): void {
    const before = repetitionParts(a.fields[n] ?? '', this.#a.delimiters);
    const after = repetitionParts(b.fields[n] ?? '', this.#b.delimiters);
    const definition = this.#dictionary.segment(a.id)?.fields[n - 1];
    const type = fieldType(this.#dictionary, a.id, n, a.fields[2] ?? '');
    const numbered = before.length > 1 || after.length > 1;
    for (let i = 0; i < Math.max(before.length, after.length); i += 1) {
      const place = numbered ? `-${n}[${i + 1}]` : `-${n}`;
      this.#parts(
        before[i] ?? '',
        after[i] ?? '',
        {
          a: pathOf(a, this.#a) + place,
          b: pathOf(b, this.#b) + place,
          plain,
          names: definition === undefined ? [] : [definition.name],
          type,
        },
        0,
      );
    }
  }

  #parts(
    a: string,
    b: string,
    place: { a: string; b: string; plain: string; names: readonly string[]; type: string },
    depth: number,
  ): void {
    if (this.#ignored.has(place.plain)) return;
    const split = depth === 0 ? componentParts : subcomponentParts;
    const before = depth === 2 ? [a] : split(a, this.#a.delimiters);
    const after = depth === 2 ? [b] : split(b, this.#b.delimiters);
    const components = this.#dictionary.type(place.type)?.components ?? [];
    if (
      depth === 2 ||
      (before.length === 1 && after.length === 1 && (depth === 1 || !divided(a, b, this.#a, this.#b)))
    ) {
      // A part that stands first and alone is named by the path above it, unless its type has more.
      const first = depth < 2 ? components[0]?.name : undefined;
      this.#add(
        place.a,
        place.b,
        [...place.names, ...(first === undefined ? [] : [first])].join(', '),
        unescapeText(a, this.#a.delimiters),
        unescapeText(b, this.#b.delimiters),
      );
      return;
    }
    for (let i = 0; i < Math.max(before.length, after.length); i += 1) {
      const part = components[i];
      this.#parts(
        before[i] ?? '',
        after[i] ?? '',
        {
          a: `${place.a}.${i + 1}`,
          b: `${place.b}.${i + 1}`,
          plain: `${place.plain}.${i + 1}`,
          names: part === undefined ? place.names : [...place.names, part.name],
          type: part?.type ?? '',
        },
        depth + 1,
      );
    }
  }

  #add(path: string, otherPath: string, name: string, before: string, after: string): void {
    if (before === after) return;
    const kind = before === '' ? 'added' : after === '' ? 'removed' : 'changed';
    this.#found.push({
      kind,
      path: kind === 'added' ? otherPath : path,
      ...(path !== otherPath && kind !== 'added' ? { otherPath } : {}),
      name,
      ...(kind === 'added' ? {} : { before }),
      ...(kind === 'removed' ? {} : { after }),
    });
  }
}

function divided(a: string, b: string, sideA: Side, sideB: Side): boolean {
  return (
    subcomponentParts(a, sideA.delimiters).length > 1 || subcomponentParts(b, sideB.delimiters).length > 1
  );
}

function side(message: Message): Side {
  const { delimiters } = message;
  const segments = message.segments().map((each) => segmentParts(each, delimiters));
  const counts = new Map<string, number>();
  for (const { id } of segments) counts.set(id, (counts.get(id) ?? 0) + 1);
  return { segments, delimiters, counts };
}

const pathOf = ({ id, occurrence }: SegmentParts, { counts }: Side): string =>
  id === '' ? `line ${occurrence}` : (counts.get(id) ?? 0) > 1 ? `${id}[${occurrence}]` : id;

/** The fields that tell segments of one id apart, better than a set id that is counted anew in each message. */
const identifying: Readonly<Record<string, readonly number[]>> = {
  OBX: [3, 4],
  OBR: [2, 3, 4],
  ORC: [2, 3],
  DG1: [3],
  AL1: [3],
  PR1: [3],
  NK1: [2],
  IN1: [2, 3],
  GT1: [2, 3],
  FT1: [7],
  ROL: [3, 4],
  RXA: [5],
  RXE: [2],
  SPM: [2],
  AIS: [3],
  AIP: [3],
  AIL: [3],
  NTE: [3],
};

/** What one segment is about; '' says that its id is all there is to go by. */
function identity({ id, raw, fields }: SegmentParts, delimiters: Delimiters): string {
  if (id === '') return raw;
  const numbers = identifying[id];
  if (numbers === undefined) return '';
  // Components with one meaning in both messages, whatever delimiters each of them uses.
  return numbers
    .map((n) =>
      componentParts(fields[n] ?? '', delimiters)
        .slice(0, 2)
        .map((each) => unescapeText(each, delimiters))
        .join('\u0000'),
    )
    .join('\u0001');
}
