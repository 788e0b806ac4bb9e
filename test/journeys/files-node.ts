/**
 * A node of several on one database that reads a folder of this machine and one of an SFTP server, and has a schedule. Told by
 * its environment: `FILES_ORDERS`, as JSON. It tells its parent when it is open, and what it logs.
 */
import { createEngine } from '../../src/engine/index.ts';
import { file, flow, schedule } from '../../src/flow/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openPostgresStore } from '../../src/store/index.ts';
import { proofKey } from '../proofs/store.ts';
import { testSite } from './engine.ts';

export interface FilesOrders {
  /** The database. */
  readonly place: string;
  readonly connections: Readonly<Record<string, unknown>>;
  /** Before it keeps its so-manieth batch of records it stands still, or dies. */
  readonly at: number;
  readonly signal: 'SIGSTOP' | 'SIGKILL';
}

const orders = JSON.parse(process.env.FILES_ORDERS ?? '{}') as FilesOrders;
// What a stalled node has locked is free again as soon as its leases would be.
const store = await openPostgresStore({ url: orders.place, masterKey: proofKey, leaseMs: 2_000 });
let batches = 0;
const failing: typeof store = {
  ...store,
  async append(unit) {
    if (unit.cursor?.name === 'files' && unit.messages.length > 0 && ++batches === orders.at) {
      await new Promise<void>((resolve) => process.send?.('now', () => resolve()));
      process.kill(process.pid, orders.signal);
    }
    return store.append(unit);
  },
};
const engine = createEngine({
  store: failing,
  sites: [testSite(orders.connections)],
  flows: [
    ...Object.keys(orders.connections).map((name) =>
      flow(`rows-${name}`, { about: 'Takes every row.', order: 'patient' })
        .on(file<{ readonly id: string }>(name))
        .filter('named', { path: 'event.id', exists: true }),
    ),
    flow('tick', { about: 'Runs every second.', order: 'flow' })
      .on(schedule('* * * * * *', { missed: 'all' }))
      .filter('all', { path: 'event.flow', exists: true }),
  ],
  clock: systemClock,
  keyedHash: store.keyedHash,
  log: (level, text) => void process.send?.(`${level} ${text}`),
});
await engine.start();
process.send?.('open');
process.on('disconnect', () => process.exit(1));
