/** An engine as a process of its own that reads a folder, and is killed when so many messages are kept. */
import { file, flow } from '../../src/flow/index.ts';
import { startEngine, testSite } from './engine.ts';

const data = process.env.FILES_DATA as string;
const folder = process.env.FILES_FOLDER as string;
const running = await startEngine(data, {
  site: testSite({
    extracts: {
      connector: 'file',
      folder,
      take: { from: 'in', format: 'csv', match: '*.csv*', every: '20ms', stable: '40ms', batch: 50 },
    },
  }),
  flows: [
    flow('rows', { about: 'Takes every row.', order: 'connection' })
      .on(file<{ readonly id: string }>('extracts'))
      .filter('some', { path: 'event.id', exists: true }),
  ],
});
process.on('message', () => void running.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));

/** As a pulled plug: no handler runs, nothing is flushed. */
const killAt = Number(process.env.FILES_KILL_AT ?? Number.POSITIVE_INFINITY);
while (killAt < Number.POSITIVE_INFINITY) {
  if ((await running.store.ledger()).received >= killAt) process.kill(process.pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 2));
}
