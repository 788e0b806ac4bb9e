import { epicIdOf, externalIdOf, systems } from '../../world/identity.ts';
import type { Patient } from '../../world/records.ts';
import type { Site } from '../declaration.ts';

interface Identifier {
  readonly use: string;
  readonly type: { readonly text: string };
  readonly system: string;
  readonly value: string;
}

/** Someone who came in over FHIR has no medical record number until a registrar has looked at the chart. */
export function isUnverified({ mrn }: Patient): boolean {
  return mrn === '';
}

export function communityIdOf(number: number): string {
  return `LGH${String(number).padStart(7, '0')}`;
}

export function identifiersOf({ hospital }: Site, patient: Patient): readonly Identifier[] {
  const { number, fhirId, mrn } = patient;
  const external = externalIdOf(number);
  const identifier = (text: string, system: string, value: string, use = 'usual') => ({
    use,
    type: { text },
    system,
    value,
  });
  const unverified = isUnverified(patient);
  return [
    identifier('CEID', systems.communityId, communityIdOf(number)),
    identifier('EPIC', systems.epic, epicIdOf(number)),
    identifier('EXTERNAL', systems.external, external),
    identifier('FHIR', systems.dstu2Id, hospital.identities.dstu2Id('Patient', number)),
    identifier('FHIR STU3', systems.stu3Id, fhirId),
    // INTERNAL is the same id, filled to ten characters with blanks in front.
    identifier('INTERNAL', systems.external, external.padStart(10)),
    ...(unverified ? [] : [identifier('EPI', systems.mrn, mrn)]),
    ...patient.further
      .filter(({ type, value }) => type !== 'SS' && value !== '')
      .map(({ assigner, system, value }) => identifier(assigner, system, value, 'old')),
    ...(unverified
      ? []
      : [
          identifier('MYCHARTLOGIN', systems.portalLogin, `PORTAL${number}`),
          identifier('WPRINTERNAL', systems.portalInternal, String(500 + number)),
        ]),
  ];
}
