/** HL7 v2 masked by what the dictionary says of each place; what it does not know is masked whole. */
import { type Dictionary, dictionary, type FieldDefinition, type Node, parse } from '../../hl7/index.ts';
import { isDate, type Pretend } from './pretend.ts';

/** Where a leaf stands: the types on the way to it, from the field inward, with the component in each. */
interface Way {
  readonly segment: string;
  readonly field: number;
  readonly types: readonly { readonly type: string; readonly part: number }[];
  /** The type of the leaf itself. */
  readonly leaf: string;
  /** Of a coded element: the system beside the code. */
  readonly system: boolean;
}

type Kind = 'keep' | 'id' | 'name' | 'words' | 'phone' | 'place' | 'date';

/** @returns The masked bytes, in the character set and with the line ends of the original. */
export function maskHl7(bytes: Uint8Array, as: Pretend): Uint8Array {
  const message = parse(bytes);
  if (!message.usable) throw new Error('it is no HL7 message');
  const words = dictionary(message.header.version);
  const changes: { path: string; text: string }[] = [];
  for (const segment of message.tree()) {
    const definition = words.segment(segment.label);
    for (const field of segment.children) {
      const number = Number(field.label);
      if (segment.label === 'MSH' && number <= 2) continue;
      const named = definition?.fields[number - 1];
      const type = named?.type === 'varies' || named?.type === 'VARIES' ? valueType(segment) : named?.type;
      for (const leaf of leavesOf(field, [])) {
        const way = wayTo(words, segment.label, number, type, leaf.parts, field);
        const text = masked(leaf.node.text, kindOf(way, named), as);
        if (text !== leaf.node.text) changes.push({ path: leaf.node.path, text });
      }
    }
  }
  for (const { path, text } of changes) message.set(path, text);
  return message.bytes();
}

function masked(text: string, kind: Kind, as: Pretend): string {
  if (text === '' || text === '""') return text;
  return kind === 'keep' ? text : as[kind](text);
}

interface Leaf {
  readonly node: Node;
  /** Repetition, component and subcomponent, from 1; what is not divided counts as its first. */
  readonly parts: readonly number[];
}

function leavesOf(node: Node, parts: readonly number[]): Leaf[] {
  if (node.kind !== 'text') return [];
  if (node.children.length === 0) return [{ node, parts }];
  return node.children.flatMap((child) =>
    leavesOf(child, child.level === 'repetition' ? parts : [...parts, Number(child.label)]),
  );
}

/** OBX-5 is of the type that OBX-2 names. */
function valueType(segment: Node): string | undefined {
  return segment.children.find((field) => field.label === '2')?.text.trim() || undefined;
}

function wayTo(
  words: Dictionary,
  segment: string,
  field: number,
  type: string | undefined,
  parts: readonly number[],
  node: Node,
): Way {
  const types: { type: string; part: number }[] = [];
  let leaf = type ?? '';
  for (let depth = 0; leaf !== ''; depth += 1) {
    const components = words.type(leaf)?.components ?? [];
    if (components.length === 0) break;
    const part = parts[depth] ?? 1;
    types.push({ type: leaf, part });
    leaf = components[part - 1]?.type ?? '';
  }
  // The system of a code stands behind it: CE.3, CWE.3, and for the alternate CE.6.
  const last = types.at(-1);
  const beside = last && last.part > 3 ? 6 : 3;
  const repetitions = node.children.some(({ level }) => level === 'repetition') ? node.children : [node];
  const system = repetitions.some((one) => (one.children[beside - 1]?.text ?? '') !== '');
  return { segment, field, types, leaf, system };
}

const CODED = new Set(['CE', 'CWE', 'CNE', 'CF']);
const PERSON = new Set(['XPN', 'XCN', 'PPN', 'CN', 'CNN', 'PN', 'NDL', 'FN']);
const PLACE_CODES = new Set(['PL', 'HD', 'MSG', 'MOC', 'PT', 'VID', 'CQ', 'RI', 'TQ', 'EIP']);
const SAFE = new Set(['ID', 'IS', 'SI', 'NM', 'MSG', 'PT', 'VID', 'HD']);
const DATES = new Set(['DT', 'TM', 'TS', 'DTM']);

function kindOf({ segment, field, types, leaf, system }: Way, named: FieldDefinition | undefined): Kind {
  const [outer] = types;
  // Nothing is known of it: a Z-segment, a field behind the last.
  if (named === undefined || leaf === '') return 'id';
  if (segment === 'MSH') return field === 10 ? 'id' : DATES.has(leaf) ? 'date' : 'keep';
  const holder = [...types].reverse().find(({ type }) => type !== leaf);
  if (types.some(({ type }) => DATES.has(type)) || DATES.has(leaf)) return leaf === 'TM' ? 'keep' : 'date';
  if (outer !== undefined && (outer.type === 'XTN' || outer.type === 'TN'))
    return SAFE.has(leaf) && outer.part < 4 ? 'keep' : 'phone';
  if (leaf === 'TN') return 'phone';
  if (types.some(({ type }) => type === 'XAD' || type === 'AD' || type === 'SAD')) {
    return leaf === 'ID' || leaf === 'IS' || outer?.part === 4 ? 'keep' : outer?.part === 5 ? 'id' : 'place';
  }
  // Assigning authorities, facilities and locations say nothing of a person.
  if (types.some(({ type }) => type === 'HD' || type === 'PL')) return 'keep';
  const person = types.find(({ type }) => PERSON.has(type));
  if (person !== undefined) {
    const numbered =
      person.type === 'XCN' || person.type === 'CN' || person.type === 'CNN' || person.type === 'PPN';
    if (numbered && person.part === 1) return 'id';
    return SAFE.has(leaf) || CODED.has(holder?.type ?? '') ? 'keep' : 'name';
  }
  if (holder !== undefined && CODED.has(holder.type)) {
    const { part } = holder;
    if (part === 1 || part === 4) return 'keep';
    if (part === 2 || part === 5) return system ? 'keep' : 'words';
    return part === 9 ? 'words' : 'keep';
  }
  if (
    outer !== undefined &&
    (outer.type === 'CX' ||
      outer.type === 'CK' ||
      outer.type === 'EI' ||
      outer.type === 'EIP' ||
      outer.type === 'DLN')
  ) {
    return SAFE.has(leaf) || (outer.type === 'EI' && outer.part > 1) ? 'keep' : 'id';
  }
  if (outer !== undefined && PLACE_CODES.has(outer.type))
    return SAFE.has(leaf) || leaf === 'ST' ? 'keep' : 'words';
  if (SAFE.has(leaf)) return 'keep';
  // A number that is written as text names somebody or something: SSN, accounts, a driver's licence.
  if (/number|identifier|\bid\b/i.test(named.name)) return 'id';
  return 'words';
}

/** A last look: a word that was replaced in one place must not stand in another. */
export function sweepHl7(bytes: Uint8Array, as: Pretend, sweep: (text: string) => string): Uint8Array {
  const message = parse(bytes);
  for (const segment of message.tree()) {
    for (const field of segment.children) {
      if (segment.label === 'MSH' && Number(field.label) <= 2) continue;
      for (const { node } of leavesOf(field, [])) {
        if (isDate(node.text)) continue;
        const text = sweep(node.text);
        if (text !== node.text) message.set(node.path, text);
      }
    }
  }
  void as;
  return message.bytes();
}
