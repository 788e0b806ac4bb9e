import { type Node, parse } from '../../hl7/index.ts';
import type { Format } from '../../message/index.ts';
import type { Hl7Field, Hl7Part, Hl7Segment, Structure } from '../types.ts';
import { namesOf } from './hl7-names.ts';

/** More is not put on a screen; the bytes are whole at `/raw`. */
const SHOWN_BYTES = 512 * 1024;
const SHOWN_PLACES = 20_000;
const SHOWN_DEPTH = 64;

/** What a masked value is replaced by, whatever its length. */
export const MASK = '•••';

/**
 * MSH fields that route a message and say nothing of a patient: delimiters, applications and facilities, time,
 * type, control id, processing id, version, acknowledgement conditions, country, character set, profile.
 */
const ROUTING_FIELDS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16, 17, 18, 21]);

function partsOf(node: Node, room: { left: number }): Hl7Part[] {
  const parts: Hl7Part[] = [];
  for (const child of node.children) {
    if (room.left <= 0) break;
    if (child.kind === 'empty') continue;
    if (child.children.length > 0) parts.push(...partsOf(child, room));
    else {
      room.left -= 1;
      parts.push({ path: child.path, value: child.text });
    }
  }
  return parts;
}

function hl7Structure(bytes: Uint8Array, masked: boolean): Structure {
  const message = parse(bytes.length > SHOWN_BYTES ? bytes.slice(0, SHOWN_BYTES) : bytes);
  const room = { left: SHOWN_PLACES };
  const segments: Hl7Segment[] = [];
  const names = namesOf(message.header.version);
  for (const [index, node] of message.tree().entries()) {
    if (room.left <= 0) break;
    const name = names.segment(node.label);
    const header = index === 0 && node.label === 'MSH' && message.usable;
    const fields: Hl7Field[] = [];
    for (const field of node.children) {
      if (field.kind === 'empty') continue;
      room.left -= 1;
      if (room.left <= 0) break;
      const number = Number(field.label);
      const clear = !masked || (header && ROUTING_FIELDS.has(number));
      fields.push({
        number,
        path: field.path,
        name: names.field(node.label, number),
        raw: clear ? field.raw : null,
        parts: masked ? [] : partsOf(field, room),
      });
    }
    // A line that is no segment (text broken over two lines) may begin with anything, a name for one.
    const known = name !== null;
    segments.push({
      id: known || !masked ? node.label : '???',
      name: name ?? 'not a segment that we know',
      fields: known || !masked ? fields : fields.map((field) => ({ ...field, path: `???-${field.number}` })),
      trailing: Number(node.children.at(-1)?.label ?? 0) - (fields.at(-1)?.number ?? 0),
    });
  }
  const separator = message.usable ? (message.raw('MSH-1') ?? '|') : '|';
  return { kind: 'hl7', separator, segments, cut: bytes.length > SHOWN_BYTES || room.left <= 0 };
}

/** FHIR element names, and nothing that a server could make up from data. */
const ELEMENT = /^_?[a-z][A-Za-z0-9]{0,63}$/;

function maskedJson(value: unknown, room: { left: number }, depth: number): unknown {
  room.left -= 1;
  if (depth > SHOWN_DEPTH || room.left <= 0) return MASK;
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, room, depth + 1));
  if (typeof value !== 'object' || value === null) return MASK;
  const shown: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    const clear = name === 'resourceType' && typeof inner === 'string' && /^[A-Z][A-Za-z]{0,63}$/.test(inner);
    shown.push([ELEMENT.test(name) ? name : MASK, clear ? inner : maskedJson(inner, room, depth + 1)]);
  }
  return Object.fromEntries(shown);
}

function jsonStructure(bytes: Uint8Array, masked: boolean): Structure {
  if (bytes.length > SHOWN_BYTES) return { kind: 'opaque' };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return { kind: 'opaque' };
  }
  const room = { left: SHOWN_PLACES };
  return { kind: 'json', value: masked ? maskedJson(value, room, 0) : value, cut: room.left <= 0 };
}

/**
 * A message's shape for the screen. Masked, it says which parts are filled and gives routing fields in clear;
 * of JSON that is not FHIR it says nothing, since its names may be data.
 */
export function structureOf(
  format: Format,
  bytes: Uint8Array | null,
  options: { masked: boolean },
): Structure {
  if (bytes === null) return { kind: 'opaque' };
  if (format === 'hl7') return hl7Structure(bytes, options.masked);
  if (format === 'fhir' || (format === 'json' && !options.masked))
    return jsonStructure(bytes, options.masked);
  return { kind: 'opaque' };
}

/** The beginning of a message as text, in the character set it declares. */
export function shownText(bytes: Uint8Array | null, format: Format): { text: string; cut: boolean } | null {
  if (bytes === null) return null;
  const shown = bytes.length > SHOWN_BYTES ? bytes.slice(0, SHOWN_BYTES) : bytes;
  const text = format === 'hl7' ? parse(shown).toString() : new TextDecoder().decode(shown);
  return { text, cut: bytes.length > SHOWN_BYTES };
}
