import type { Dictionary, StructureDefinition } from './dictionary/definition.ts';
import { dictionary as dictionaryOf, dictionaryVersions } from './dictionary/index.ts';
import type { Header } from './header.ts';
import type { Message, Segment } from './message.ts';
import { anywhere, type PlacedGroup, type Placing, StructurePlacing } from './structure-placing.ts';

/** What did not fit into the message structure. It holds no value of the message. */
export interface StructureFinding {
  readonly rule: 'structure-unknown' | 'segment-place' | 'segment-missing' | 'extra-segment';
  readonly severity: 'warning' | 'information';
  /** `PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBR[1]`, as Message.get takes it. */
  readonly path: string;
  /** One sentence. */
  readonly text: string;
  readonly fix: string;
}

/** One group of segments of a message; the message itself is the outermost, without a name. */
export interface Group {
  /** `ORDER_OBSERVATION`; '' for the message itself. */
  readonly name: string;
  /** Which one of its name within the group around it, from 1. */
  readonly occurrence: number;
  /** `PATIENT_RESULT[1]/ORDER_OBSERVATION[2]`; '' for the message itself. */
  readonly path: string;
  /** Segments and groups as they came, Z-segments and what did not fit included. A late segment is in its own group. */
  readonly members: readonly (Group | Segment)[];
  /** The groups directly in this one, or those of a name. */
  groups(name?: string): readonly Group[];
  /** The segments directly in this group, or those of an id: `order.segments('OBR')[0]?.get('4.1')`. */
  segments(id?: string): readonly Segment[];
  /** The segments in this group and the groups below it, or those of an id. */
  all(id?: string): readonly Segment[];
}

/** A message by its structure. */
export interface Structure {
  /** `ORU_R01`; undefined when the version has no structure for the message type: all segments are then in `root`. */
  readonly id: string | undefined;
  /** The version whose structure it is: an older one when the version of the message has withdrawn the message type. */
  readonly version: string;
  readonly root: Group;
  readonly findings: readonly StructureFinding[];
}

/**
 * The segments of a message, grouped by its message structure. Nothing is lost and nothing throws: a segment out of
 * order joins the open group it belongs to, an unknown one or a Z-segment the group in which it stands; `findings` says
 * what did not fit. Without a dictionary it is that of the message's version. The time is linear in the segments.
 *
 *     for (const order of structureOf(message).root.groups('PATIENT_RESULT')[0]?.groups('ORDER_OBSERVATION') ?? [])
 *       console.log(order.segments('OBR')[0]?.get('4.2'), order.all('OBX').length);
 */
export function structureOf(message: Message, dictionary?: Dictionary): Structure {
  const segments = message.segments();
  const { definition, version } = definitionOf(message.header, dictionary);
  const ids = segments.map(({ id }) => id);
  const { root, misfits } = placeSegments(ids, definition);
  const groups = new MessageGroup(root, undefined, segments);
  const findings: StructureFinding[] = [];
  if (definition === undefined) findings.push(unknown(version));
  else {
    for (const { group, segment, placing } of misfits)
      findings.push(misfit(pathOf(group), segments[segment], placing, definition.id));
    missing(root, definition.id, findings);
  }
  return { id: definition?.id, version, root: groups, findings };
}

/** The structure of a message by MSH-9, and the version it is of. */
export function definitionOf(
  header: Header,
  dictionary: Dictionary = dictionaryOf(header.version),
): { readonly definition: StructureDefinition | undefined; readonly version: string } {
  const find = (from: Dictionary): StructureDefinition | undefined =>
    from.structureOf(header.code, header.trigger) ?? from.structure(header.structure);
  const own = find(dictionary);
  if (own !== undefined) return { definition: own, version: dictionary.version };
  // ORM_O01 went with 2.7, RDE_O01 came to be RDE_O11 in 2.4: senders go on with what they have, so the nearest older
  // version that knows the type is asked, and then the nearest newer one.
  const at = dictionaryVersions.indexOf(dictionary.version);
  const others = [...dictionaryVersions.slice(0, at).reverse(), ...dictionaryVersions.slice(at + 1)];
  for (const version of others) {
    const definition = find(dictionaryOf(version));
    if (definition !== undefined) return { definition, version };
  }
  return { definition: undefined, version: dictionary.version };
}

interface Misfit {
  readonly group: PlacedGroup;
  readonly segment: number;
  readonly placing: Exclude<Placing, 'placed'>;
}

