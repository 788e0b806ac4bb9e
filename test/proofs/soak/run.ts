/**
 * `npm run soak`: finds the rate at which the engine passes messages on, runs at a share of it, and asks of each figure whether it
 * grows. Prints its samples as it goes, and adds what it found to docs/proofs/soak.md (soak.json) at its end, or when it is
 * interrupted.
 *
 *     --minutes N      how long (60)
 *     --load N         share of the rate that was found (0.7)
 *     --rate N         messages a second that were found before: it looks for none
 *     --store NAME     sqlite or postgres, which is a server of its own (sqlite)
 *     --nodes N        engines on one database, each with a share of the connections (2); their memory is added up
 *     --kill-every N   minutes after which an engine is killed and started again; 0: never. Memory is then not judged
 *     --sample N       seconds between samples (10)
 *     --keep no        leaves the page as it is
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../../../scripts/usage.ts';
import { newCluster } from '../../../src/store/postgres/cluster.suite.ts';
import type { Vitals } from '../node.ts';
import { startLoad } from './load.ts';
import { type Slope, slopeOf } from './slope.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    load: { type: 'string', default: '0.7' },
    rate: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '2' },
    'kill-every': { type: 'string', default: '0' },
    sample: { type: 'string', default: '10' },
    keep: { type: 'string', default: 'yes' },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const minutes = Number(values.minutes);
const killEvery = Number(values['kill-every']) * 60_000;
/** To find the rate: so long at full load. */
const FINDING = 20_000;
/** Of the samples so many belong to the warm-up: caches fill, and code is compiled. */
const WARM_UP = 0.2;

interface Child {
  readonly child: ChildProcess;
  readonly port: number;
}
async function launch(file: string, env: Record<string, string> = {}): Promise<Child> {
  const child = fork(file, { env: { ...process.env, ...env }, execArgv: [] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.once('message', (message) => resolve((message as { port: number }).port));
  });
  child.removeAllListeners('exit');
  return { child, port };
}
const ask = <Answer>({ child }: Child, question: string): Promise<Answer> =>
  new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Answer));
    child.send(question);
  });
const end = async ({ child }: Child, how: 'SIGKILL' | 'stop'): Promise<void> => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (how === 'stop') child.send('stop');
  else child.kill('SIGKILL');
  await ended;
};

const folder = mkdtempSync(join(tmpdir(), 'suture-soak-'));
const cluster = values.store === 'postgres' ? await newCluster() : undefined;
await cluster?.start();
const database = await cluster?.newDatabase();
const sink = await launch(join(import.meta.dirname, 'sink.ts'));
const startEngine = (): Promise<Child> =>
  launch(join(import.meta.dirname, '..', 'node.ts'), {
    PROOF_PLACE: database === undefined ? join(folder, 'data') : (cluster?.url(database) ?? ''),
    PROOF_SITE: JSON.stringify({ port: sink.port, window: 1, ackTimeout: '30s' }),
  });
/** `null`: just killed. */
const engines: (Child | null)[] = [];
const up = (): readonly Child[] => engines.filter((each) => each !== null);
for (let nth = 0; nth < (cluster === undefined ? 1 : Number(values.nodes)); nth++)
  engines.push(await startEngine());
const SUMMED = ['rss', 'heap', 'external', 'handles', 'files'] as const;
/** Of all engines together; what they share is told by each. */
async function vitals(): Promise<Vitals> {
  const all = await Promise.all(
    up().map(async (each) => (await ask<{ vitals: Vitals }>(each, 'vitals')).vitals),
  );
  const sums = SUMMED.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)]);
  const [one] = all as [Vitals];
  if (cluster === undefined) return { ...one, ...Object.fromEntries(sums) };
  const [row] = await cluster.query('SELECT pg_database_size(current_database())::text AS size', database);
  return { ...one, ...Object.fromEntries(sums), disk: Number(row?.size) };
}
let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
});

async function findRate(load: ReturnType<typeof startLoad>): Promise<number> {
  load.pace(Infinity);
  await pause(3_000);
  const before = await vitals();
  const from = performance.now();
  await pause(FINDING);
  const after = await vitals();
  const rate = ((after.sent - before.sent) / (performance.now() - from)) * 1_000;
  load.pace(0);
  while ((await vitals()).queued > 0) await pause(200);
  return Math.round(rate);
}

const load = startLoad((connection) => up()[connection % up().length]?.port ?? null, 0);
const found = values.rate === undefined ? await findRate(load) : Number(values.rate);
const perSecond = Math.round(found * Number(values.load));
say(`passes on ${found} messages a second; runs at ${perSecond} for ${minutes} minutes`);
load.pace(perSecond);

