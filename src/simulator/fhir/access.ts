import type { Patient } from '../world/records.ts';
import type { AnyDeclaration, Caller, Site } from './declaration.ts';
import { idIn, valuesAt } from './matching.ts';
import { issue, Refusal, type Resource, refuse } from './outcome.ts';

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

/** Guards the read of a record. A merged patient's own record leads on to the chart that lives. */
export function guardRecord(site: Site, declaration: AnyDeclaration, record: unknown, caller: Caller): void {
  const { behaviour, hospital } = site;
  if (behaviour.userMayNotView.includes(declaration.type)) throw refuse(4118);
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

/** A patient's own token writes into that chart and no other. */
export function guardWrite(caller: Caller, resource: Resource): void {
  if (caller.patient === undefined) return;
  const named = valuesAt(resource, 'subject.reference,patient.reference').map((each) => idIn(String(each)));
  if (named.some((id) => id !== caller.patient)) throw refuse(4118);
}
