/** `suture hl7 get`: the values at a path. */
import type { Command } from 'commander';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun } from './message-run.ts';
import { pathNamed } from './refusal.ts';
import { action, note, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly raw?: boolean;
  readonly json?: boolean;
}

export function addGet(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('get')
    .description('print the value at a path: PID-5.1, PID-3[2].1, PID-3[5=MR].1, OBX[*]-5')
    .argument('<file>', 'a file, a folder, or - for standard input')
    .argument('<path>', 'where: [*] gives every value, one on a line')
    .option('--raw', 'as it is written, escapes and delimiters included')
    .option('--json', 'a JSON list of all values; of several messages one line each')
    .action(
      action(terminal, (file: string, path: string, options: Options) => get(terminal, file, path, options)),
    );
  exitsWith(command, 'when no message has anything there');
}

async function get(terminal: Terminal, file: string, path: string, options: Options): Promise<ExitCode> {
  const { output } = terminal;
  const run = new MessageRun(terminal, [file], options);
  const place = pathNamed(path);
  const every = path.includes('*');
  let printed = 0;
  for await (const found of run.messages()) {
    const message = await run.parsed(found);
    const one = (): string | undefined => (options.raw ? message.raw(place) : message.get(place));
    const values =
      every && !options.raw ? message.getAll(place) : [one()].filter((value) => value !== undefined);
    printed += values.length;
    if (options.json) await writeJson(output, found.only ? values : { message: found.name, values });
    else for (const value of values) await writeLine(output, found.only ? value : `${found.name}\t${value}`);
  }
  await run.finish();
  if (printed > 0) return 0;
  await note(
    terminal,
    `${path} is ${run.count === 1 ? 'not in this message' : 'in none of these messages'}.`,
  );
  return 1;
}
