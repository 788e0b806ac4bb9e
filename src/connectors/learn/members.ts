/** The members of a FHIR Group or List, with the identifiers that a roster goes by. */
import { type FhirClient, identifiersOf, objectsIn, referencedId } from '../../fhir/index.ts';
import { Failure } from '../../std/index.ts';
import type { Listed } from '../contract.ts';

/** Each member is read once for its identifiers; one that is there no more is left out. */
export async function* membersOf(
  client: Pick<FhirClient, 'read' | 'baseUrl'>,
  { resource, id }: { readonly resource: 'Group' | 'List'; readonly id: string },
  signal: AbortSignal,
): AsyncGenerator<Listed> {
  const list = await client.read(resource, id, signal);
  const rows =
    resource === 'Group'
      ? objectsIn(list.member)
          .filter(({ inactive }) => inactive !== true)
          .map(({ entity }) => entity)
      : objectsIn(list.entry)
          .filter(({ deleted }) => deleted !== true)
          .map(({ item }) => item);
  const seen = new Set<string>();
  for (const row of rows) {
    const reference = (row as { reference?: unknown } | undefined)?.reference;
    const member = referencedId(reference, 'Patient', client.baseUrl);
    if (member === undefined || seen.has(member)) continue;
    seen.add(member);
    try {
      const patient = await client.read('Patient', member, signal);
      const identifiers = identifiersOf(patient).flatMap(({ system, value }) =>
        system === undefined || value === undefined ? [] : [{ system, value: value.trim() }],
      );
      yield { fhirId: member, identifiers };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'validation') throw error;
    }
  }
}
