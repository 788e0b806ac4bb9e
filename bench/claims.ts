/**
 * `node bench/claims.ts`: deliveries claimed in order from PostgreSQL, by workers that are nodes of their own: each leases
 * heads, settles them as delivered, and leases again. Prints claims a second, the processor time of one (server and
 * workers; other work on the machine does not change it much), and inversions (0 is the promise).
 * Options: --messages N, --lanes N, --workers N, --limit N (heads a lease).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import { openPostgresStore } from '../src/store/index.ts';
import { newCluster } from '../src/store/postgres/cluster.suite.ts';
import { delivery, message, unit } from '../src/store/stories/data.ts';

usage(import.meta.filename);

const masterKey = Buffer.alloc(32, 7);
const T0 = 1_790_000_000_000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What a worker tells: when it settled which message of which lane. */
interface Told {
  readonly claims: readonly (readonly [at: number, lane: number, sequence: number])[];
}

async function work(url: string, limit: number): Promise<void> {
  const store = await openPostgresStore({ url, masterKey, leaseMs: 1_500, node: `worker ${process.pid}` });
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const claims: [number, number, number][] = [];
  let empty = 0;
  // Two leases' worth is in hand: while one settles, the next is on its way.
  const hand = async (): Promise<void> => {
    while (empty < 200) {
      const leased = await store.lease({ now: T0 + 1, limit });
      if (leased.length === 0) {
        empty++;
        await new Promise((resolve) => setTimeout(resolve, 2));
        continue;
      }
      empty = 0;
      for (const one of leased) {
        const [lane, sequence] = Buffer.from(one.bytes).toString().split(' ').map(Number);
        claims.push([performance.timeOrigin + performance.now(), lane as number, sequence as number]);
      }
      await Promise.all(
        leased.map((one) =>
          store.settle({
            deliveryId: one.delivery.id,
            epoch: one.epoch,
            at: T0,
            ms: 1,
            steps: [],
            to: 'delivered',
          }),
        ),
      );
    }
  };
  await Promise.all([hand(), hand()]);
  // The whole of it, before this process ends.
  await new Promise((resolve) => process.send?.({ claims }, resolve));
  await store.close();
  process.exit(0);
}

/** Hundredths of a second of a processor that these processes have had, with those they started, ended ones too. */
function processorTime(server: number, workers: readonly number[]): number {
  let sum = 0;
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number);
      const [id, parent] = [Number(name), fields[1]];
      const [own, ended] = [(fields[11] ?? 0) + (fields[12] ?? 0), (fields[13] ?? 0) + (fields[14] ?? 0)];
      if (id === server || parent === server || workers.includes(id)) sum += own;
      if (id === server || id === process.pid) sum += ended;
    } catch {
      // Ended meanwhile.
    }
  }
  return sum;
}

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '60000' },
      lanes: { type: 'string', default: '5000' },
      workers: { type: 'string', default: '4' },
      limit: { type: 'string', default: '250' },
    },
  });
  const [messages, lanes, workers] = [values.messages, values.lanes, values.workers].map(Number) as [
    number,
    number,
    number,
  ];
  const cluster = await newCluster(['shared_buffers=256MB']);
  await cluster.start();
  const children: ChildProcess[] = [];
  try {
    const url = cluster.url(await cluster.newDatabase());
    const store = await openPostgresStore({ url, masterKey, leaseMs: 1_500 });
    const started = performance.now();
    for (let from = 0; from < messages; from += 500) {
      await store.append(
        unit(
          Array.from({ length: Math.min(500, messages - from) }, (_, i) => {
            const lane = (from + i) % lanes;
            const text = `${lane} ${Math.floor((from + i) / lanes)} ${'x'.repeat(1_000)}`;
            return message({
              receivedAt: T0,
              bytes: new Uint8Array(Buffer.from(text)),
              deliveries: [delivery([`lane ${lane}`])],
            });
          }),
        ),
      );
    }
    say(`${messages} appended at ${Math.round((messages / (performance.now() - started)) * 1_000)} /s`);
    await store.close();
    await cluster.query('VACUUM ANALYZE', 'bench_1');
    for (let worker = 0; worker < workers; worker++) {
      children.push(fork(import.meta.filename, ['worker', url, values.limit], { execArgv: [] }));
    }
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))));
    // Until each has its share of the shards.
    for (;;) {
      const shares = await cluster.query(
        'SELECT count(*)::integer AS shards FROM suture.shard WHERE node IS NOT NULL GROUP BY node',
        'bench_1',
      );
      if (
        shares.length === workers &&
        shares.every((row) => (row.shards as number) >= Math.floor(64 / workers))
      )
        break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const processes = [cluster.pid as number, children.map((child) => child.pid as number)] as const;
    const before = processorTime(...processes);
    const told = await Promise.all(
      children.map(
        (child) =>
          new Promise<Told>((resolve) => {
            child.once('message', (all) => resolve(all as Told));
            child.send('go');
          }),
      ),
    );
    const spent = processorTime(...processes) - before;
    const claims = told.flatMap((one) => one.claims).sort((a, b) => a[0] - b[0]);
    const last = new Map<number, number>();
    let inversions = 0;
    for (const [, lane, sequence] of claims) {
      if (sequence !== (last.get(lane) ?? -1) + 1) inversions++;
      last.set(lane, sequence);
    }
    const seconds = ((claims.at(-1)?.[0] ?? 0) - (claims[0]?.[0] ?? 0)) / 1_000;
    say(
      `${claims.length} claimed by ${workers} workers in ${seconds.toFixed(2)} s: ${Math.round(claims.length / seconds)} /s, ${Math.round((spent * 10_000) / claims.length)} us of a processor each, ${inversions} inversions`,
    );
    if (claims.length !== messages || inversions > 0) process.exitCode = 1;
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    await cluster.remove();
  }
}

if (process.argv[2] === 'worker') await work(process.argv[3] as string, Number(process.argv[4]));
else await measure();
