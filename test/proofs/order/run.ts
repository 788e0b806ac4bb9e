/**
 * `npm run order`: 500,000 messages of 5,000 patients, eight workers, retries and two kills. `--messages N`, `--kills N`;
 * `--store postgres`: the eight workers are three processes on one database.
 */
import { join } from 'node:path';
import { usage } from '../../../scripts/usage.ts';
import { newCluster } from '../../../src/store/postgres/cluster.suite.ts';
import { LONG, runLong } from '../long.ts';
import { ORDER_ZERO, type OrderOptions, order } from './order.ts';

usage(import.meta.filename, LONG);

const said = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const messages = Number(said('--messages') ?? 500_000);
const store = said('--store') === 'postgres' ? 'postgres' : 'sqlite';

async function onDatabase(options: Omit<OrderOptions, 'place' | 'nodes'>) {
  const cluster = await newCluster();
  try {
    await cluster.start();
    return await order({ ...options, place: cluster.url(await cluster.newDatabase()), nodes: 3 });
  } finally {
    await cluster.remove();
  }
}

await runLong({
  name: 'order',
  unit: 'messages',
  // One run is one block: the kills are within it.
  parts: { [store]: { total: messages, block: messages } },
  options: {
    messages: { type: 'string' },
    kills: { type: 'string', default: '2' },
    store: { type: 'string' },
  },
  zero: ORDER_ZERO,
  run: ({ from, to, folder }, { kills }) => {
    const options = {
      messages: to - from,
      patients: 5_000,
      kills: Number(kills),
      seed: from + 1,
      progress: (text: string) => void process.stdout.write(`  ${text}\n`),
    };
    return store === 'postgres'
      ? onDatabase(options)
      : order({ ...options, place: join(folder, 'data'), nodes: 1 });
  },
});
