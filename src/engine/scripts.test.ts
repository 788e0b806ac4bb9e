/** A code step with a script, by the engine: in the sandbox, once, at the time of the message; what it throws ends the delivery. */
import { expect, test } from 'vitest';
import type { Connector } from '../connectors/index.ts';
import type { Flow } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';
import { offsetOf } from './scripts.ts';

const site = siteSchema.parse({
  ...{
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: 'any' },
    timeZone: 'America/Chicago',
  },
  identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: { lab: { connector: 'lab' } },
});
const oru = Buffer.from('MSH|^~\\&|A|B|C|D|20260105||ORU^R01|1|P|2.5\rPID|1||77^^^X^MR||Test^Ida\r');

const scripted = (name: string, connection: string, source: string): Flow => ({
  ...{ name, about: '', sites: 'all', order: 'flow', giveUpAfter: 60_000 },
  trigger: { kind: 'hl7', type: '*', connection },
  steps: [
    { kind: 'code', id: 'script', reads: { message: 'hl7:*' }, script: `code/${name}.js`, source },
    { kind: 'send', id: 'send', connection: 'lab', do: 'send', args: { body: 'script' } },
  ],
});

test('a script makes what is sent; one that throws is a dead letter', async () => {
  const sent: unknown[] = [];
  const lab: Connector = {
    name: 'lab',
    about: 'A pretend one.',
    parse: () => ({}),
    capabilities: [{ name: 'send', about: '', effect: true, repeatable: true, scopes: [] }],
    open: () => ({
      test: async () => [],
      close: async () => undefined,
      async call({ args }) {
        sent.push((args as { body: string }).body);
        return null;
      },
    }),
  };
  const store = await openMemoryStore({ disk: newDisk() });
  const upper = scripted('upper', 'lab', 'return input.message.split("|").length + " " + typeof process;');
  const broken = scripted('broken', 'lab', '\nthrow new Error(input.message);');
  const engine = createEngine({
    ...{ store, sites: [site], flows: [upper, broken], clock: systemClock, log: () => undefined },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([['lab', lab]]),
  });
  await engine.start();
  try {
    const from = { from: { bytes: oru }, who: 'test' };
    const runs = [
      await engine.run({ flow: 'upper', ...from }),
      await engine.run({ flow: 'broken', ...from }),
    ];
    await expect
      .poll(
        async () => {
          const kept = await Promise.all(runs.map(({ messageId }) => store.message(messageId)));
          return kept.map((each) => each?.deliveries[0]?.state);
        },
        { timeout: 20_000 },
      )
      .toEqual(['delivered', 'dead']);
    expect(sent).toEqual(['17 undefined']);
    const dead = (await store.message(runs[1]?.messageId ?? ''))?.deliveries[0];
    expect(dead?.failure).toMatchObject({
      code: 'SCRIPT_FAILED',
      at: { step: 'script', path: 'code/broken.js:2' },
    });
    expect(JSON.stringify(dead?.failure)).not.toContain('Ida');
  } finally {
    await engine.stop();
    await store.close();
  }
});

test('an offset is that of the day, summer and winter', () => {
  const at = (month: number) => offsetOf(Date.UTC(2026, month, 15), 'America/Chicago');
  expect([at(0), at(6), offsetOf(0, 'UTC'), offsetOf(Date.UTC(2026, 0, 1), 'Asia/Kolkata')]).toEqual([
    -360, -300, 0, 330,
  ]);
});
