import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FhirResource } from '../../fhir/index.ts';
import { serve } from '../../fhir/server.fixture.ts';
import { parse } from '../../hl7/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import { callContext, type TestContext, testContext } from '../context.fixture.ts';
import { controlIdOf, hl7Of } from './hl7-route.ts';
import { doSchema, type Hl7Route, routeSchema, type WebRoute } from './route.ts';
import { askWebService, openWebServices, urlOf } from './web-service.ts';

const patient: FhirResource = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'urn:mrn', value: '203713' }],
  name: [{ family: 'Ödegård', given: ['Camila'] }],
  birthDate: '1987-09-12',
  gender: 'female',
};
const about = { idempotencyKey: 'suture-mercy-1-book' };
const at = { now: 1_790_000_000_000, timeZone: 'America/Chicago' };
const route = (name: string, more = {}): Hl7Route =>
  routeSchema.parse({
    ...{ route: name, via: 'out', assigners: { 'urn:mrn': { assigner: 'EPI', type: 'MR' } }, ...more },
  }) as Hl7Route;

describe('the site record', () => {
  test('names for each action a route that it can have', () => {
    expect(doSchema.safeParse({ 'appointment.create': { route: 'book' } }).success).toBe(true);
    const wrong = doSchema.safeParse({ 'observation.create': { route: 'book' } });
    expect(JSON.stringify(wrong.error?.issues)).toContain('there are fhir, oru, web service');
    expect(doSchema.safeParse({ 'appointment.delete': { route: 'fhir' } }).success).toBe(false);
    const web = {
      route: 'web service',
      url: 'https://ehr.example/x',
      body: { 'a.b': 'resource[' },
    };
    expect(routeSchema.safeParse(web).success).toBe(false);
  });
});

describe('routes of HL7', () => {
  const encounter: FhirResource = {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: 'Patient/p1' },
    period: { start: '2026-09-21T14:00:00Z' },
  };
  const reading: FhirResource = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-09-21T14:00:00Z',
    valueQuantity: { value: 13.2, unit: 'g/dL' },
  };
  const note: FhirResource = {
    resourceType: 'DocumentReference',
    status: 'current',
    docStatus: 'final',
    type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }] },
    subject: { reference: 'Patient/p1' },
    content: [
      { attachment: { contentType: 'text/plain', data: Buffer.from('Seen today.').toString('base64') } },
    ],
  };

  test.each([
    ['adt', encounter, 'ADT^A04', 'PV1-2', 'O'],
    ['oru', reading, 'ORU^R01', 'OBX-5', '13.2'],
    ['mdm', note, 'MDM^T02', 'PID-3.1', '203713'],
  ] as const)(
    '%s carries the record and its patient, in the site’s own words',
    (name, resource, type, path, value) => {
      const message = parse(Buffer.from(hl7Of(route(name), [resource, patient], about, at)));
      expect(message.header.type).toBe(type);
      expect(message.header.controlId).toBe(controlIdOf(about.idempotencyKey));
      expect(message.get(path)).toContain(value);
      expect(message.get('PID-3.4')).toContain('EPI');
    },
  );

  test('made again for the same write says the same, byte for byte, and what is missing is named', () => {
    const once = hl7Of(route('adt'), [encounter, patient], about, at);
    expect(hl7Of(route('adt'), [encounter, patient], about, at)).toBe(once);
    expect(() => hl7Of(route('adt'), [encounter], about, at)).toThrow(Failure);
  });
});

describe("the site's own web service", () => {
  let context: TestContext;
  let close: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    context = await testContext();
    context.secretTexts.set('legacy', 'Basic abc');
  });
  afterEach(() => close?.());

  async function service(reply: { readonly status?: number; readonly body?: unknown }) {
    const server = await serve(() => reply);
    const web = openWebServices(systemClock);
    close = async () => void (await Promise.all([web.close(), server.close()]));
    const declared = routeSchema.parse({
      route: 'web service',
      url: `${server.origin}/api/epic/Schedule/{patient.id}`,
      headers: { authorization: 'legacy' },
      body: { PatientID: 'patient.identifier[system=urn:mrn].value', 'Slot.Start': 'resource.start' },
      id: 'Appointment.ID',
      refusedBy: 'Error',
    }) as WebRoute;
    const resource: FhirResource = { resourceType: 'Appointment', start: '2026-09-21T14:00:00Z' };
    const ask = () =>
      askWebService(
        declared,
        { resource, patient, encounter: undefined },
        { timeZone: 'UTC', context, about: callContext(), web },
      );
    return { ask, seen: server.asked, sockets: server.sockets };
  }

  test('is asked as declared, and its answer says under which id it is there', async () => {
    const { ask, seen } = await service({ body: { Appointment: { ID: 4711 } } });
    expect(await ask()).toEqual({ id: '4711', outcome: 'created' });
    expect(seen[0]?.url).toBe('/api/epic/Schedule/p1');
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Basic abc', 'idempotency-key': 'd1.notify' });
    expect(JSON.parse(String(seen[0]?.body))).toEqual({
      PatientID: '203713',
      Slot: { Start: '2026-09-21T14:00:00Z' },
    });
    expect(context.taken()).toBe(1);
  });

  test('is asked again over sockets that are open', async () => {
    const { ask, sockets } = await service({ body: { Appointment: { ID: 4711 } } });
    for (let count = 0; count < 10; count++) await ask();
    expect(sockets()).toBeLessThanOrEqual(2);
  });

  test.each([
    [{ status: 500, body: {} }, 'unknown-outcome'],
    [{ status: 400, body: {} }, 'validation'],
    [{ status: 401, body: {} }, 'auth'],
    [{ status: 429, body: {} }, 'throttle'],
    [{ body: { Error: 'NO-DATE-OF-BIRTH' } }, 'validation'],
  ] as const)('%j means %s', async (reply, kind) => {
    const { ask } = await service(reply);
    const failure = await ask().then(
      () => undefined,
      (error: unknown) => error as Failure,
    );
    expect(failure).toMatchObject({ code: 'WRITE_WEB_SERVICE', kind });
    expect(failure?.message).not.toContain('NO-DATE');
  });

  test('cannot be led to another host by a value', async () => {
    const declared = routeSchema.parse({
      ...{ route: 'web service', url: 'https://ehr.example/{resource.start}', body: {} },
    }) as WebRoute;
    const values = new Map([['resource', { start: '../../@evil.example/?x' }]]);
    const url = urlOf(declared.url, { values, timeZone: 'UTC' });
    expect(url.origin).toBe('https://ehr.example');
    expect(url.pathname).not.toContain('/@evil');
  });
});
