import type { StructurePart } from './dictionary/definition.ts';

/** Where a segment was put, and what was wrong with that. */
export type Placing =
  /** At the place the structure has for it. */
  | 'placed'
  /** In the right group, but behind what should follow it. */
  | 'out-of-order'
  /** In a group whose beginning is not there: an OBR without the ORC that opens its order. */
  | 'headless'
  /** Once more than the structure allows. */
  | 'extra'
  /** The structure has no place for it; it stands in the group that was open. */
  | 'unexpected';

/** A group, with its parts as definitions and its members as they stand: segments by their number, from 0. */
export interface PlacedGroup {
  /** '' for the message itself. */
  readonly name: string;
  readonly parent: PlacedGroup | undefined;
  /** Which one of its name within the parent, from 1. */
  readonly occurrence: number;
  readonly shape: Shape;
  readonly members: (PlacedGroup | number)[];
  /** How often each part stands. */
  readonly counts: number[];
  /** The last group of each part that is one. */
  readonly last: (PlacedGroup | undefined)[];
  /** The part that stood last. */
  at: number;
}

/** A place at which an id can stand in a group: directly, or in a group below. */
interface Candidate {
  readonly part: number;
  /** Reached without skipping a required segment of a group below. */
  readonly first: boolean;
}

/** What is worked out of a group's definition once. */
export interface Shape {
  readonly parts: readonly StructurePart[];
  readonly shapes: readonly (Shape | undefined)[];
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
  /** Ids with which the group can begin. */
  readonly first: ReadonlySet<string>;
  /** The segment that opens it, when that is required: ORC in ORDER. */
  readonly anchor: string | undefined;
}

const shapes = new WeakMap<readonly StructurePart[], Shape>();

/** The shape of a structure or group; definitions are kept, so it is worked out once. */
export function shapeOf(parts: readonly StructurePart[]): Shape {
  const known = shapes.get(parts);
  if (known !== undefined) return known;
  const inner = parts.map((part) => (part.parts === undefined ? undefined : shapeOf(part.parts)));
  const candidates = new Map<string, Candidate[]>();
  const first = new Set<string>();
  let open = true;
  const add = (id: string, part: number, isFirst: boolean): void => {
    const same = candidates.get(id);
    if (same === undefined) candidates.set(id, [{ part, first: isFirst }]);
    else same.push({ part, first: isFirst });
  };
  for (const [i, part] of parts.entries()) {
    const shape = inner[i];
    if (shape === undefined) add(part.name, i, true);
    else for (const id of shape.candidates.keys()) add(id, i, shape.first.has(id));
    if (open) for (const id of shape?.first ?? part.oneOf ?? [part.name]) first.add(id);
    if (part.min > 0 || part.oneOf !== undefined) open = false;
  }
  const [begin] = parts;
  const anchor = begin !== undefined && begin.parts === undefined && begin.min > 0 ? begin.name : undefined;
  const shape: Shape = { parts, shapes: inner, candidates, first, anchor };
  shapes.set(parts, shape);
  return shape;
}

const placedGroup = (
  name: string,
  parent: PlacedGroup | undefined,
  occurrence: number,
  shape: Shape,
): PlacedGroup => ({ name, parent, occurrence, shape, members: [], counts: [], last: [], at: 0 });

const hasRoom = (group: PlacedGroup, part: number): boolean => {
  const max = group.shape.parts[part]?.max ?? 1;
  return max === 0 || (group.counts[part] ?? 0) < max;
};

/**
 * Continuation and software segments, which may stand in any message (chapter 2, "DSC", "ADD", "SFT" and "UAC"), and access
 * restrictions (chapter 3, "ARV"), which the structures came to list one version at a time.
 */
export const anywhere: ReadonlySet<string> = new Set(['ADD', 'DSC', 'SFT', 'UAC', 'ARV']);

/**
 * PRT says who took part in what the segment before it says, whichever that is (chapter 7, "PRT"): it stays with it. The
 * structures came to list it one version at a time; to look for a place of its own would move the cursor past others.
 */
const participation = 'PRT';

/**
 * Puts segments one after the other into the groups of a message structure. The work for one segment is bounded by the
 * structure, whatever the message: each group knows beforehand at which of its parts an id can stand.
 */
export class StructurePlacing {
  readonly root: PlacedGroup;
  #open: PlacedGroup;

  constructor(parts: readonly StructurePart[]) {
    this.root = placedGroup('', undefined, 1, shapeOf(parts));
    this.#open = this.root;
  }

  /** The group that the next segment without a place of its own would join. */
  get open(): PlacedGroup {
    return this.#open;
  }

