import type { FastifyInstance } from 'fastify';
import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import type { Sex } from '../world/records.ts';
import type { PatientCorrection } from '../world/registration.ts';
import { BadBody, Body } from './body.ts';
import { type PatientTruth, patientTruth } from './truth.ts';

const registrar = 1;

/** Somebody to register by hand: a twin, a namesake, a second chart with the MRN of another. */
export interface PersonRequest {
  readonly family: string;
  readonly given: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly gender: Sex;
  readonly middle?: string;
  /** The hospital gives the next one when it is absent; another patient's may be repeated. */
  readonly mrn?: string;
  readonly ssn?: string;
  readonly homePhone?: string;
  readonly mobilePhone?: string;
  readonly email?: string;
  readonly street?: string;
}

/** Registers somebody, as a person at the desk would; the feeds tell of it (A28). */
export function registerPerson(hospital: Hospital, person: PersonRequest): PatientTruth {
  const { gender, ssn, ...details } = person;
  if (!/^\d{4}-\d\d-\d\d$/.test(person.birthDate) || Number.isNaN(Date.parse(person.birthDate))) {
    throw new RangeError('birthDate must be a date such as 1980-02-29');
  }
  const patient = hospital.registration.register(hospital.act('admin', registrar), {
    ...details,
    sex: gender,
    ...(ssn === undefined
      ? {}
      : { further: [{ type: 'SS', assigner: 'SSA', value: ssn, system: systems.ssn }] }),
  });
  return patientTruth(patient);
}

/** Corrects something about somebody, by FHIR id, MRN, `Z...` or `E...`; the feeds tell of it (A08 or A31). */
export function correctPerson(hospital: Hospital, id: string, changes: Partial<PersonRequest>): PatientTruth {
  const patient = hospital.patientByAny(id);
  if (!patient) throw new RangeError('no patient has this id');
  const { gender, ssn, ...details } = changes;
  const correction: PatientCorrection = {
    ...details,
    ...(gender === undefined ? {} : { sex: gender }),
    ...(ssn === undefined
      ? {}
      : {
          further: [
            ...patient.further.filter(({ type }) => type !== 'SS'),
            { type: 'SS', assigner: 'SSA', value: ssn, system: systems.ssn },
          ],
        }),
  };
  return patientTruth(
    hospital.registration.update(hospital.act('admin', registrar), patient.number, correction),
  );
}

/** `POST /admin/patients` registers somebody, `POST /admin/patients/<id>` corrects something about them. */
export function registeringRoutes(app: FastifyInstance, hospital: Hospital): void {
  app.post('/patients', (request) => {
    const body = new Body(request.body);
    const { family, given, birthDate, gender } = read(body);
    return registerPerson(hospital, {
      ...read(body),
      family: family ?? body.text('family'),
      given: given ?? body.text('given'),
      birthDate: birthDate ?? body.text('birthDate'),
      gender: gender ?? sexIn(body.text('gender')),
    });
  });
  app.post<{ Params: { id: string } }>('/patients/:id', (request) =>
    correctPerson(hospital, request.params.id, read(new Body(request.body))),
  );
}

const texts = [
  'family',
  'given',
  'birthDate',
  'middle',
  'mrn',
  'ssn',
  'homePhone',
  'mobilePhone',
  'email',
  'street',
] as const;

function read(body: Body): Partial<PersonRequest> {
  const gender = body.optionalText('gender');
  const said = texts.flatMap((name) => {
    const value = body.optionalText(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(said), ...(gender === undefined ? {} : { gender: sexIn(gender) }) };
}

function sexIn(gender: string): Sex {
  if (gender !== 'female' && gender !== 'male') throw new BadBody('gender must be female or male');
  return gender;
}
