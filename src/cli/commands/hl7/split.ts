/** `suture hl7 split`: each message of a file in a file of its own. */
import type { Command } from 'commander';
import { parse } from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun } from './message-run.ts';
import { OutputFolder } from './output-folder.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly output: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addSplit(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('split')
    .description(
      'write each message of batch files into a file of its own, and check the counts of the envelopes',
    )
    .argument('<files...>', 'files, folders, or - for standard input')
    .requiredOption('-o, --output <folder>', 'where to: night.hl7 becomes night-000001.hl7 and so on')
    .option('--force', 'writes over files that are there')
    .option('--json', 'one JSON object a message: where it came from, where it is, its type, its bytes')
    .action(action(terminal, (files: string[], options: Options) => split(terminal, files, options)));
  exitsWith(command, 'when an envelope’s count is wrong, or bytes belong to no message');
}

async function split(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const folder = new OutputFolder(options.output, options.force === true);
  const run = new MessageRun(terminal, files, options);
  let fine = true;
  for await (const found of run.messages()) {
    const { usable, reason = 'There is no usable MSH.', header } = parse(found.bytes);
    if (!usable) {
      fine = false;
      await run.tell(found, { rule: 'no-header', where: '', text: `${reason} It was left out.` });
      continue;
    }
    const written = folder.write(found, '.hl7', found.bytes);
    if (options.json)
      await writeJson(terminal.output, {
        message: found.name,
        file: written,
        type: header.type,
        bytes: found.bytes.length,
      });
  }
  await run.finish();
  if (!options.json)
    await writeLine(
      terminal.output,
      `${folder.count} ${folder.count === 1 ? 'message' : 'messages'} in ${options.output}`,
    );
  return fine && run.faults === 0 ? 0 : 1;
}
