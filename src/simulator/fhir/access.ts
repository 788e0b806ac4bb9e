import type { Patient } from '../world/records.ts';
import type { AnyDeclaration, Caller, Site } from './declaration.ts';
import { issue, Refusal, refuse } from './outcome.ts';

/** Whether a chart needs break-the-glass: a fixed part of all, so many in a thousand as the switch says. */
export function isRestricted({ behaviour }: Site, patient: Patient): boolean {
  // Knuth's multiplicative hash: neighbours in number are no neighbours in what it gives.
  const spread = Math.imul(patient.number, 2_654_435_761) >>> 0;
  return spread % 1000 < behaviour.restrictedPatientsPerThousand;
}

/** A patient's own token sees that chart and no other. */
function isAnothers({ patient }: Caller, asked: Patient): boolean {
  return patient !== undefined && patient !== asked.fhirId;
}

/** A patient whom a search or a write names. Throws what Epic says of a chart that ended, or is closed to the caller. */
export function guardPatient(site: Site, patient: Patient, caller: Caller): void {
  if (isAnothers(caller, patient)) throw refuse(4118);
  if (patient.standing === 'deleted') throw refuse(4103);
  if (patient.standing === 'merged') throw new Refusal(400, [issue(4107)]);
  if (isRestricted(site, patient)) throw refuse(4131);
}

/** Guards a type as a whole: the user may not see it, or it is about many patients and the token is one patient's. */
export function guardType({ behaviour }: Site, declaration: AnyDeclaration, { patient }: Caller): void {
  const forbidden = behaviour.userMayNotView.includes(declaration.type);
  if (forbidden || (declaration.ofMany && patient !== undefined)) throw refuse(4118);
}

/** Guards the read of a record. A merged patient's own record leads on to the chart that lives. */
export function guardRecord(site: Site, declaration: AnyDeclaration, record: unknown, caller: Caller): void {
  const { behaviour, hospital } = site;
  guardType(site, declaration, caller);
  const patient = declaration.patientOf?.(record);
  if (!patient) return;
  if (declaration.type === 'Patient' && patient.standing === 'merged') {
    const survivor = hospital.patients.survivor(patient.number);
    throw new Refusal(behaviour.mergedRedirect, [issue(4107)], survivor && `Patient/${survivor.fhirId}`);
  }
  if (isAnothers(caller, patient)) throw refuse(4118);
  if (patient.standing === 'deleted') throw refuse(4103);
  if (isRestricted(site, patient)) throw refuse(declaration.type === 'Patient' ? 4131 : 4130);
}

/** Guards a record that a search names by id: as a read, but nobody is led on from a merged patient. */
export function guardFound(site: Site, declaration: AnyDeclaration, record: unknown, caller: Caller): void {
  const patient = declaration.patientOf?.(record);
  if (patient && declaration.type === 'Patient') guardPatient(site, patient, caller);
  else guardRecord(site, declaration, record, caller);
}
