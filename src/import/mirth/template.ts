/** Templates of destinations (`{"mrn": "${mrn}"}`) as arguments of a step, where every value is one variable or a text. */
import type { FieldRule } from '../../flow/index.ts';

export type Filled =
  /** Target paths below the body, to rules. */
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, FieldRule>> }
  /** JSON that only a script can fill in. */
  | { readonly kind: 'json' }
  | { readonly kind: 'text' }
  /** Velocity’s own language. */
  | { readonly kind: 'program' };

const PROGRAM =
  /#(?:if|set|foreach|else|end|macro|parse)\b|\$!?\{[\w.]+\(|\$[A-Za-z]\w*[.(]|\$!?\{(?!message\.)\w+\.\w+[^}]*\(/;
const WHOLE = /^\$!?\{([\w.]+)\}$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DEEPEST = 20;

/** It is a program of Velocity: more than names in braces. */
export const isProgram = (template: string): boolean => PROGRAM.test(template);

const UNKNOWN =
  /\$!?\{((?:message\.(?!(?:encodedData|transformedData|rawData)\})[\w.]+)|SYSTIME|DATE|UUID|COUNT|CDATAPRE|CDATAPOST|originalFilename|fileDirectory|fileSize|fileLastModified)\}/g;

/** Names that Mirth itself filled in, and that are empty here. */
export const unknownNames = (template: string): readonly string[] => [
  ...new Set([...template.matchAll(UNKNOWN)].map(([, name = '']) => name)),
];

/** A template gives an empty text where there is nothing. */
export const orEmpty = (rule: FieldRule): FieldRule =>
  typeof rule === 'string'
    ? { from: rule, default: '' }
    : 'from' in rule && rule.default === undefined
      ? { ...rule, default: '' }
      : rule;

/** @param variable The rule of a variable; undefined when only a script knows it. */
export function filled(template: string, variable: (name: string) => FieldRule | undefined): Filled {
  if (isProgram(template)) return { kind: 'program' };
  if (!/^\s*[[{]/.test(template)) return { kind: 'text' };
  let value: unknown;
  try {
    // A variable that stands outside of quotes is a text here: its value decides nothing about the form.
    value = JSON.parse(template.replace(/(?<=[:[,]\s*)(\$!?\{[\w.]+\})(?=\s*[,}\]])/g, '"$1"'));
  } catch {
    return { kind: 'text' };
  }
  const fields: Record<string, FieldRule> = {};
  return collect(value, 'body', 0) ? { kind: 'fields', fields } : { kind: 'json' };

  function collect(part: unknown, path: string, depth: number): boolean {
    if (depth > DEEPEST) return false;
    if (Array.isArray(part))
      return part.length > 0 && part.every((each, index) => collect(each, `${path}[${index}]`, depth + 1));
    if (typeof part === 'object' && part !== null) {
      const entries = Object.entries(part);
      return (
        entries.length > 0 &&
        entries.every(([key, each]) => NAME.test(key) && collect(each, `${path}.${key}`, depth + 1))
      );
    }
    if (typeof part !== 'string' || !part.includes('$')) {
      fields[path] = { value: part as string | number | boolean | null };
      return true;
    }
    const name = WHOLE.exec(part)?.[1];
    const rule = name === undefined ? undefined : variable(name);
    if (rule === undefined) return false;
    fields[path] = orEmpty(rule);
    return true;
  }
}
