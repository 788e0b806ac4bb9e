/**
 * An engine as a process of its own that takes a large extract: `EXTRACT_DATA` is its store, `EXTRACT_FOLDER` where the file lies,
 * `EXTRACT_FORMAT` what it is. Tells its parent what it logs and, twice a second, how it stands.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createEngine } from '../../../src/engine/index.ts';
import { file, flow } from '../../../src/flow/index.ts';
import { siteSchema } from '../../../src/site/index.ts';
import { systemClock } from '../../../src/std/index.ts';
import { openProofStore } from '../store.ts';

const said = process.env as Readonly<Record<string, string>>;
const started = performance.now();
const store = await openProofStore(said.EXTRACT_DATA as string);

export interface ExtractStand {
  /** Records that are taken, as it is on the disk; `null` when no file is under way. */
  readonly nth: number | null;
  readonly received: number;
  readonly queued: number;
  /** Bytes: now, and the most that the process has ever had. */
  readonly rss: number;
  readonly most: number;
  /** Linux: of it, what is no file's. */
  readonly anonymous: number;
  readonly heap: number;
  readonly external: number;
}

function anonymous(): number {
  const status = '/proc/self/status';
  if (!existsSync(status)) return 0;
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1_024;
}

async function stand(): Promise<ExtractStand> {
  const cursor = await store.cursor('proof', 'extracts', 'files');
  const { received, waiting, running } = await store.ledger();
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  return {
    nth: (cursor?.value as { place?: { nth: number } } | null)?.place?.nth ?? null,
    ...{ received, queued: waiting + running, rss, heap, external },
    anonymous: anonymous(),
    most: process.resourceUsage().maxRSS * 1_024,
  };
}

process.send?.({ opened: { ms: performance.now() - started, ...(await stand()) } });
const engine = createEngine({
  store,
  sites: [
    siteSchema.parse({
      ...{ site: 'proof', name: 'Proof', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
      identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
      connections: {
        extracts: {
          connector: 'file',
          folder: said.EXTRACT_FOLDER,
          take: { from: 'in', format: said.EXTRACT_FORMAT, every: '1s', stable: '2s', patient: 'patient' },
        },
      },
    }),
  ],
  flows: [
    flow('rows', { about: 'Takes every row that has an id.', order: 'patient' })
      .on(file<{ readonly id: string }>('extracts'))
      .filter('named', { path: 'event.id', exists: true }),
  ],
  clock: systemClock,
  keyedHash: store.keyedHash,
  log: (level, text, facts) =>
    void process.send?.({ logged: `${level} ${text} ${JSON.stringify(facts ?? {})}` }),
});
await engine.start();
let stopping = false;
process.on('message', async () => {
  stopping = true;
  await engine.stop();
  await store.close();
  process.exit(0);
});
process.on('disconnect', () => process.exit(1));
while (!stopping) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (!stopping) process.send?.({ stand: await stand() });
}
