/** `suture start`: the engine of a project. `--demo`: the demo hospital, the engine and the care app. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Command } from 'commander';
import { milliseconds } from '../../std/index.ts';
import { printNote } from '../output.ts';

export const demoProject = join(import.meta.dirname, '..', '..', '..', 'examples', 'demo');

/** Node strips no types below node_modules: a package's demo is run from a copy, which goes when it ends. */
function demoFolder(): string {
  if (!demoProject.split(sep).includes('node_modules')) return demoProject;
  const folder = mkdtempSync(join(tmpdir(), 'suture-demo-project-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  cpSync(demoProject, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return folder;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .description('run the engine of a project: its connections, flows and console')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--demo', 'run the demo: a pretend hospital, the engine and a care app, with throw-away data')
    .option('--from-folder', 'run the project’s folder as it is, whatever was deployed')
    .option('--verbose', 'log what connections do, not only what goes wrong')
    .option('--drain <time>', 'how long it may take to stop when told to (SIGTERM)', '10s')
    .action(
      async (options: {
        project: string;
        demo?: boolean;
        fromFolder?: boolean;
        verbose?: boolean;
        drain: string;
      }) => {
        const drain = milliseconds(options.drain);
        if (drain === undefined || drain < 1_000) {
          printNote(`--drain is "${options.drain}"; write a time of a second or more, such as 30s.`);
          process.exitCode = 2;
          return;
        }
        const { runUntilStopped } = await import('../run.ts');
        await runUntilStopped({
          folder: options.demo ? demoFolder() : options.project,
          development: options.demo === true,
          throwAway: options.demo === true,
          fromFolder: options.fromFolder === true,
          verbose: options.verbose === true,
          drain,
        });
      },
    );
}
