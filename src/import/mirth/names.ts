/** Names of Mirth as names of Suture. */

/** Lower-case letters, digits and hyphens: `ADT In (Prod)` is `adt-in-prod`. */
export function slug(name: string, fallback = 'channel'): string {
  const text = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  return text === '' ? fallback : text;
}

/** A name that is not taken. */
export function nextFree(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`;
  return free;
}

/** A name that is not taken yet; it is from now on. */
export function fresh(name: string, taken: Set<string>): string {
  const free = nextFree(name, taken);
  taken.add(free);
  return free;
}

/** An environment variable: `dbHost` is `DB_HOST`. */
export const variableName = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
    .replace(/^(\d)/, '_$1') || 'VALUE';

/** Keys whose values are secrets, whatever they hold. */
export const isSecret = (key: string): boolean => /pass|pwd|secret|token|key|credential|auth/i.test(key);

/** A key of a map: one name, whatever was in it. */
export const fieldName = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
};