const started = performance.now();
const samples: (Vitals & { readonly seconds: number; readonly ms: number })[] = [];
let kills = 0;
let before = load.acked;
const first = before;
while (performance.now() - started < minutes * 60_000 && !interrupted) {
  await pause(Number(values.sample) * 1_000);
  if (killEvery > 0 && performance.now() - started > killEvery * (kills + 1)) {
    const nth = kills++ % engines.length;
    const killed = engines[nth] as Child;
    engines[nth] = null;
    await end(killed, 'SIGKILL');
    engines[nth] = await startEngine();
  }
  const from = performance.now();
  const now = await vitals();
  const seconds = (from - started) / 1_000;
  samples.push({ ...now, seconds, ms: performance.now() - from });
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  say(
    `${seconds.toFixed(0)} s: ${load.acked - before} acknowledged, ${now.queued} queued, rss ${megabytes(now.rss)}, heap ${megabytes(now.heap)}, ${now.handles} handles, ${now.files} files, ${(now.disk / now.received / 1024).toFixed(2)} KB of disk a message`,
  );
  before = load.acked;
}
await load.stop();
while ((await vitals()).queued > 0) await pause(200);
const last = await vitals();
const taken = await ask<{ received: number; again: number; inversions: number }>(sink, 'count');
await Promise.all(up().map((each) => end(each, 'stop')));
sink.child.disconnect();
await cluster?.remove();
rmSync(folder, { recursive: true, force: true });

/** `allowed`: so little growth an hour is none that matters. */
const FIGURES: Readonly<
  Record<string, { readonly unit: string; readonly allowed: number; of(sample: Vitals): number }>
> = {
  rss: { unit: 'MB/h', allowed: 20, of: ({ rss }) => rss / 2 ** 20 },
  heap: { unit: 'MB/h', allowed: 10, of: ({ heap }) => heap / 2 ** 20 },
  handles: { unit: '/h', allowed: 3, of: ({ handles }) => handles },
  files: { unit: '/h', allowed: 3, of: ({ files }) => files },
  queued: { unit: '/h', allowed: perSecond, of: ({ queued }) => queued },
  'disk a message': { unit: 'bytes/h', allowed: 100, of: ({ disk, received }) => disk / received },
};
/** A new process begins with little memory: its slope would be the kills'. */
const judged = kills === 0 ? Object.keys(FIGURES) : ['queued', 'disk a message'];
const settled = samples.slice(Math.floor(samples.length * WARM_UP));
const slopes = Object.fromEntries(
  judged.map((name) => [
    name,
    slopeOf(
      settled.map((sample) => [sample.seconds, FIGURES[name]?.of(sample) ?? 0]),
      FIGURES[name]?.allowed ?? 0,
    ),
  ]),
);
const words = (name: string, slope: Slope | undefined): string =>
  slope === undefined
    ? 'too few samples'
    : `${slope.perHour.toFixed(2)} (${slope.from.toFixed(2)} to ${slope.to.toFixed(2)}) ${FIGURES[name]?.unit}: ${slope.verdict}`;
for (const [name, slope] of Object.entries(slopes)) say(`${name}: ${words(name, slope)}`);
const lost = last.received - taken.received;
say(
  `received ${last.received}, arrived ${taken.received}, again ${taken.again}, inversions ${taken.inversions}`,
);

interface Run {
  /** Left out in the first runs: SQLite. */
  readonly store?: string;
  readonly minutes: number;
  readonly found: number;
  readonly perSecond: number;
  readonly acknowledged: number;
  readonly kills: number;
  readonly lost: number;
  readonly inversions: number;
  readonly slopes: Readonly<Record<string, Slope | undefined>>;
}
if (values.keep === 'yes') {
  const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'proofs', 'soak.json');
  const runs = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Run[]) : [];
  runs.push({
    store: cluster === undefined ? 'sqlite' : `postgres, ${engines.length} nodes`,
    minutes: Math.round((samples.at(-1)?.seconds ?? 0) / 6) / 10,
    found,
    perSecond,
    acknowledged: load.acked - first,
    kills,
    lost,
    inversions: taken.inversions,
    slopes,
  });
  writeFileSync(file, `${JSON.stringify(runs, undefined, 2)}\n`);
  const page = file.replace('.json', '.md');
  const BEGIN = '<!-- figures: written by the command -->';
  const END = '<!-- end of figures -->';
  const names = Object.keys(FIGURES);
  const rows = runs.map(
    (run) =>
      `| ${run.store ?? 'sqlite'} | ${run.minutes} | ${run.found} | ${run.perSecond} | ${run.acknowledged} | ${run.kills} | ${run.lost} | ${run.inversions} | ${names.map((name) => (run.slopes[name] ? words(name, run.slopes[name]) : '')).join(' | ')} |`,
  );
  const table = [
    `| store | minutes | found /s | run at /s | acknowledged | kills | not arrived | inversions | ${names.join(' | ')} |`,
    `|---|---|---|---|---|---|---|---|${names.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
  const text = existsSync(page) ? readFileSync(page, 'utf8') : `${BEGIN}\n${END}\n`;
  const [head = '', rest = ''] = text.split(BEGIN);
  writeFileSync(page, `${head}${BEGIN}\n${table}\n${END}${rest.split(END)[1] ?? ''}`);
}
const fine =
  lost === 0 && taken.inversions === 0 && Object.values(slopes).every((slope) => slope?.verdict !== 'grows');
process.exit(fine ? 0 : 1);
