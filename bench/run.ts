/**
 * `npm run bench`: acknowledged messages a second and end to end, beside the storage-free limit, round by round
 * in turn so that a noisy machine is noisy to all. Prints min / median / max. Options: --rounds N, --seconds N,
 * --only ack|end|idle|disk|parts, --connections 1,8,32,128, --store sqlite|postgres (a server of its own, with its defaults).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import { type Cluster, newCluster } from '../src/store/postgres/cluster.suite.ts';
import { bytesOf } from './disk.ts';
import { parts } from './parts.ts';
import { buildPeer, type Load } from './peer.ts';
import { syncTimes } from './sync.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    connections: { type: 'string', default: '1,8,32,128' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const rounds = Number(values.rounds);
const seconds = values.seconds;
const here = import.meta.dirname;
const peer = buildPeer();
process.once('exit', () => peer.remove());
const say = (text = ''): void => void process.stdout.write(`${text}\n`);

interface Running {
  readonly port: number;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

async function launch(
  file: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Running> {
  const child = fork(file, args, { env: { ...process.env, ...environment }, execArgv: [] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.once('message', (message) => resolve((message as { port: number }).port));
  });
  return {
    port,
    child,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}

function ask<Answer>(child: ChildProcess, question: string): Promise<Answer> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Answer));
    child.send(question);
  });
}

let tag = 0;
const load = (port: number, connections: number): Promise<Load> =>
  peer.load(port, connections, Number(seconds), 5_000, ++tag);

/** A server in service writes over files of its log that a checkpoint has freed; a new one fills each with zeros first. */
async function recycleLog(cluster: Cluster): Promise<void> {
  for (let files = 0; files < 60; files++) await cluster.query('SELECT txid_current(), pg_switch_wal()');
  await cluster.query('CHECKPOINT');
}

