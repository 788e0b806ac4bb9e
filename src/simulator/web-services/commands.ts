import { hl7Time, instantOf, minute } from '../world/calendar.ts';
import { NotPossible } from '../world/core.ts';
import type { Hospital } from '../world/hospital.ts';
import { externalIdOf } from '../world/identity.ts';
import type { Appointment, Patient } from '../world/records.ts';
import { CommandRefused } from './refused.ts';

type Fields = Readonly<Record<string, unknown>>;
/** One older service: takes the fields of a JSON body, gives those of the answer. Throws CommandRefused. */
export type Command = (hospital: Hospital, fields: Fields) => Fields;

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
function needed(fields: Fields, name: string, word: string): string {
  const value = text(fields, name);
  if (value === undefined) throw new CommandRefused(word, `${name} is missing`);
  return value;
}

// The kinds of id whose descriptor this site has built. Any other finds nobody.
const idTypes = ['EPI', 'EXTERNAL', 'INTERNAL', 'EPIC', 'FHIR'];

function patientOf(hospital: Hospital, fields: Fields): Patient {
  const type = (text(fields, 'PatientIDType') ?? 'EPI').toUpperCase();
  const patient = idTypes.includes(type)
    ? hospital.patientByAny(needed(fields, 'PatientID', 'NO-PATIENT-ID'))
    : undefined;
  if (patient?.standing !== 'active') throw new CommandRefused('NO-PATIENT-FOUND');
  return patient;
}

function dateOf(word: string, value: string): [year: number, month: number, day: number] {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (year === undefined || date.toISOString().slice(0, 10) !== value) throw new CommandRefused(word, value);
  return [Number(year), Number(month), Number(day)];
}

/** A moment as the hospital says it: its own date and time of day. */
function startOf(hospital: Hospital, fields: Fields): number {
  const [year, month, day] = dateOf('INVALID-DATE', needed(fields, 'Date', 'NO-DATE'));
  const time = needed(fields, 'Time', 'NO-TIME');
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hours === undefined) throw new CommandRefused('INVALID-TIME', time);
  return instantOf([year, month, day, Number(hours), Number(minutes)], hospital.timeZone);
}

function appointmentFields(hospital: Hospital, appointment: Appointment): Fields {
  const { csn, start, status, visitType, provider, department, fhirId } = appointment;
  const local = hl7Time(start, hospital.timeZone);
  return {
    ContactIDs: [
      { ID: String(csn), Type: 'CSN' },
      { ID: fhirId, Type: 'FHIR' },
    ],
    Date: `${local.slice(0, 4)}-${local.slice(4, 6)}-${local.slice(6, 8)}`,
    Time: `${local.slice(8, 10)}:${local.slice(10, 12)}`,
    AppointmentDuration: visitType.minutes,
    AppointmentStatus: status,
    VisitTypeName: visitType.name,
    VisitTypeID: visitType.id,
    ProviderID: provider.id,
    ProviderName: `${provider.family}, ${provider.given}`,
    DepartmentID: department.id,
    DepartmentName: department.name,
  };
}

/** Registers a person. It does not look for one who is there already. */
export const createPatient: Command = (hospital, fields) => {
  const name = (fields.Name ?? {}) as Fields;
  const family = needed(name, 'LastName', 'NO-NAME');
  const given = needed(name, 'FirstName', 'NO-NAME');
  const birthDate = needed(fields, 'DateOfBirth', 'NO-DATE-OF-BIRTH');
  dateOf('INVALID-DATE-OF-BIRTH', birthDate);
  const sex = needed(fields, 'Gender', 'NO-GENDER').toLowerCase();
  if (sex !== 'female' && sex !== 'male') throw new CommandRefused('INVALID-GENDER');
  const patient = hospital.registration.register(hospital.act('fhir'), {
    family,
    given,
    middle: text(name, 'MiddleName') ?? '',
    birthDate,
    sex,
  });
  return {
    PatientIDs: [
      { ID: patient.mrn, Type: 'EPI' },
      { ID: externalIdOf(patient.number), Type: 'EXTERNAL' },
      { ID: patient.fhirId, Type: 'FHIR' },
    ],
  };
};

export const schedule: Command = (hospital, fields) => {
  const patient = patientOf(hospital, fields);
  const { visitTypes, providers } = hospital.facility;
  const visitTypeId = text(fields, 'VisitTypeID');
  const visitType = visitTypes.find(({ id }) => id === visitTypeId);
  if (visitTypeId !== undefined && !visitType) throw new CommandRefused('NO-VISIT-TYPE-FOUND', visitTypeId);
  const providerId = text(fields, 'ProviderID');
  const provider = providers.find(({ id }) => id === providerId);
  if (providerId !== undefined && !provider) throw new CommandRefused('NO-PROVIDER-FOUND', providerId);
  const start = startOf(hospital, fields);
  if (start < hospital.now() - minute) throw new CommandRefused('DATE-IN-PAST');
  const [note] = Array.isArray(fields.Comments) ? (fields.Comments as unknown[]) : [];
  const appointment = hospital.scheduling.book(hospital.act('fhir'), {
    patient: patient.number,
    start,
    ...(visitType ? { visitType } : {}),
    ...(provider ? { provider } : {}),
    ...(typeof note === 'string' && note !== '' ? { note } : {}),
  });
  return { Appointment: appointmentFields(hospital, appointment) };
};

export const cancel: Command = (hospital, fields) => {
  const patient = patientOf(hospital, fields);
  const csn = needed(fields, 'ContactID', 'NO-CONTACT-ID');
  const appointment = hospital.appointmentByCsn(Number(csn));
  if (appointment?.patient !== patient.number) throw new CommandRefused('NO-APPOINTMENT-FOUND', csn);
  try {
    hospital.scheduling.cancel(hospital.act('fhir'), appointment.csn, text(fields, 'Reason'));
  } catch (error) {
    if (error instanceof NotPossible)
      throw new CommandRefused('APPOINTMENT-CANNOT-BE-CANCELED', error.message);
    throw error;
  }
  return { Success: true };
};

export const patientAppointments: Command = (hospital, fields) => {
  const patient = patientOf(hospital, fields);
  const bound = (name: string, otherwise: number) => {
    const value = text(fields, name);
    return value === undefined ? otherwise : instantOf(dateOf('INVALID-DATE', value), hospital.timeZone);
  };
  const from = bound('StartDate', Number.NEGATIVE_INFINITY);
  const to = bound('EndDate', Number.POSITIVE_INFINITY);
  const found = hospital.chart('Appointment', patient).filter(({ start }) => start >= from && start < to);
  return { Appointments: found.map((each) => appointmentFields(hospital, each)) };
};
