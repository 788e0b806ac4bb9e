import type { Edition } from './fhir/edition.ts';
import type { Resource } from './fhir/outcome.ts';
import type { Hospital } from './world/hospital.ts';
import type { Patient } from './world/records.ts';

/** The hospital's records as R4 resources, for those who hand out whole charts: Bulk Data, hooks, the other server. */
export interface ChartSource {
  /** The types that belong to a patient, Patient first. */
  readonly types: readonly string[];
  /** Those whose charts live: a chart that was merged into another, or deleted, is none. */
  patients(): Iterable<Patient>;
  patient(id: string): Patient | undefined;
  /** All that a chart holds of a type. */
  chart(type: string, patient: Patient): Iterable<Resource>;
  read(type: string, id: string): Resource | undefined;
  /** Calls back with each resource that was created, changed or deleted from now on. Returns a way to stop. */
  follow(listener: (type: string, id: string) => void): () => void;
}

export function chartSource(hospital: Hospital, edition: Edition): ChartSource {
  const charted = edition.declarations.filter((declaration) => declaration.chart);
  return {
    types: ['Patient', ...charted.map(({ type }) => type)],
    *patients() {
      for (const patient of hospital.patients) if (patient.standing === 'active') yield patient;
    },
    patient(id) {
      const patient = hospital.patient(id);
      return patient?.standing === 'active' ? patient : undefined;
    },
    *chart(type, patient) {
      const declaration = edition.declaration(type);
      const records = type === 'Patient' ? [patient] : declaration?.chart?.(patient);
      for (const record of records ?? []) if (declaration) yield edition.show(declaration, record);
    },
    read(type, id) {
      if (type === 'Patient' && hospital.patient(id)?.standing !== 'active') return undefined;
      const declaration = edition.declaration(type);
      const record = declaration?.find(id);
      return declaration && record !== undefined ? edition.show(declaration, record) : undefined;
    },
    follow: (listener) =>
      hospital.onChange(({ touched }) => {
        for (const { type, id } of touched) listener(type, id);
      }),
  };
}
