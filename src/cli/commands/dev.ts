/** `suture dev`: the project with its demo hospital, started again whenever a file of it changes. */
import { type ChildProcess, fork } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { dataFolder } from '../data-folder.ts';
import { explain, printNote } from '../output.ts';
import { loadProject } from '../project.ts';
import { markRestarting, unmarkRestarting } from '../restarting.ts';

/** Editors write a file in several steps: wait for the last. */
const SETTLE_MS = 150;

export function addDev(program: Command): void {
  program
    .command('dev')
    .description(
      'run a project for development: engine, demo hospital, console; starts again when a file changes',
    )
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--verbose', 'log what connections do, not only what goes wrong')
    .option('--no-watch', 'do not look for changes')
    .action(async (options: { project: string; verbose?: boolean; watch: boolean }) => {
      const run = {
        folder: options.project,
        development: true,
        throwAway: false,
        verbose: options.verbose === true,
        drain: 10_000,
      };
      if (!options.watch) return (await import('../run.ts')).runUntilStopped(run);
      try {
        await loadProject(options.project, process.env);
      } catch (error) {
        process.exitCode = explain(error);
        return;
      }
      supervise(resolve(options.project), dataFolder(options.project, process.env), [
        'dev',
        '--no-watch',
        '--project',
        options.project,
        ...(options.verbose ? ['--verbose'] : []),
      ]);
    });
}

function supervise(folder: string, data: string, args: readonly string[]): void {
  const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'suture.cjs');
  let child: ChildProcess | null = null;
  let stopping = false;
  let timer: NodeJS.Timeout | null = null;
  let restarting = false;

  function launch(): void {
    child = fork(launcher, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
    child.on('message', () => unmarkRestarting(data));
    child.on('exit', (code) => {
      child = null;
      if (!restarting) unmarkRestarting(data);
      if (stopping) process.exit(code ?? 0);
      if (restarting) {
        restarting = false;
        launch();
      } else printNote('stopped; waiting for a change to start again');
    });
  }

  function changed(): void {
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      if (child === null) return launch();
      // It is on its way out already, and what comes after it reads all files anew.
      if (restarting) return;
      printNote('a file has changed: starting again ...');
      restarting = true;
      markRestarting(data);
      child.kill('SIGTERM');
    }, SETTLE_MS);
  }

  const watchers: FSWatcher[] = [];
  for (const part of ['suture.config.ts', 'sites', 'flows', 'maps']) {
    try {
      watchers.push(watch(join(folder, part), { recursive: part !== 'suture.config.ts' }, changed));
    } catch {
      // A folder that the project does not have has nothing to watch.
    }
  }
  const stop = (): void => {
    stopping = true;
    for (const watcher of watchers) watcher.close();
    if (timer) clearTimeout(timer);
    if (child) child.kill('SIGTERM');
    else process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  launch();
}
