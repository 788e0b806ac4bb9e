/** What the stores share of what pollers keep: cursors and what has been seen. */
import { createHash } from 'node:crypto';
import type { CursorRow } from './contract.ts';

/** A number for a resource at a site: 47 bits, so that rows stay small. Never 0, which is a mark that no count touches. */
export const scopeOf = (site: string, resource: string): number =>
  Math.floor(createHash('sha256').update(`${site} ${resource}`).digest().readUIntBE(0, 6) / 2) + 1;

/** By site, connection and name: as every store lists them. */
export function byPlace(a: CursorRow, b: CursorRow): number {
  const [one, other] = [`${a.site} ${a.connection} ${a.name}`, `${b.site} ${b.connection} ${b.name}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
