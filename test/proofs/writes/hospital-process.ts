/**
 * The engine as a process of its own that writes at the demo hospital: product parts alone, on a folder or a database. Tells its
 * parent its port and its public keys; ends when its parent goes.
 */
import { type Connector, connectors, type WriteLedger } from '../../../src/connectors/index.ts';
import { createEngine } from '../../../src/engine/index.ts';
import { siteSchema } from '../../../src/site/index.ts';
import { Failure } from '../../../src/std/index.ts';
import { openPostgresStore, openSqliteStore } from '../../../src/store/index.ts';
import { quickClock } from '../quick-clock.ts';
import { proofKey } from '../store.ts';
import { hospitalFlows } from './hospital-flows.ts';

/** What must not be: then records must be there twice. */
export type ProcessSabotage = 'row after the write' | 'no find before retry';

export interface ProcessOrders {
  /** A folder, or the URL of a database. */
  readonly place: string;
  readonly site: Readonly<Record<string, unknown>>;
  readonly times: number;
  readonly origin: number;
  readonly sabotage?: ProcessSabotage;
}

const orders = JSON.parse(process.env.WRITES_ORDERS ?? '{}') as ProcessOrders;
const { place, times } = orders;
const clock = quickClock(times, orders.origin);
// Leases are the database's to judge, whose clock is not quick.
const store = place.startsWith('postgresql://')
  ? await openPostgresStore({ url: place, masterKey: proofKey, clock, leaseMs: 15_000 * times })
  : await openSqliteStore({ folder: place, masterKey: proofKey, clock });

function sabotaged(ledger: WriteLedger, sabotage: ProcessSabotage): WriteLedger {
  if (sabotage === 'row after the write') return { ...ledger, sending: async () => undefined };
  return {
    ...ledger,
    async plan(entry, about) {
      const found = await ledger.plan(entry, about);
      if (found.state !== 'sending' && found.state !== 'unknown') return found;
      const failure = new Failure({ code: 'WRITE_SETTLING', kind: 'unknown-outcome', message: '', fix: '' });
      if (found.state === 'sending') await ledger.unknown(about, failure);
      return { ...found, state: 'planned' };
    },
  };
}

function connectorsOf(sabotage: ProcessSabotage | undefined): ReadonlyMap<string, Connector> {
  const epic = connectors.get('epic');
  if (sabotage === undefined || epic === undefined) return connectors;
  const open: Connector['open'] = (config, context) =>
    epic.open(config, { ...context, ledger: sabotaged(context.ledger, sabotage) });
  return new Map([...connectors, ['epic', { ...epic, open }]]);
}

const site = siteSchema.parse(orders.site);
const engine = createEngine({
  store,
  sites: [site],
  flows: hospitalFlows,
  clock,
  keyedHash: store.keyedHash,
  connectors: connectorsOf(orders.sabotage),
  log: () => undefined,
});
await engine.start();
const address = engine.connections().find(({ connection }) => connection === 'in')?.address as string;
let keys = (await engine.jwks()).keys;
const signsIn = Object.values(site.connections).some((record) => 'auth' in record);
while (signsIn && keys.length === 0) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  keys = (await engine.jwks()).keys;
}
process.send?.({ port: Number(address.slice(address.lastIndexOf(':') + 1)), keys });

process.on('message', async (message) => {
  if (message === 'ledger') process.send?.({ ledger: await store.ledger() });
  if (message !== 'stop') return;
  await engine.stop();
  await store.close();
  process.exit(0);
});
process.on('disconnect', () => process.exit(1));
