import type { FastifyInstance } from 'fastify';
import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import { Body } from './body.ts';
import type { NewPerson } from './registration.ts';
import { type PatientTruth, patientTruth } from './truth.ts';

const registrar = 1;
const correctable = ['family', 'given', 'birthDate', 'mrn', 'mobilePhone', 'street'] as const;

/** What is corrected about somebody by hand. */
export type PersonCorrection = Partial<Omit<NewPerson, 'gender'>>;

/**
 * Corrects something about somebody, by FHIR id, MRN, `Z...` or `E...`; the feeds tell of it (A08 or A31). Throws a
 * RangeError in words.
 */
export function correctPerson(hospital: Hospital, id: string, changes: PersonCorrection): PatientTruth {
  const patient = hospital.patientByAny(id);
  if (!patient) throw new RangeError('no patient has this id');
  const { birthDate, ssn, ...others } = changes;
  if (birthDate !== undefined && Number.isNaN(Date.parse(birthDate))) {
    throw new RangeError('birthDate must be a date, YYYY-MM-DD');
  }
  const number = { type: 'SS', assigner: 'SSA', system: systems.ssn };
  const further = patient.further.filter(({ type }) => type !== 'SS');
  const corrected = hospital.registration.update(hospital.act('admin', registrar), patient.number, {
    ...others,
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(ssn === undefined ? {} : { further: [...further, { ...number, value: ssn }] }),
  });
  return patientTruth(corrected);
}

/** `POST /admin/patients/<id>`. */
export function correctionRoutes(app: FastifyInstance, hospital: Hospital): void {
  app.post<{ Params: { id: string } }>('/patients/:id', (request) => {
    const body = new Body(request.body);
    const said = [...correctable, 'ssn'].flatMap((name) => {
      const value = body.optionalText(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return correctPerson(hospital, request.params.id, Object.fromEntries(said));
  });
}
