/** `suture hl7 json`: messages as JSON, from which `suture hl7 build` makes the same bytes. */
import type { Command } from 'commander';
import { type JsonOptions, toJson } from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { localDictionary } from './local-file.ts';
import { MessageRun } from './message-run.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly compact?: boolean;
  readonly local?: string;
  readonly json?: boolean;
}

export function addJson(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('json')
    .description('print messages as JSON by field names; "suture hl7 build" makes the same bytes of it')
    .argument('<files...>', 'files, folders, or - for standard input')
    .option('--compact', 'by position instead of by name')
    .option('--local <file>', 'the site’s own segments, types and tables, as YAML: their names are used')
    .option('--json', 'each message on one line, as it is for several in any case')
    .action(action(terminal, (files: string[], options: Options) => convert(terminal, files, options)));
  exitsWith(command, 'when a message has no usable MSH');
}

async function convert(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const run = new MessageRun(terminal, files, options);
  const names = await localDictionary(terminal, options.local);
  let fine = true;
  for await (const found of run.messages()) {
    const message = await run.parsed(found);
    fine &&= message.usable;
    const settings: JsonOptions = names === undefined ? {} : { dictionary: names(message.header.version) };
    const value = options.compact
      ? toJson(message, { form: 'compact', ...settings })
      : toJson(message, { form: 'readable', ...settings });
    if (found.only && !options.json) await writeLine(terminal.output, JSON.stringify(value, undefined, 2));
    else await writeJson(terminal.output, value);
  }
  await run.finish();
  return fine && run.unreadable === 0 ? 0 : 1;
}