/** Groups segments, given by their ids. Z-segments stay where they stand, unless the structure names them. */
export function placeSegments(
  ids: readonly string[],
  definition: StructureDefinition | undefined,
): { readonly root: PlacedGroup; readonly misfits: readonly Misfit[] } {
  const placing = new StructurePlacing(definition?.parts ?? []);
  const misfits: Misfit[] = [];
  for (const [segment, id] of ids.entries()) {
    const placed = placing.place(id, segment);
    if (placed === 'placed' || (placed === 'unexpected' && (id.startsWith('Z') || anywhere.has(id))))
      continue;
    misfits.push({ group: placing.open, segment, placing: placed });
  }
  return { root: placing.root, misfits };
}

const pathOf = (group: PlacedGroup): string => {
  const own = `${group.name}[${group.occurrence}]`;
  if (group.parent === undefined) return '';
  const around = pathOf(group.parent);
  return around === '' ? own : `${around}/${own}`;
};

class MessageGroup implements Group {
  readonly name: string;
  readonly occurrence: number;
  readonly path: string;
  readonly members: readonly (MessageGroup | Segment)[];

  constructor(placed: PlacedGroup, around: string | undefined, segments: readonly Segment[]) {
    this.name = placed.name;
    this.occurrence = placed.occurrence;
    const own = `${placed.name}[${placed.occurrence}]`;
    this.path = around === undefined ? '' : around === '' ? own : `${around}/${own}`;
    this.members = placed.members.map((member) =>
      typeof member === 'number'
        ? (segments[member] as Segment)
        : new MessageGroup(member, this.path, segments),
    );
  }

  groups(name?: string): readonly Group[] {
    return this.members.filter(
      (member): member is MessageGroup =>
        member instanceof MessageGroup && (name === undefined || member.name === name),
    );
  }

  segments(id?: string): readonly Segment[] {
    return this.members.filter(
      (member): member is Segment =>
        !(member instanceof MessageGroup) && (id === undefined || member.id === id),
    );
  }

  all(id?: string): readonly Segment[] {
    return this.members.flatMap((member) =>
      member instanceof MessageGroup ? member.all(id) : id === undefined || member.id === id ? [member] : [],
    );
  }
}

const unknown = (version: string): StructureFinding => ({
  rule: 'structure-unknown',
  severity: 'information',
  path: 'MSH-9',
  text: `HL7 ${version} has no structure for this message type, so its segments are not grouped.`,
  fix: 'Check MSH-9 and MSH-12, or describe the structure under `structures` in the local definitions of the site.',
});

function misfit(
  around: string,
  segment: Segment | undefined,
  placing: Misfit['placing'],
  structure: string,
): StructureFinding {
  const id = segment?.id ?? '';
  const path = segment?.path ?? '';
  const where = around === '' ? structure : around;
  const told = {
    'out-of-order': [
      'segment-place',
      `${id} stands behind what should follow it in ${where}; it is read as a part of that.`,
      'Send the segments in the order of the structure.',
    ],
    headless: [
      'segment-place',
      `${id} stands in ${where} without the segment that begins the group.`,
      'Send the segment that begins the group in front of it.',
    ],
    extra: [
      'extra-segment',
      `${id} stands more often in ${where} than the structure allows.`,
      'Read each of them by its number; a receiver may read the first alone.',
    ],
    unexpected: [
      'segment-place',
      `${structure} has no place for ${id}; it is read where it stands.`,
      'Leave it out, send it in a Z-segment, or describe the structure in the local definitions of the site.',
    ],
  } as const;
  const [rule, text, fix] = told[placing];
  return { rule, severity: 'warning', path, text, fix };
}

function missing(group: PlacedGroup, structure: string, findings: StructureFinding[]): void {
  const { parts } = group.shape;
  for (const [i, part] of parts.entries()) {
    const ids = part.oneOf ?? (part.min > 0 ? [part.name] : []);
    if (ids.length === 0) continue;
    const stands =
      ids.length === 1
        ? (group.counts[i] ?? 0) > 0
        : parts.some((each, n) => ids.includes(each.name) && (group.counts[n] ?? 0) > 0);
    if (stands) continue;
    const around = pathOf(group);
    const name = ids.join(' or ');
    findings.push({
      rule: 'segment-missing',
      severity: 'warning',
      path: around === '' ? (ids[0] ?? '') : `${around}/${ids[0]}`,
      text: `${name} is missing: ${around === '' ? structure : around} requires ${part.parts === undefined ? 'it' : 'this group'}.`,
      fix: `Send ${part.parts === undefined ? name : `the segments of ${name}`}.`,
    });
  }
  for (const member of group.members) if (typeof member !== 'number') missing(member, structure, findings);
}
