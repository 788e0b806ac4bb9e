/** The command line. Exit codes: 0 fine, 1 the check failed, 2 bad usage or set-up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addCheck } from './commands/check.ts';
import { addDead } from './commands/dead.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHl7 } from './commands/hl7.ts';
import { addMessages } from './commands/messages.ts';
import { addSend } from './commands/send.ts';
import { addSimulator } from './commands/simulator.ts';
import { addStart } from './commands/start.ts';

/** @param words What stands behind `suture` on the command line. */
export async function main(words: readonly string[]): Promise<void> {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  ) as {
    version: string;
  };
  const program = new Command('suture')
    .description('Stitches applications to hospitals’ EHRs: HL7 v2, FHIR and typed flows.')
    .version(version)
    .showHelpAfterError('(add --help to see what there is)')
    .exitOverride();
  for (const add of [
    addStart,
    addDev,
    addCheck,
    addSend,
    addMessages,
    addDead,
    addHl7,
    addSimulator,
    addDoctor,
  ]) {
    add(program);
  }
  for (const command of everyCommand(program)) command.exitOverride();
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    // commander has already said what is wrong, or printed the help that was asked for.
    const code = (error as { exitCode?: number }).exitCode;
    if (code === undefined) throw error;
    process.exitCode = code === 0 ? 0 : 2;
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}