  place(id: string, segment: number): Placing {
    if (id === participation) {
      const { shape, counts } = this.#open;
      const own = shape.candidates.get(id)?.find(({ part }) => shape.shapes[part] === undefined);
      if (own !== undefined) counts[own.part] = (counts[own.part] ?? 0) + 1;
      this.#attach(segment);
      return 'placed';
    }
    if (this.#forward(id, segment)) return 'placed';
    if (anywhere.has(id)) return this.#attach(segment);
    return this.#tolerant(id, segment) ?? this.#extra(id, segment) ?? this.#attach(segment);
  }

  #attach(segment: number): Placing {
    this.#open.members.push(segment);
    return 'unexpected';
  }

  /** At or behind the last place of the innermost group, else of the groups around it, which may repeat. */
  #forward(id: string, segment: number): boolean {
    for (let group: PlacedGroup | undefined = this.#open; group !== undefined; group = group.parent) {
      const { at, shape } = group;
      const found = shape.candidates
        .get(id)
        ?.find(({ part, first }) => first && part >= at && hasRoom(group as PlacedGroup, part));
      if (found === undefined) continue;
      // An ORC belongs to the next order, not to the prior results of this one, which may begin with an ORC too:
      // a group that the segment opens by right comes before one that it opens because all else may be left out.
      const target = shape.shapes[found.part];
      const optional = (shape.parts[found.part]?.min ?? 0) === 0;
      const own =
        found.part > at && optional && target !== undefined && target.anchor !== id
          ? anchored(group, id)
          : undefined;
      if (own?.parent !== undefined) this.#enter(own.parent, own.parent.at, id, segment);
      else this.#enter(group, found.part, id, segment);
      return true;
    }
    return false;
  }

  /** Before the last place, or in a group whose beginning is missing. */
  #tolerant(id: string, segment: number): Placing | undefined {
    for (let group: PlacedGroup | undefined = this.#open; group !== undefined; group = group.parent) {
      const here: PlacedGroup = group;
      const all = here.shape.candidates.get(id);
      if (all === undefined) continue;
      const earlier = all.find(({ part, first }) => first && part < here.at && hasRoom(here, part));
      if (earlier !== undefined) {
        this.#enter(here, earlier.part, id, segment);
        return 'out-of-order';
      }
      if (all.some(({ part }) => part <= here.at && this.#reopen(here.last[part], id, segment)))
        return 'out-of-order';
      const headless = all.find(({ part }) => part >= here.at && hasRoom(here, part));
      if (headless !== undefined) {
        this.#enter(here, headless.part, id, segment);
        return 'headless';
      }
    }
    return undefined;
  }

  /** In a group that stood before: the PV1 of an ORU behind the results belongs to the patient, not to a new one. */
  #reopen(group: PlacedGroup | undefined, id: string, segment: number): boolean {
    const all = group?.shape.candidates.get(id);
    if (group === undefined || all === undefined) return false;
    const found = all.find(({ part, first }) => first && hasRoom(group, part));
    if (found === undefined) return all.some(({ part }) => this.#reopen(group.last[part], id, segment));
    this.#enter(group, found.part, id, segment);
    return true;
  }

  #extra(id: string, segment: number): Placing | undefined {
    for (let group: PlacedGroup | undefined = this.#open; group !== undefined; group = group.parent) {
      const full = group.shape.candidates.get(id)?.[0];
      if (full === undefined) continue;
      this.#enter(group, full.part, id, segment);
      return 'extra';
    }
    return undefined;
  }

  #enter(group: PlacedGroup, part: number, id: string, segment: number): void {
    group.counts[part] = (group.counts[part] ?? 0) + 1;
    group.at = Math.max(group.at, part);
    const shape = group.shape.shapes[part];
    if (shape === undefined) {
      group.members.push(segment);
      this.#open = group;
      return;
    }
    const name = group.shape.parts[part]?.name ?? '';
    const child = placedGroup(name, group, group.counts[part] ?? 1, shape);
    group.members.push(child);
    group.last[part] = child;
    const candidates = shape.candidates.get(id) ?? [];
    const inner = candidates.find(({ first }) => first) ?? candidates[0];
    this.#enter(child, inner?.part ?? 0, id, segment);
  }
}

/** The innermost open group around that this segment begins by right, and that may stand again. */
function anchored(from: PlacedGroup, id: string): PlacedGroup | undefined {
  for (let group: PlacedGroup | undefined = from; group?.parent !== undefined; group = group.parent)
    if (group.shape.anchor === id && hasRoom(group.parent, group.parent.at)) return group;
  return undefined;
}
