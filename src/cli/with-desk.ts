/** The options of commands that ask about a project's data, and the desk that they ask. */
import type { Command } from 'commander';
import { dataFolder } from './data-folder.ts';
import { type Desk, openDesk } from './desk.ts';
import { explain } from './output.ts';

export interface DeskOptions {
  readonly project: string;
  readonly data?: string;
  readonly json?: boolean;
}

export function deskOptions(command: Command): Command {
  return command
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .option('--json', 'one JSON object a line');
}

/**
 * Opens the desk for `work` and closes it; a failure is told, and decides the exit code.
 * @param as A user of the console, who says the password.
 */
export async function withDesk(
  options: DeskOptions,
  work: (desk: Desk) => Promise<void>,
  as?: string,
): Promise<void> {
  try {
    const folder = options.data ?? dataFolder(options.project, process.env);
    const desk = await openDesk(folder, process.env, options.project, as);
    try {
      await work(desk);
    } finally {
      await desk.close();
    }
  } catch (error) {
    process.exitCode = explain(error);
  }
}
