import type { Dictionary } from './dictionary/definition.ts';
import type { GroupStep, Path } from './path.ts';
import { chooseSegments } from './reading.ts';
import type { Source } from './source.ts';
import type { SegmentSpan } from './span.ts';
import { definitionOf, placeSegments } from './structure.ts';
import type { PlacedGroup } from './structure-placing.ts';

/** The segments that a path means, of the whole message or of the groups it names. */
export function segmentsOf(source: Source, path: Path, every: boolean): readonly SegmentSpan[] {
  if (path.groups.length === 0) return chooseSegments(source, source.index.having(path.code), path, every);
  const { root, spans } = grouped(source, path.dictionary);
  return groupsOf(root, path.groups, spans, every).flatMap((group) =>
    chooseSegments(source, contentOf(group, spans).segments.get(path.code) ?? [], path, every),
  );
}

interface Grouped {
  readonly root: PlacedGroup;
  readonly spans: readonly SegmentSpan[];
  /** What the structure was chosen by; an edit may change it. */
  readonly type: string;
  readonly dictionary: Dictionary | undefined;
}

/** Kept as long as the segments are: adding or removing one makes a new source. */
const cache = new WeakMap<Source, Grouped>();

function grouped(source: Source, dictionary: Dictionary | undefined): Grouped {
  const { header } = source;
  const type = `${header.code}^${header.trigger}^${header.structure}^${header.version}`;
  const known = cache.get(source);
  if (known !== undefined && known.type === type && known.dictionary === dictionary) return known;
  const spans = source.index.all();
  const ids = spans.map(({ code }) => idOf(code));
  const { root } = placeSegments(ids, definitionOf(header, dictionary).definition);
  const made = { root, spans, type, dictionary };
  cache.set(source, made);
  return made;
}

const idOf = (code: number): string =>
  code === 0 ? '' : String.fromCharCode(code >> 16, (code >> 8) & 0xff, code & 0xff);

interface Content {
  /** The groups below, by name, in order. */
  readonly groups: ReadonlyMap<string, readonly PlacedGroup[]>;
  /** The segments in the group and below it, by code, in order. */
  readonly segments: ReadonlyMap<number, readonly SegmentSpan[]>;
}

/** Worked out once for a group that a path names, so that `ORDER[1]`, `ORDER[2]`, … do not each walk the message. */
const contents = new WeakMap<PlacedGroup, Content>();

function contentOf(group: PlacedGroup, spans: readonly SegmentSpan[]): Content {
  const known = contents.get(group);
  if (known !== undefined) return known;
  const groups = new Map<string, PlacedGroup[]>();
  const segments = new Map<number, SegmentSpan[]>();
  const collect = ({ members }: PlacedGroup): void => {
    for (const member of members)
      if (typeof member === 'number') {
        const span = spans[member];
        if (span !== undefined) append(segments, span.code, span);
      } else {
        append(groups, member.name, member);
        collect(member);
      }
  };
  collect(group);
  const content = { groups, segments };
  contents.set(group, content);
  return content;
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function groupsOf(
  root: PlacedGroup,
  steps: readonly GroupStep[],
  spans: readonly SegmentSpan[],
  every: boolean,
): readonly PlacedGroup[] {
  let found: readonly PlacedGroup[] = [root];
  for (const { name, index } of steps)
    found = found.flatMap((group) => {
      const all = contentOf(group, spans).groups.get(name) ?? [];
      if (index === -1 || (index === 0 && every)) return all;
      const chosen = all[Math.max(index, 1) - 1];
      return chosen === undefined ? [] : [chosen];
    });
  return found;
}
