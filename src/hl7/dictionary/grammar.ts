import type { StructurePart } from './definition.ts';

/** The notation of a message structure: `MSH SFT* PATIENT(PID <OBR|RQD>)+`; the parts it stands for. */
const token = /\s+|([A-Z][A-Z0-9_]*)(\()?|<([A-Z0-9|]+)>|\)/y;

/** A notation that cannot be read; `position` counts characters from 1. */
export class StructureNotationError extends Error {
  override readonly name = 'StructureNotationError';
  readonly position: number;
  constructor(text: string, position: number) {
    super(
      `"${text}" is not a message structure: at character ${position}, expected a segment, a group such as PATIENT(PID PV1?), ` +
        'a choice such as <OBR|RXO> or ")"; each with ?, * or + behind it',
    );
    this.position = position;
  }
}

/** Reads the notation of a message structure; throws {@link StructureNotationError}. */
export function readParts(text: string): readonly StructurePart[] {
  const open: { readonly name: string; readonly parts: StructurePart[] }[] = [{ name: '', parts: [] }];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) throw new StructureNotationError(text, at + 1);
    const [all, name, group, choice] = found;
    at += all.length;
    const parts = open.at(-1)?.parts ?? [];
    if (group !== undefined) open.push({ name: name ?? '', parts: [] });
    else if (all === ')') {
      const closed = open.length > 1 ? open.pop() : undefined;
      if (closed === undefined || closed.parts.length === 0) throw new StructureNotationError(text, at);
      open.at(-1)?.parts.push({ name: closed.name, ...often(), parts: Object.freeze(closed.parts) });
    } else if (choice !== undefined) parts.push(...choiceParts(choice.split('|'), often()));
    else if (name !== undefined) parts.push({ name, ...often() });
  }
  if (open.length > 1) throw new StructureNotationError(text, text.length + 1);
  return Object.freeze(open[0]?.parts ?? []);

  function often(): { readonly min: number; readonly max: number } {
    const mark = text[at] ?? '';
    if (mark !== '?' && mark !== '*' && mark !== '+') return { min: 1, max: 1 };
    at += 1;
    return { min: mark === '+' ? 1 : 0, max: mark === '?' ? 1 : 0 };
  }
}

/** Each by itself may be missing; that one of them stands there is said by `oneOf` on the first. */
function choiceParts(
  ids: readonly string[],
  { min, max }: { readonly min: number; readonly max: number },
): StructurePart[] {
  return ids.map((name, i) => ({
    name,
    min: 0,
    max,
    ...(i === 0 && min > 0 ? { oneOf: Object.freeze(ids) } : {}),
  }));
}
