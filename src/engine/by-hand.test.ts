import { expect, test } from 'vitest';
import type { Connector } from '../connectors/index.ts';
import { flow, hl7 } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';
import type { Engine } from './options.ts';

const site = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
  identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: { ehr: { connector: 'ehr' } },
});
const filing = flow('file', { about: 'Files what comes.' })
  .on(hl7.message('ORU^R01'))
  .find('patient', { connection: 'ehr', do: 'patient.find', args: { mrn: 'hl7:PID-3.1' } })
  .create('filed', { connection: 'ehr', do: 'note.create', args: { patient: 'patient.id' } });
const oru = Buffer.from('MSH|^~\\&|A|B|C|D|20260105||ORU^R01|1|P|2.5\rPID|1||77^^^X^MR||Test^Ida\r');

interface Ehr {
  found: string;
  readonly asked: string[];
  refuse: Failure | null;
}

async function started(ehr: Ehr): Promise<{ engine: Engine; close: () => Promise<void> }> {
  const connector: Connector = {
    name: 'ehr',
    about: 'A pretend one.',
    parse: () => ({}),
    capabilities: [
      { name: 'patient.find', about: '', effect: false, scopes: [] },
      { name: 'note.create', about: '', effect: true, findsOut: true, scopes: [] },
    ],
    open: () => ({
      test: async () => [],
      close: async () => undefined,
      async call({ do: name, args }) {
        ehr.asked.push(`${name} ${JSON.stringify(args)}`);
        if (name === 'patient.find') return { matches: [{ resourceType: 'Patient', id: ehr.found }] };
        if (ehr.refuse) throw ehr.refuse;
        return { id: 'n1' };
      },
    }),
  };
  const store = await openMemoryStore({ disk: newDisk() });
  const engine = createEngine({
    ...{ store, sites: [site], flows: [filing], clock: systemClock, log: () => undefined },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([['ehr', connector]]),
  });
  await engine.start();
  return {
    engine,
    async close() {
      await engine.stop();
      await store.close();
    },
  };
}

const stateOf = (engine: Engine, messageId: string, wanted: string) =>
  expect
    .poll(async () => (await engine.store.message(messageId))?.deliveries[0]?.state, { timeout: 5_000 })
    .toBe(wanted);

test('a flow is run by hand as a message of its own, and dry it looks things up and does nothing', async () => {
  const ehr: Ehr = { found: 'p1', asked: [], refuse: null };
  const { engine, close } = await started(ehr);
  try {
    const dry = await engine.dryRun({ flow: 'file', from: { bytes: oru }, who: 'kim' });
    expect(dry).toMatchObject([
      { kind: 'asked', step: 'patient' },
      { kind: 'would', step: 'filed', do: 'note.create', args: { patient: 'p1' } },
      { kind: 'end', state: 'delivered' },
    ]);
    expect(ehr.asked).toEqual(['patient.find {"mrn":"77"}']);
    const ran = await engine.run({ flow: 'file', from: { bytes: oru }, who: 'kim' });
    await stateOf(engine, ran.messageId, 'delivered');
    const again = await engine.run({ flow: 'file', from: { messageId: ran.messageId }, who: 'kim' });
    await stateOf(engine, again.messageId, 'delivered');
    expect((await engine.store.message(again.messageId))?.message).toMatchObject({ door: 'manual' });
    const acts = (await engine.store.auditTrail({ limit: 10 })).rows.map(
      ({ act, who, on }) => `${act} ${who} ${on}`,
    );
    expect(acts).toEqual(Array(3).fill('flow.run kim file'));
    const adt = Buffer.from(oru.toString().replace('ORU^R01', 'ADT^A01'));
    await expect(engine.run({ flow: 'file', from: { bytes: adt }, who: 'kim' })).rejects.toThrow(
      'this is ADT^A01',
    );
    await expect(engine.run({ flow: 'none', from: { bytes: oru }, who: 'kim' })).rejects.toThrow(
      'no flow "none"',
    );
  } finally {
    await close();
  }
});

test('what a person releases, after a write was held, is found anew', async () => {
  const refuse = new Failure({
    ...{ code: 'WRITE_PATIENT', kind: 'conflict', message: 'Merged.', fix: 'Look.' },
    retry: { again: false, held: true },
  });
  const ehr: Ehr = { found: 'p1', asked: [], refuse };
  const { engine, close } = await started(ehr);
  try {
    const { messageId, deliveryId } = await engine.run({ flow: 'file', from: { bytes: oru }, who: 'kim' });
    await stateOf(engine, messageId, 'held');
    expect((await engine.store.message(messageId))?.deliveries[0]?.heldFor).toBe('ambiguous patient');
    ehr.found = 'p2';
    ehr.refuse = null;
    await engine.release({
      deliveryIds: [deliveryId],
      to: 'waiting',
      who: 'kim',
      reason: 'merged, looked at it',
    });
    await stateOf(engine, messageId, 'delivered');
    expect(ehr.asked.at(-1)).toBe('note.create {"patient":"p2"}');
  } finally {
    await close();
  }
});