async function withEngine<Result>(
  sink: number,
  work: (engine: Running) => Promise<Result>,
  window = 1,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'suture-bench-'));
  const cluster = values.store === 'postgres' ? await newCluster() : undefined;
  await cluster?.start(['min_wal_size=1GB']);
  if (cluster) await recycleLog(cluster);
  const database = cluster ? { CRASH_DATABASE: cluster.url(await cluster.newDatabase()) } : {};
  const engine = await launch(join(here, '..', 'test', 'crash', 'engine-process.ts'), [], {
    CRASH_FOLDER: folder,
    CRASH_SINK: String(sink),
    CRASH_WINDOW: String(window),
    ...database,
  });
  try {
    return await work(engine);
  } finally {
    await engine.stop();
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

const figures = new Map<string, number[]>();
function note(name: string, value: number): void {
  figures.set(name, [...(figures.get(name) ?? []), value]);
}
function spread(name: string, digits = 0): string {
  const sorted = [...(figures.get(name) ?? [])].sort((a, b) => a - b);
  const at = (index: number): string => (sorted[index] ?? Number.NaN).toFixed(digits);
  return `${at(0)} / ${at(Math.floor(sorted.length / 2))} / ${at(sorted.length - 1)}`;
}

/** In the same run as what waits for it: the median of the disk's own sync, and the acknowledgement's slowest in a hundred beside it. */
function noteSync(connections: number, p99: number): void {
  const times = syncTimes();
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  note(`sync p50 ${connections}`, median);
  note(`p99 in syncs ${connections}`, p99 / median);
}

/** Engine, load and sink; the folder is weighed when the engine has closed it. */
async function weigh(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'suture-bench-'));
  const sink = await peer.sink();
  const engine = await launch(join(here, '..', 'test', 'crash', 'engine-process.ts'), [], {
    CRASH_FOLDER: folder,
    CRASH_SINK: String(sink.port),
    CRASH_WINDOW: '8',
  });
  try {
    await load(engine.port, 32);
    type Counts = { ledger: { received: number; delivered: number } };
    let counts = await ask<Counts>(engine.child, 'ledger');
    while (counts.ledger.delivered !== counts.ledger.received) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      counts = await ask<Counts>(engine.child, 'ledger');
    }
    const ended = new Promise((resolve) => engine.child.once('exit', resolve));
    engine.child.removeAllListeners('message');
    engine.child.send('stop');
    await ended;
    note('bytes a message', bytesOf(folder) / counts.ledger.received);
    note('messages weighed', counts.ledger.received);
  } finally {
    engine.child.kill('SIGKILL');
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const partNames = new Set<string>();

const CONNECTIONS = values.connections.split(',').map(Number);
const wanted = (part: string): boolean => values.only === '' || values.only === part;

/**
 * In, commit, ACK, lane, MLLP sink, settle: what was acknowledged after the warm-up, over the time from then until the last
 * message has arrived at the sink.
 */
async function endToEnd(window: number): Promise<void> {
  const sink = await peer.sink();
  const work = async (engine: Running) => {
    const { perSecond, counted, from } = await load(engine.port, 32);
    let state = await sink.counts();
    for (let before = -1; state.received !== before; ) {
      before = state.received;
      await new Promise((resolve) => setTimeout(resolve, 200));
      state = await sink.counts();
    }
    const elapsed = (state.lastAt - from) / 1000;
    const { ledger } = await ask<{ ledger: { delivered: number; received: number } }>(engine.child, 'ledger');
    if (ledger.delivered !== ledger.received)
      throw new Error(`not all were delivered: ${JSON.stringify(ledger)}`);
    return { perSecond: counted / elapsed, acked: perSecond, ...state };
  };
  const end = await withEngine(sink.port, work, window);
  await sink.stop();
  const last = (name: string): number => figures.get(name)?.at(-1) ?? Number.NaN;
  note(`acked to ${window}`, end.acked);
  note(`end to ${window}`, end.perSecond);
  note(`end to ${window} of plain`, (end.perSecond / last('end plain')) * 100);
  note(`end to ${window} of echo`, (end.perSecond / last('end echo')) * 100);
  note('inversions', end.inversions);
  note('twice', end.twice);
}

/** Messages under way to the sink at once: the default of a connection that sends, and a receiver whose record says more. */
const WINDOWS = [1, 8];

say(
  `${cpus().length} cores (${cpus()[0]?.model}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.version}; ${rounds} rounds of ${seconds} s`,
);

for (let round = 1; round <= rounds; round++) {
  say(`round ${round} of ${rounds} ...`);
  if (wanted('ack')) {
    for (const connections of CONNECTIONS) {
      const plain = await launch(join(here, 'echo.ts'), ['plain']);
      const limit = await load(plain.port, connections);
      await plain.stop();
      const own = await launch(join(here, 'echo.ts'), ['suture']);
      const echo = await load(own.port, connections);
      await own.stop();
      const kept = await withEngine(0, (engine) => load(engine.port, connections));
      note(`plain ${connections}`, limit.perSecond);
      note(`echo ${connections}`, echo.perSecond);
      note(`acked ${connections}`, kept.perSecond);
      note(`share of plain ${connections}`, (kept.perSecond / limit.perSecond) * 100);
      note(`share of echo ${connections}`, (kept.perSecond / echo.perSecond) * 100);
      note(`p50 ${connections}`, kept.p50);
      note(`p99 ${connections}`, kept.p99);
      noteSync(connections, kept.p99);
    }
  }
  if (wanted('end')) {
    const plain = await launch(join(here, 'echo.ts'), ['plain']);
    note('end plain', (await load(plain.port, 32)).perSecond);
    await plain.stop();
    const own = await launch(join(here, 'echo.ts'), ['suture']);
    note('end echo', (await load(own.port, 32)).perSecond);
    await own.stop();
    for (const window of WINDOWS) await endToEnd(window);
  }
  if (wanted('disk')) await weigh();
  if (wanted('parts')) {
    await parts((name, microseconds) => {
      partNames.add(name);
      note(`part ${name}`, microseconds);
    });
  }
  if (wanted('idle')) {
    const started = performance.now();
    await withEngine(0, async (engine) => {
      note('ready ms', performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const { memory } = await ask<{ memory: { rss: number } }>(engine.child, 'ledger');
      note('idle MB', memory.rss / 2 ** 20);
    });
  }
}

say('\nmin / median / max');
if (wanted('ack')) {
  say(
    '\n| connections | plain echo /s | Suture’s echo /s | acked after commit /s | % of plain echo | % of Suture’s echo | p50 ms | p99 ms | sync p50 ms | p99 in syncs |',
  );
  say('|---|---|---|---|---|---|---|---|---|---|');
  for (const n of CONNECTIONS) {
    say(
      `| ${n} | ${spread(`plain ${n}`)} | ${spread(`echo ${n}`)} | ${spread(`acked ${n}`)} | ${spread(`share of plain ${n}`, 1)} | ${spread(`share of echo ${n}`, 1)} | ${spread(`p50 ${n}`, 2)} | ${spread(`p99 ${n}`, 2)} | ${spread(`sync p50 ${n}`, 3)} | ${spread(`p99 in syncs ${n}`, 1)} |`,
    );
  }
}
if (wanted('end')) {
  say(
    '\nEnd to end, 32 connections: in, commit, ACK, lane, MLLP sink, settle, until the last one has arrived',
  );
  say(`plain echo ${spread('end plain')} /s, Suture’s echo ${spread('end echo')} /s`);
  say(
    '\n| under way to the sink | end to end /s | % of plain echo | % of Suture’s echo | acknowledged meanwhile /s |',
  );
  say('|---|---|---|---|---|');
  for (const window of WINDOWS) {
    say(
      `| ${window} | ${spread(`end to ${window}`)} | ${spread(`end to ${window} of plain`, 1)} | ${spread(`end to ${window} of echo`, 1)} | ${spread(`acked to ${window}`)} |`,
    );
  }
  say(`\ninversions ${spread('inversions')}; delivered twice ${spread('twice')}`);
}
if (wanted('idle')) {
  say(`\nEngine process start to ready: ${spread('ready ms')} ms; idle memory ${spread('idle MB', 1)} MB`);
}
if (wanted('disk')) {
  say(
    `\nDisk, delivered and closed: ${spread('bytes a message')} bytes a message of 0.95 KB (${spread('messages weighed')} messages)`,
  );
}
if (wanted('parts')) {
  say('\n| part | microseconds a message |\n|---|---|');
  for (const name of partNames) say(`| ${name} | ${spread(`part ${name}`, 2)} |`);
}
