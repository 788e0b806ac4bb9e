import { afterEach, expect, test } from 'vitest';
import type { Connector, Receiver } from '../connectors/index.ts';
import { appointment, flow, hl7, NECESSARY_STEP } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';
import { necessaryCounts } from './necessary.ts';
import type { Engine } from './options.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A hospital that sends what it is told to, and an application that keeps what it was told. */
function places() {
  let receiver: Receiver | undefined;
  const told: { readonly args: unknown; readonly bytes: string }[] = [];
  const connector: Connector = {
    name: 'place',
    about: 'A pretend one.',
    parse: () => ({}),
    capabilities: [{ name: 'tell', about: '', effect: true, repeatable: true, scopes: [] }],
    open: () => ({
      test: async () => [],
      async listen(to) {
        receiver = to;
        const nothing = (): void => undefined;
        return { address: 'place', pause: nothing, resume: nothing, close: async () => undefined };
      },
      async call({ args }, { message }) {
        told.push({ args, bytes: Buffer.from(message.bytes).toString('latin1') });
        return null;
      },
      close: async () => undefined,
    }),
  };
  return {
    connector,
    told,
    send: (type: string, text: string, format: 'hl7' | 'fhir' = 'hl7') =>
      receiver?.receive({
        ...{ bytes: Buffer.from(text, 'latin1'), format, door: 'feed', type, key: null },
        reply: () => undefined,
      }),
  };
}

const listening = flow('listening', { about: 'Tells all it sees.' })
  .on(hl7.message('ADT^*'))
  .send('told', {
    connection: 'app',
    do: 'tell',
    args: { mrn: 'hl7:PID-3.1', family: 'hl7:PID-5.1', ssn: 'hl7:PID-19' },
  });
const booking = flow('booking', { about: 'Tells appointments.' })
  .on(appointment.changed())
  .send('told', {
    connection: 'app',
    do: 'tell',
    args: { status: 'event.status', why: 'event.description' },
  });

async function started(given: ReturnType<typeof places>, necessary: unknown): Promise<Engine> {
  const store = await openMemoryStore({ disk: newDisk() });
  const site = siteSchema.parse({
    ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
    identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
    connections: { feed: { connector: 'place' }, app: { connector: 'place' } },
    necessary,
  });
  const engine = createEngine({
    ...{ store, sites: [site], flows: [listening, booking], clock: systemClock, log: () => undefined },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([['place', given.connector]]),
    siteFile: async () => 'mrn\n77\n78\n',
  });
  await engine.start();
  closing.push(async () => {
    await engine.stop();
    await store.close();
  });
  return engine;
}

const adt = (mrn: string, department: string, patientClass = 'I'): string =>
  `MSH|^~\\&|A|B|C|D|20260105||ADT^A01|${mrn}${department}|P|2.5\rPID|1||${mrn}^^^X^MR||G\xf6del^Ida||||||||||||||123-45-6789\rNK1|1|Next^Kin\rPV1|1|${patientClass}|${department}^1^A\r`;
const ended = (engine: Engine, count: number) =>
  expect
    .poll(async () => {
      const { delivered, filtered } = await engine.store.ledger();
      return delivered + filtered;
    })
    .toBe(count);

test('a record of another department never reaches the flow: it ends as filtered, and is counted for the flow', async () => {
  const given = places();
  const engine = await started(given, { departments: ['CARD'] });
  given.send('ADT^A01', adt('77', 'CARD'));
  given.send('ADT^A01', adt('78', 'PSYCH'));
  // What does not say where it belongs is outside.
  given.send('ADT^A31', 'MSH|^~\\&|A|B|C|D|20260105||ADT^A31|9|P|2.5\rPID|1||79^^^X^MR||Who^Ever\r');
  await ended(engine, 3);
  expect(given.told).toMatchObject([{ args: { mrn: '77' } }]);
  const rows = (await engine.store.search({ limit: 10 })).rows;
  const ends = await Promise.all(rows.map(async ({ id }) => (await engine.store.message(id))?.deliveries[0]));
  expect(ends.filter((one) => one?.state === 'filtered').map((one) => one?.step)).toEqual([
    NECESSARY_STEP,
    NECESSARY_STEP,
  ]);
  // Nor does it by hand, dry or traced.
  const planted = rows.find(({ type }) => type === 'ADT^A31');
  const dry = await engine.dryRun({ flow: 'listening', from: { messageId: planted?.id ?? '' }, who: 'kim' });
  expect(dry).toEqual([{ step: NECESSARY_STEP, kind: 'end', state: 'filtered' }]);
  expect(await engine.trace(`${ends.find((one) => one?.messageId === planted?.id)?.id}`)).toMatchObject({
    entries: [],
  });
  await engine.stop();
  expect(necessaryCounts(await engine.store.outcomes(0))).toEqual([
    { site: 'mercy', flow: 'listening', dropped: 2, fields: 0 },
  ]);
});

test('what is not permitted is taken out: of sources, and of the message that is passed on', async () => {
  const given = places();
  const engine = await started(given, { fields: { hl7: ['PID-3', 'PID-5', 'PV1'], fhir: ['status'] } });
  given.send('ADT^A01', adt('77', 'CARD'));
  given.send(
    'Appointment.created',
    JSON.stringify({ resourceType: 'Appointment', id: 'a', status: 'booked', description: 'HIV clinic' }),
    'fhir',
  );
  await ended(engine, 2);
  const [one] = given.told.filter(({ bytes }) => bytes.startsWith('MSH'));
  expect(one).toEqual({
    args: expect.objectContaining({ mrn: '77', family: 'G\xf6del' }),
    bytes:
      'MSH|^~\\&|A|B|C|D|20260105||ADT^A01|77CARD|P|2.5\rPID|||77^^^X^MR||G\xf6del^Ida\rPV1|1|I|CARD^1^A\r',
  });
  expect(JSON.stringify(given.told)).not.toMatch(/123-45-6789|Next|HIV/);
  expect(given.told.find(({ bytes }) => bytes.startsWith('{'))?.args).toMatchObject({ status: 'booked' });
  await engine.stop();
  expect(necessaryCounts(await engine.store.outcomes(0))).toEqual([
    { site: 'mercy', flow: 'booking', dropped: 0, fields: 1 },
    { site: 'mercy', flow: 'listening', dropped: 0, fields: 4 },
  ]);
});

test('a flow has its own population: a class, or the patients of a list; others see what the site permits', async () => {
  const given = places();
  const engine = await started(given, {
    flows: { listening: { classes: ['E'], list: 'cohort.csv' }, booking: { list: 'cohort.csv' } },
  });
  given.send('ADT^A01', adt('77', 'CARD', 'E'));
  given.send('ADT^A01', adt('78', 'CARD', 'I'));
  given.send('ADT^A01', adt('79', 'CARD', 'E'));
  const booked = (id: string) =>
    JSON.stringify({
      ...{ resourceType: 'Appointment', id: `a${id}`, status: 'booked' },
      participant: [{ actor: { reference: `Patient/p${id}`, identifier: { system: 'urn:mrn', value: id } } }],
    });
  given.send('Appointment.created', booked('78'), 'fhir');
  given.send('Appointment.created', booked('80'), 'fhir');
  await ended(engine, 5);
  expect(
    given.told.map(({ args }) => (args as { mrn?: string; status?: string }).mrn ?? 'booked').sort(),
  ).toEqual(['77', 'booked']);
});
