import type { AnyDeclaration, Declaration, Site } from './declaration.ts';
import type { Resource } from './outcome.ts';
import { instant, organizationReference } from './resources/display.ts';

/** Who a record came from: nothing but the hospital itself, in this one. */
export interface Provenance {
  readonly type: string;
  readonly id: string;
  readonly recordedAt: number;
}

interface Dated {
  readonly registeredAt?: number;
  readonly bookedAt?: number;
  readonly startedAt?: number;
  readonly issuedAt?: number;
  readonly createdAt?: number;
  readonly recordedAt?: number;
  readonly orderedAt?: number;
  readonly changedAt?: number;
}

function firstRecorded(record: Dated): number | undefined {
  const { registeredAt, bookedAt, startedAt, issuedAt, createdAt, recordedAt, orderedAt } = record;
  return registeredAt ?? bookedAt ?? startedAt ?? issuedAt ?? createdAt ?? recordedAt ?? orderedAt;
}

/** The provenance of a record in a chart; undefined for what is in none. Its id is the record's, with another first letter. */
export function provenanceOf(declaration: AnyDeclaration, record: unknown): Provenance | undefined {
  const recordedAt = firstRecorded(record as Dated);
  const id = declaration.idOf(record) as string;
  if (!declaration.patientOf || recordedAt === undefined || !id.startsWith('e')) return undefined;
  return { type: declaration.type, id, recordedAt };
}

/** Provenance: read, and `_revinclude=Provenance:target`. */
export function provenances(site: Site, all: () => readonly AnyDeclaration[]): Declaration<Provenance> {
  const { hospital } = site;
  return {
    type: 'Provenance',
    interactions: { R4: ['read'] },
    native: [],
    postFilters: [],
    find(given) {
      if (!given.startsWith('f')) return undefined;
      const id = `e${given.slice(1)}`;
      const declaration = all().find(({ type }) => type === hospital.identities.read(id)?.kind);
      const record = declaration?.find(id);
      return declaration && record !== undefined ? provenanceOf(declaration, record) : undefined;
    },
    idOf: ({ id }) => `f${id.slice(1)}`,
    // It is as open, and as closed, as what it is about.
    patientOf({ type, id }) {
      const declaration = all().find((each) => each.type === type);
      return declaration?.patientOf?.(declaration.find(id));
    },
    render({ type, id, recordedAt }): Resource {
      const role = (code: string) => ({
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code }],
      });
      return {
        resourceType: 'Provenance',
        id: `f${id.slice(1)}`,
        target: [{ reference: `${type}/${id}` }],
        recorded: instant(recordedAt),
        agent: [
          { type: role('author'), who: organizationReference(hospital) },
          { type: role('transmitter'), who: organizationReference(hospital) },
        ],
      };
    },
  };
}
