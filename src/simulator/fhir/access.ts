import type { Patient } from '../world/records.ts';
import type { AnyDeclaration, Site } from './declaration.ts';
import { Refusal, issue, refuse } from './outcome.ts';

/** Whether a chart needs break-the-glass: a fixed part of all, so many in a thousand as the switch says. */
export function isRestricted({ behaviour }: Site, patient: Patient): boolean {
  // Knuth's multiplicative hash: neighbours in number are no neighbours in what it gives.
  const spread = Math.imul(patient.number, 2_654_435_761) >>> 0;
  return spread % 1000 < behaviour.restrictedPatientsPerThousand;
}

/** The patient as one that may be asked about. Throws what Epic says of a chart that ended, or is closed to the caller. */
export function guardPatient(site: Site, patient: Patient): void {
  if (patient.standing === 'deleted') throw refuse(4103);
  if (patient.standing === 'merged') {
    const survivor = site.hospital.patients.survivor(patient.number);
    const location = survivor && `Patient/${survivor.fhirId}`;
    throw new Refusal(site.behaviour.mergedRedirect, [issue(4107)], location);
  }
  if (isRestricted(site, patient)) throw refuse(4131);
}

/** Guards the read of a record in a chart. */
export function guardRecord(site: Site, declaration: AnyDeclaration, record: unknown): void {
  if (site.behaviour.userMayNotView.includes(declaration.type)) throw refuse(4118);
  const patient = declaration.patientOf?.(record);
  if (!patient) return;
  if (declaration.type === 'Patient') guardPatient(site, patient);
  else if (patient.standing === 'deleted') throw refuse(4103);
  else if (isRestricted(site, patient)) throw refuse(4130);
}
