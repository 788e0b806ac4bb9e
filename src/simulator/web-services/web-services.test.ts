import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../index.ts';
import { Application, call, type Json } from '../testing/application.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';

const create = '2012/EMPI/External/PatientCreate/Patient/Create';
const schedule = '2014/PatientAccess/External/ScheduleAppointmentWithInsurance/Scheduling/Schedule';
const cancel = '2014/PatientAccess/External/CancelAppointment/Scheduling/Cancel';
const list = '2013/Scheduling/Patient/GETPATIENTAPPOINTMENTS/Appointments';

let hospital: Simulator;
let application: Application;
let receiver: Receiver;
let token: string;

beforeEach(async () => {
  application = await Application.open('ES384');
  receiver = await Receiver.open();
  hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    patients: 4,
    eventsPerMinute: 0,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
    feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'] }],
  });
  token = await application.token(hospital);
});
afterEach(async () => {
  await hospital.close();
  await receiver.close();
  await application.close();
});

async function ask(
  path: string,
  body: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${hospital.url}/epic/api/epic/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}
const mrn = () => hospital.patients()[0]?.mrn ?? '';
const about = () => ({ PatientID: mrn(), PatientIDType: 'EPI' });
async function word(path: string, body: unknown): Promise<string> {
  const answer = await ask(path, body);
  expect(answer.status).toBe(400);
  expect(Object.keys(answer.body)).toEqual(['Message', 'ExceptionMessage', 'ExceptionType', 'StackTrace']);
  return answer.body.ExceptionMessage;
}

test('an appointment is booked, listed, cancelled; FHIR shows it and HL7 tells of it', async () => {
  const booked = await ask(schedule, {
    ...about(),
    Date: '2026-05-20',
    Time: '09:30',
    Comments: ['Bring the letter'],
  });
  expect(booked.status).toBe(200);
  const [{ ID: csn, Type: type }, { ID: fhirId }] = booked.body.Appointment.ContactIDs;
  expect(type).toBe('CSN');
  const { body } = await call(hospital, token, `Appointment/${fhirId}`);
  expect([body.status, body.start]).toEqual(['booked', '2026-05-20T14:30:00Z']);
  const listed = await ask(list, { ...about(), StartDate: '2026-05-20', EndDate: '2026-05-21' });
  expect(listed.body.Appointments).toEqual([booked.body.Appointment]);
  expect((await ask(cancel, { ...about(), ContactID: csn, Reason: 'Patient' })).body).toEqual({
    Success: true,
  });
  expect((await call(hospital, token, `Appointment/${fhirId}`)).body.status).toBe('cancelled');
  await hospital.settled();
  expect(receiver.messages.map((message) => fieldsOf(message, 'MSH')[9])).toEqual([
    'SIU^S12^SIU_S12',
    'SIU^S15^SIU_S12',
  ]);
  expect(await word(cancel, { ...about(), ContactID: csn })).toContain('APPOINTMENT-CANNOT-BE-CANCELED');
});

test('a person is registered, and twice when asked twice', async () => {
  const person = {
    Name: { FirstName: 'Wren', LastName: 'Ashdown' },
    DateOfBirth: '1980-02-29',
    Gender: 'Female',
  };
  const first = await ask(create, person);
  const second = await ask(create, person);
  expect(first.body.PatientIDs[0].Type).toBe('EPI');
  expect(second.body.PatientIDs[0].ID).not.toBe(first.body.PatientIDs[0].ID);
  expect(hospital.patients().at(-1)).toMatchObject({ family: 'Ashdown', birthDate: '1980-02-29' });
});

test('what it refuses is a word in the exception of a web framework', async () => {
  expect(await word(create, { Name: { FirstName: 'Wren', LastName: 'Ashdown' } })).toMatch(
    /^An error occurred while executing the command: NO-DATE-OF-BIRTH details: /,
  );
  expect(await word(create, { Name: {} })).toContain('NO-NAME');
  expect(await word(schedule, { PatientID: 'nobody', Date: '2026-05-20', Time: '09:30' })).toContain(
    'NO-PATIENT-FOUND',
  );
  // An id type that nobody has built finds nobody, though the number is right.
  expect(
    await word(schedule, { ...about(), PatientIDType: 'MRN2', Date: '2026-05-20', Time: '09:30' }),
  ).toContain('NO-PATIENT-FOUND');
  expect(await word(schedule, { ...about(), Date: '2026-02-30', Time: '09:30' })).toContain('INVALID-DATE');
  expect(await word(schedule, { ...about(), Date: '2026-05-20', Time: '25:00' })).toContain('INVALID-TIME');
  expect(await word(schedule, { ...about(), Date: '2026-05-01', Time: '09:30' })).toContain('DATE-IN-PAST');
  expect(await word(schedule, { ...about(), Date: '2026-05-20', Time: '09:30', VisitTypeID: 'x' })).toContain(
    'NO-VISIT-TYPE-FOUND',
  );
  const other = hospital.appointments().find(({ mrn: whose }) => whose !== mrn());
  expect(await word(cancel, { ...about(), ContactID: other?.csn })).toContain('NO-APPOINTMENT-FOUND');
  expect(await word(list, [])).toContain('INVALID-REQUEST');
  hospital.setBehaviour({ webServiceErrorStatus: 500 });
  expect((await ask(list, {})).status).toBe(500);
});

test('it lets in a token that holds the API, or a user of the hospital with the id of a client', async () => {
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const client = { 'epic-client-id': application.clientId };
  const status = async (headers: Record<string, string>) => (await ask(list, about(), headers)).status;
  expect(await status({ ...basic('emp$FHIRTWO', 'larkfield'), ...client })).toBe(200);
  expect(await status(basic('emp$FHIRTWO', 'larkfield'))).toBe(401);
  expect(await status({ ...basic('emp$FHIRTWO', 'guess'), ...client })).toBe(401);
  expect(await status({ ...basic('emp$PORTAL1', 'larkfield'), ...client })).toBe(401);
  expect(await status({})).toBe(401);
  hospital.addClient({
    clientId: application.clientId,
    jwksUrl: application.jwksUrl,
    scopes: ['Patient.Read'],
  });
  expect((await ask(list, about())).status).toBe(401);
  hospital.setBehaviour({ webServices: false });
  expect((await ask(list, about())).status).toBe(404);
});
