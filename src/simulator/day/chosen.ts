import type { Patient, Visit } from '../world/records.ts';
import type { Scene } from './happening.ts';

/** The day takes in new people until the population is half as large again. */
export const newcomerLimit = 1.5;

/** The patient a scene names, or one that chance picks; only those whose chart is active. */
export function someone({ hospital, random, patient }: Scene): Patient | undefined {
  if (patient) return patient.standing === 'active' ? patient : undefined;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const found = hospital.patients.get(1 + random.integer(hospital.patients.length));
    if (found?.standing === 'active') return found;
  }
  return undefined;
}

/** An open visit that fits the scene. */
export function openVisit(
  { hospital, random, patient, csn }: Scene,
  fits: (visit: Visit) => boolean = () => true,
): Visit | undefined {
  const open = hospital.stays
    .open()
    .filter(
      (visit) => (!patient || visit.patient === patient.number) && (csn === undefined || visit.csn === csn),
    )
    .filter(fits);
  return open.length > 0 ? random.pick(open) : undefined;
}
