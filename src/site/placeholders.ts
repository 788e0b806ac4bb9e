/** What stands in a record in place of what nobody has said yet: it loads, and `check` asks for it. */
import type { Path } from './read/layer.ts';
import type { Role } from './record/people.ts';
import type { SiteRecord } from './record.ts';

export const TO_CONFIRM = 'to-confirm';
const URN = `urn:${TO_CONFIRM}:`;

/** @example placeholderSystem('MR') // 'urn:to-confirm:MR': in place of an id system */
export const placeholderSystem = (name: string): string => `${URN}${name}`;

export const isPlaceholder = (value: unknown): boolean =>
  typeof value === 'string' && (value === TO_CONFIRM || value.startsWith(URN));

export interface Placeholders {
  /** Where they stand together. */
  readonly path: Path;
  /** The fields, as the record names them from there. */
  readonly names: readonly string[];
  /** Who knows. */
  readonly role: Role;
}

/** Placeholders of a record, those of one field of a connection or of one list together. */
export function placeholdersIn(record: SiteRecord): Placeholders[] {
  const found = new Map<string, { path: Path; names: string[]; role: Role }>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (isPlaceholder(value)) {
      const depth = path[0] === 'identifiers' ? 1 : Math.max(1, path.length - 1);
      const around = path.slice(0, depth);
      const key = around.join('.');
      const one = found.get(key) ?? { path: around, names: [], role: roleOf(path) };
      one.names.push(path.slice(depth).join('.') || key);
      found.set(key, one);
    } else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) walk(each, [...path, key]);
  };
  walk(record, []);
  return [...found.values()];
}

function roleOf([part = '', , field = '']: readonly string[]): Role {
  if (part === 'identifiers') return 'Identity analyst';
  if (part === 'hl7') return 'interface engine analyst';
  if (part === 'connections' || (part === 'ehr' && field !== '')) return 'web services analyst';
  return 'project manager';
}
