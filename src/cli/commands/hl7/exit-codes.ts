/** What a command's exit code means, told at the end of its help and in the reference. */
import type { Command } from 'commander';

const meanings = new WeakMap<Command, string>();

/** @param failed When a command that was used rightly ends with 1. */
export function exitsWith(command: Command, failed: string): Command {
  meanings.set(command, failed);
  return command.addHelpText(
    'after',
    `\nExit code: 0 fine, 1 ${failed}, 2 bad usage, or a file that cannot be read.`,
  );
}

/** What `exitsWith` was told of a command; by default what all commands keep to. */
export const failureMeaning = (command: Command): string =>
  meanings.get(command) ?? 'when what it checks or does failed';
