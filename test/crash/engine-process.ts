/**
 * The engine as a process of its own, for crash tests and benchmarks: product defaults, one MLLP connection in,
 * one flow, one MLLP connection out. Tells its parent its port, and ends when the parent goes.
 */
import { mkdirSync } from 'node:fs';
import { createEngine } from '../../src/engine/index.ts';
import { flow, hl7 } from '../../src/flow/index.ts';
import { siteSchema } from '../../src/site/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openPostgresStore, openSqliteStore } from '../../src/store/index.ts';

const folder = process.env.CRASH_FOLDER;
const sink = Number(process.env.CRASH_SINK ?? 0);
/** Messages under way to the sink at once, as a site's record says it of a receiver; 1 is the default. */
const window = Number(process.env.CRASH_WINDOW ?? 1);

if (folder !== undefined) mkdirSync(folder, { recursive: true });
/** A database instead of the folder. */
const url = process.env.CRASH_DATABASE;
const masterKey = Buffer.alloc(32, 7);
const store =
  url === undefined
    ? await openSqliteStore({ folder: folder as string, masterKey, clock: systemClock })
    : await openPostgresStore({ url, masterKey, clock: systemClock });
const site = siteSchema.parse({
  site: 'bench',
  name: 'Bench',
  environment: 'sandbox',
  ehr: { vendor: 'epic' },
  timeZone: 'UTC',
  identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: {
    'adt-in': { connector: 'mllp', listen: { port: 0 } },
    ...(sink > 0 ? { sink: { connector: 'mllp', send: { host: '127.0.0.1', port: sink, window } } } : {}),
  },
});
const forward = flow('forward', { about: 'Passes every ADT on.', order: 'patient' })
  .on(hl7.message('ADT^*'))
  .send('forward', { connection: 'sink', do: 'send', args: {} });

const engine = createEngine({
  store,
  sites: [site],
  flows: sink > 0 ? [forward] : [],
  clock: systemClock,
  keyedHash: store.keyedHash,
  log: (level, text, facts) => {
    if (level === 'error' && process.env.CRASH_QUIET === undefined)
      process.stderr.write(`${text} ${JSON.stringify(facts)}\n`);
  },
});
await engine.start();
const address = engine.connections().find((one) => one.connection === 'adt-in')?.address as string;
process.send?.({ port: Number(address.slice(address.lastIndexOf(':') + 1)) });

process.on('message', async (message) => {
  if (message === 'ledger') process.send?.({ ledger: await store.ledger(), memory: process.memoryUsage() });
  if (message === 'ready') process.send?.({ readiness: engine.readiness() });
  if (message === 'stop') await stop();
});
async function stop(): Promise<void> {
  await engine.stop();
  await store.close();
  process.exit(0);
}
process.on('disconnect', () => process.exit(1));
