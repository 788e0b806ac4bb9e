import type { Patient, Visit } from '../../world/records.ts';
import { guardPatient } from '../access.ts';
import type { Site, Write } from '../declaration.ts';
import { idIn, valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';

/** The patient that a sent resource is about. Throws a Refusal for none, an unknown one, or one whose chart ended. */
export function patientIn(site: Site, { resource, caller }: Write, element: string): Patient {
  const [reference] = valuesAt(resource, `${element}.reference`);
  if (typeof reference !== 'string') throw refuse(59108, { element });
  const patient = site.hospital.patient(idIn(reference));
  if (!patient) throw refuse(59144, { element });
  guardPatient(site, patient, caller);
  return patient;
}

/** The encounter it belongs to, which must be the same patient's. Throws a Refusal. */
export function encounterIn(
  { hospital }: Site,
  resource: Resource,
  element: string,
  patient: Patient,
): Visit {
  const [reference] = valuesAt(resource, `${element}.reference`);
  if (typeof reference !== 'string') throw refuse(59108, { element });
  const visit = hospital.visit(idIn(reference));
  if (!visit) throw refuse(59144, { element });
  if (visit.patient !== patient.number) {
    throw refuse(59102, { element, diagnostics: 'The encounter is not of the same patient' });
  }
  return visit;
}

/** The note beside it, when there is one. Throws a Refusal for one that is too long. */
export function noteIn(resource: Resource, longest: number): string | undefined {
  const [note] = valuesAt(resource, 'note.text');
  if (typeof note !== 'string') return undefined;
  if (note.length > longest)
    throw refuse(59102, { element: 'note', diagnostics: `At most ${longest} characters` });
  return note;
}
