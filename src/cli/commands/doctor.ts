/** `suture doctor`: is this machine, this project and this data folder in order? */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ledgerFaults } from '../../message/index.ts';
import { asFailure, systemClock } from '../../std/index.ts';
import { announced, dataFolder } from '../data-folder.ts';
import { openDesk } from '../desk.ts';
import { explain, printJson, printLine } from '../output.ts';
import { loadProject } from '../project/index.ts';
import { retentionLines } from '../retention-text.ts';
import { portSetting } from '../settings.ts';
import { databaseText, databaseUrl, hasData, openToLook } from '../store.ts';

interface Check {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'bad';
  readonly text: string;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine, the project, the data folder and the engine that runs on it')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--json', 'one JSON object a check')
    .action(async (options: { project: string; json?: boolean }) => {
      try {
        const checks = await examine(options.project);
        for (const check of checks) {
          if (options.json) printJson(check);
          else
            printLine(
              `${{ ok: 'ok  ', warn: 'note', bad: 'BAD ' }[check.state]}  ${check.check}: ${check.text}`,
            );
        }
        process.exitCode = checks.some((check) => check.state === 'bad') ? 1 : 0;
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

async function examine(projectFolder: string): Promise<Check[]> {
  const checks: Check[] = [];
  const add = (check: string, state: Check['state'], text: string): void =>
    void checks.push({ check, state, text });
  add('Node', 'ok', process.version);

  const data = dataFolder(projectFolder, process.env);
  try {
    const project = await loadProject(projectFolder, process.env);
    const count = project.faults.length;
    add(
      'project',
      count ? 'bad' : 'ok',
      count
        ? `${count} faults; run "suture check"`
        : `${project.sites.length} sites, ${project.flows.length} flows`,
    );
    for (const { record } of project.sites) {
      for (const text of retentionLines(record, project.flows, systemClock.now()))
        add('retention', 'ok', text);
    }
  } catch (error) {
    add('project', 'warn', asFailure(error).message);
  }

  if (existsSync(data)) {
    try {
      accessSync(data, constants.W_OK);
      const { bavail, bsize, blocks } = statfsSync(data);
      const free = (bavail * bsize) / 2 ** 30;
      const share = bavail / blocks;
      add(
        'disk',
        share < 0.1 ? 'bad' : 'ok',
        `${data} has ${free.toFixed(1)} GB free (${(share * 100).toFixed(0)} %)`,
      );
    } catch {
      add('disk', 'bad', `${data} cannot be written; correct its owner or permissions`);
    }
  } else add('disk', 'warn', `${data} is not there yet; the first start makes it`);
  add(
    'sync',
    'ok',
    `a write reaches this disk in ${syncTime(existsSync(data) ? data : tmpdir()).toFixed(2)} ms (median of 20 fsync)`,
  );

  const word = announced(data);
  const answer = word ? await ready(word.url) : null;
  if (word && answer) {
    add('engine', answer.ready ? 'ok' : 'bad', `runs at ${word.url}, ${answer.text}`);
  } else {
    add(
      'engine',
      'warn',
      word
        ? `engine.json names ${word.url}, which does not answer; it has ended without a word`
        : 'does not run on this folder',
    );
    for (const [name, fallback] of [
      ['PORT', 4600],
      ['MLLP_PORT', 6661],
    ] as const) {
      const port = portSetting(process.env, name, fallback);
      const isFree = await free(port);
      add(
        `port ${port}`,
        isFree ? 'ok' : 'bad',
        isFree ? 'free' : `in use; end what uses it, or set ${name}`,
      );
    }
    if (hasData(data, process.env)) await examineStore(data, add);
  }
  if (hasData(data, process.env)) await examineDeploys(projectFolder, data, add);
  return checks;
}

async function examineDeploys(
  projectFolder: string,
  data: string,
  add: (check: string, state: Check['state'], text: string) => void,
): Promise<void> {
  try {
    const desk = await openDesk(data, process.env, projectFolder);
    try {
      const { rows, running, driftText } = await desk.deploys.all();
      const live = rows.find((row) => row.live);
      if (live === undefined) add('deploys', 'ok', 'nothing was deployed: the folder is what runs');
      else if (desk.from === 'engine' && running !== live.id)
        add(
          'deploys',
          'warn',
          `deployment ${live.id} is to run, and this engine runs ${running ?? 'its folder'}`,
        );
      else
        add(
          'deploys',
          driftText === null ? 'ok' : 'warn',
          driftText ?? `deployment ${live.id}, as the folder is`,
        );
    } finally {
      await desk.close();
    }
  } catch (error) {
    add('deploys', 'warn', asFailure(error).message);
  }
}

async function examineStore(
  data: string,
  add: (check: string, state: Check['state'], text: string) => void,
): Promise<void> {
  try {
    const store = await openToLook(data, process.env);
    const url = databaseUrl(process.env);
    if (url !== undefined) add('database', 'ok', `${databaseText(url)} answers, and keeps what it commits`);
    try {
      const ledger = await store.ledger();
      const faults = ledgerFaults(ledger);
      add(
        'ledger',
        faults.length ? 'bad' : 'ok',
        faults.join('; ') ||
          `${ledger.received} received, ${ledger.delivered} sent, ${ledger.dead} dead: it adds up`,
      );
      const broken = await store.verifyAudit();
      add(
        'audit',
        broken.length ? 'bad' : 'ok',
        broken.length ? `the chain is broken at ${broken.slice(0, 5).join(', ')}` : 'the chain holds',
      );
    } finally {
      await store.close();
    }
  } catch (error) {
    const failure = asFailure(error);
    add('store', 'bad', `${failure.message} ${failure.fix}`);
  }
}

function syncTime(folder: string): number {
  const home = mkdtempSync(join(folder, 'doctor-'));
  const file = openSync(join(home, 'sync'), 'w');
  const times: number[] = [];
  try {
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      writeSync(file, Buffer.alloc(4096));
      fsyncSync(file);
      times.push(performance.now() - started);
    }
  } finally {
    closeSync(file);
    rmSync(home, { recursive: true });
  }
  return times.sort((a, b) => a - b)[10] as number;
}

async function ready(url: string): Promise<{ ready: boolean; text: string } | null> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
    const body = (await answer.json()) as { failing?: { name: string; text: string }[] };
    const bad = body.failing?.map((check) => `${check.name}: ${check.text}`);
    return { ready: answer.ok, text: answer.ok ? 'ready' : `not ready: ${bad?.join('; ')}` };
  } catch {
    return null;
  }
}

function free(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
