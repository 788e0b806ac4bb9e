/** Whose job it is. */
import { ROLES, type Role } from './record/people.ts';
import type { SiteRecord } from './record.ts';

export type Person = NonNullable<SiteRecord['people']>[string] & {
  /** The short name by which the record refers to them. */
  readonly id: string;
};

const personOf = ({ people }: SiteRecord, id: string | undefined): Person | undefined => {
  const person = id === undefined ? undefined : people?.[id];
  return person === undefined || id === undefined ? undefined : { id, ...person };
};

/** Who answers for a flow, else for a connection, else for the site; `undefined` when nobody does. */
export function ownerOf(
  record: SiteRecord,
  route: { readonly connection?: string; readonly flow?: string } = {},
): Person | undefined {
  const { owners } = record;
  return (
    personOf(record, route.flow === undefined ? undefined : owners?.flows?.[route.flow]) ??
    personOf(record, route.connection === undefined ? undefined : owners?.connections?.[route.connection]) ??
    personOf(record, owners?.site)
  );
}

/** The first who holds one of the roles, the first role before the second. */
export function personWith(
  record: SiteRecord,
  roles: readonly Role[],
  side?: Person['side'],
): Person | undefined {
  for (const role of roles) {
    for (const [id, person] of Object.entries(record.people ?? {})) {
      if (person.roles.includes(role) && (side === undefined || person.side === side))
        return { id, ...person };
    }
  }
  return undefined;
}

/** Roles that nobody of that side holds. */
export function rolesWithout(
  record: SiteRecord,
  side: Person['side'],
  roles: readonly Role[] = ROLES,
): Role[] {
  return roles.filter((role) => personWith(record, [role], side) === undefined);
}
