/** How a segment is written: fields by number, each already encoded. */

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
  '\r': '\\X0D\\',
  '\n': '\\X0A\\',
};

/** Escapes the characters that HL7 keeps for itself (HL7 v2.5.1, chapter 2, 2.7). */
export function text(value: string | number | undefined): string {
  return String(value ?? '').replace(/[\\|^&~\r\n]/g, (character) => escapes[character] as string);
}

/** Joins components, each escaped; empty ones at the end are left out. */
export function components(...parts: readonly (string | number | undefined)[]): string {
  return parts.map(text).join('^').replace(/\^+$/, '');
}

/** Joins repetitions that are already encoded. */
export function repetitions(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('~');
}

/** Writes a segment from its fields by number; `size` adds empty fields at the end, as Epic's samples have them. */
export function segment(name: string, fields: Readonly<Record<number, string>>, size = 0): string {
  const filled = Object.keys(fields)
    .map(Number)
    .filter((number) => fields[number] !== '');
  const last = Math.max(size, 0, ...filled);
  let line = name;
  for (let number = 1; number <= last; number += 1) line += `|${fields[number] ?? ''}`;
  return line;
}
