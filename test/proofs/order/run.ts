/** `npm run order`: 500,000 messages of 5,000 patients, eight workers, retries and two kills. `--messages N`, `--kills N`. */
import { join } from 'node:path';
import { runLong } from '../long.ts';
import { ORDER_ZERO, order } from './order.ts';

const at = process.argv.indexOf('--messages');
const messages = at < 0 ? 500_000 : Number(process.argv[at + 1]);

await runLong({
  name: 'order',
  unit: 'messages',
  // One run is one block: the kills are within it.
  parts: { sqlite: { total: messages, block: messages } },
  options: { messages: { type: 'string' }, kills: { type: 'string', default: '2' } },
  zero: ORDER_ZERO,
  run: ({ from, to, folder }, { kills }) =>
    order({
      place: join(folder, 'data'),
      messages: to - from,
      patients: 5_000,
      nodes: 1,
      kills: Number(kills),
      seed: from + 1,
      progress: (text) => process.stdout.write(`  ${text}\n`),
    }),
});
