/** One file of a site record: its values, and the line of each when a fault must be shown. */
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { Fault } from './fault.ts';
import { type Lines, readPlainYaml } from './plain-yaml.ts';

export type Path = readonly PropertyKey[];
export type Fields = Readonly<Record<string, unknown>>;

/** A file of a record, the site's own, one below it or one over it. */
export interface Layer {
  readonly file: string;
  readonly value: Fields;
  /** 1-based: of the path, or of the longest beginning of it that stands in this file. */
  readonly lineOf: (path: Path) => number;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function readLayer(
  text: string,
  file: string,
): { readonly layer?: Layer; readonly faults: readonly Fault[] } {
  const plain = readPlainYaml(text);
  if (plain !== undefined) {
    return { layer: { file, value: plain.value, lineOf: (path) => plainLine(text, path) }, faults: [] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => ({
        file,
        line: lines.linePos(error.pos[0]).line,
        reason: `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`,
        fix: 'correct the line; indentation and colons are the usual cause',
      })),
    };
  }
  const [unknownTag] = document.warnings;
  if (unknownTag !== undefined) {
    return {
      faults: [
        {
          file,
          line: lines.linePos(unknownTag.pos[0]).line,
          reason: `not plain YAML: ${unknownTag.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`,
          fix: 'take the tag away: a record holds values and nothing that is evaluated',
        },
      ],
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return {
      faults: [
        {
          file,
          line: 1,
          reason: 'its aliases make more of it than can be read',
          fix: 'write out what the aliases stand for',
        },
      ],
    };
  }
  if (!isFields(value)) {
    return {
      faults: [
        {
          file,
          line: value === null || value === undefined ? 0 : 1,
          reason: value === null || value === undefined ? 'is empty' : 'is not a list of fields',
          fix: 'write fields, one a line: site: mercy',
        },
      ],
    };
  }
  return { layer: { file, value, lineOf: (path) => documentLine(document, lines, path) }, faults: [] };
}

/** Read again with lines: a fault is rare, and lines of all records would be kept for nothing. */
function plainLine(text: string, path: Path): number {
  const read = readPlainYaml(text, true);
  if (read === undefined) return 0;
  return lineBelow(read.value, read.lines, path) ?? firstLine(read.lines.get(read.value));
}

function lineBelow(value: unknown, lines: Lines, path: Path): number | undefined {
  let here = value;
  let line: number | undefined;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) break;
    const at = lines.get(here)?.[String(key)];
    if (at === undefined) break;
    line = at;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return line;
}

const firstLine = (lines: Record<string, number> | undefined): number =>
  lines === undefined ? 0 : Math.min(...Object.values(lines));

function documentLine(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length === 0 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (length > 0 && isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(key));
      const range = pair && isNode(pair.key) ? pair.key.range : undefined;
      if (range) return lines.linePos(range[0]).line;
      continue;
    }
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 0;
}
