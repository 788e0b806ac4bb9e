/** Runs a project until it is told to stop: what `start` and `dev` share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { dataFolder, makeFolder } from './data-folder.ts';
import { type Companions, startBeside, startHospital } from './hospital.ts';
import { takeUpChanges } from './hot-reload.ts';
import { explain, printLine, printNote, timeText } from './output.ts';
import { loadProject } from './project/index.ts';
import { type Serving, serve } from './serve.ts';
import { portSetting, setting } from './settings.ts';
import { databaseText, databaseUrl, startKey } from './store.ts';

export interface RunOptions {
  readonly folder: string;
  /** A key and secrets of its own making, and the project's `dev` programs beside it. */
  readonly development: boolean;
  readonly throwAway: boolean;
  /** The folder runs, whatever was deployed. */
  readonly fromFolder?: boolean;
  readonly verbose: boolean;
  /** How long it may take to stop; milliseconds. */
  readonly drain: number;
  /** Changes of the project's files are taken up while it runs. */
  readonly watch?: boolean;
}

/** What is left after draining is files and sockets of ours: if that takes this long, something is broken. */
const AFTER_DRAIN = 5_000;

/** Starts everything, says where it is, and ends everything on SIGINT, SIGTERM or SIGHUP. */
export async function runUntilStopped(options: RunOptions): Promise<void> {
  const environment = process.env;
  const started = performance.now();
  const closers: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const close of closers.reverse()) await close().catch((error) => printNote(String(error)));
    })();
    return stopping;
  };
  const onSignal = (): void => {
    if (stopping) process.exit(1); // asked twice: at once
    printNote(
      `draining: taking nothing more, finishing what is in hand, for ${options.drain / 1_000} s at most (a second signal ends at once) ...`,
    );
    setTimeout(() => {
      printNote('could not end in time; what was in hand is flagged at the next start.');
      process.exit(1);
    }, options.drain + AFTER_DRAIN).unref();
    void stop().then(() => process.exit(process.exitCode ?? 0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Under a supervisor (suture dev) the closed channel means that it is gone.
  process.on('disconnect', onSignal);
  try {
    const data = throwAwayFolder(options, closers) ?? dataFolder(options.folder, environment);
    makeFolder(data);
    const changes = options.watch ? takeUpChanges(options.folder, environment) : null;
    if (changes) closers.push(() => changes.close());
    const project = changes ? await changes.firstSound() : await loadProject(options.folder, environment);
    const serving = await serve({
      project,
      folder: data,
      masterKey: startKey(data, environment, options.development),
      environment,
      makeSecrets: options.development,
      deployed: !options.development && options.fromFolder !== true,
      verbose: options.verbose,
    });
    closers.push(() =>
      serving.close({
        within: options.drain,
        waitsFor: (text) => printNote(`draining: waiting for ${text}`),
      }),
    );
    if (options.development) {
      closers.push((await startBeside(project, serving.secrets, data)).close);
      closers.push((await hospitalFor(serving, project, environment)).close);
    }
    // Loaded: from here on the young heap may grow with the load (see bin/suture.cjs).
    setFlagsFromString('--semi-space-growth-factor=2');
    printWelcome(
      serving,
      data,
      options,
      project.config.dev.hospital !== undefined,
      performance.now() - started,
    );
    changes?.begin(project, serving);
    process.send?.('ready');
    await serving.consoleReady;
  } catch (error) {
    process.exitCode = explain(error);
    await stop();
    process.exit();
  }
}

function throwAwayFolder(options: RunOptions, closers: (() => Promise<void>)[]): string | null {
  if (!options.throwAway || setting(process.env, 'SUTURE_DATA') !== undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'suture-demo-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function hospitalFor(
  serving: Serving,
  project: Awaited<ReturnType<typeof loadProject>>,
  environment: NodeJS.ProcessEnv,
): Promise<Companions> {
  const feed = project.config.dev.hospital?.feed;
  const address = serving.engine.connections().find((one) => one.connection === feed)?.address;
  if (!address) return { close: () => Promise.resolve() };
  return startHospital(
    project,
    { url: serving.url, mllp: address },
    portSetting(environment, 'SIMULATOR_PORT', 4610),
  );
}

function printWelcome(
  serving: Serving,
  data: string,
  options: RunOptions,
  hasHospital: boolean,
  ms: number,
): void {
  printLine();
  printLine(`  Suture is ready (${(ms / 1000).toFixed(1)} s).`);
  printLine(`  Console   ${serving.url}/`);
  if (serving.firstUserLink)
    printLine(`  Sign in   ${serving.firstUserLink}   (once: it creates the first user)`);
  if (serving.deployment !== null) {
    const { id, who, at } = serving.deployment;
    printLine(
      `  Runs      deployment ${id}, by ${who}, ${timeText(at)} UTC (not the folder: see suture plan)`,
    );
  }
  for (const one of serving.engine.connections()) {
    if (one.address) printLine(`  Listens   ${one.site} / ${one.connection} on ${one.address}`);
  }
  if (options.development && hasHospital) {
    printLine(`  Hospital  http://127.0.0.1:${portSetting(process.env, 'SIMULATOR_PORT', 4610)}/admin`);
  }
  if (options.throwAway) {
    printLine(`  Care app  http://127.0.0.1:${portSetting(process.env, 'CARE_APP_PORT', 4620)}/`);
  }
  printLine(
    `  Data      ${data}${options.throwAway && !setting(process.env, 'SUTURE_DATA') ? ' (thrown away at the end)' : ''}`,
  );
  const url = databaseUrl(process.env);
  if (url !== undefined) printLine(`  Database  ${databaseText(url)}`);
  printLine('  Stop with Ctrl-C.');
  printLine();
}
