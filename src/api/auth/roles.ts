import type { Role } from '../types.ts';

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 };

/** A role that the store holds and this version does not know may do nothing. */
export function isRole(text: string): text is Role {
  return Object.hasOwn(RANK, text);
}

/**
 * @example
 * roleAllows('operator', 'viewer') // true
 */
export function roleAllows(has: Role, needs: Role): boolean {
  return RANK[has] >= RANK[needs];
}
