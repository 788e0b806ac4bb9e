/** `suture dev`: the project with its demo hospital and console; changes of its files are taken up while it runs. */
import type { Command } from 'commander';

export function addDev(program: Command): void {
  program
    .command('dev')
    .description(
      'run a project for development: engine, demo hospital, console; changes are taken up as files are saved, and a faulty file leaves the running version in place',
    )
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--verbose', 'log what connections do, not only what goes wrong')
    .option('--no-watch', 'do not look for changes')
    .action(async ({ project, verbose, watch }: { project: string; verbose?: boolean; watch: boolean }) => {
      const { runUntilStopped } = await import('../run.ts');
      await runUntilStopped({
        folder: project,
        development: true,
        throwAway: false,
        verbose: verbose === true,
        drain: 10_000,
        watch,
      });
    });
}
