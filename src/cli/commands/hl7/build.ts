/** `suture hl7 build`: messages from JSON. */
import type { Command } from 'commander';
import { build, fromJson, type Message } from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { newControlId } from './control-id.ts';
import { exitsWith } from './exit-codes.ts';
import { givenValues } from './json-values.ts';
import { localDictionary } from './local-file.ts';
import { readText } from './message-files.ts';
import { newMessageOf } from './new-message-json.ts';
import { told } from './refusal.ts';
import { action, type Terminal, write, writeJson } from './terminal.ts';

interface Options {
  readonly local?: string;
  readonly json?: boolean;
}

export function addBuild(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('build')
    .description('make messages of JSON: what "suture hl7 json" printed, or a type with its segments')
    .argument('<files...>', 'JSON files (one value, a list, or one a line), or - for standard input')
    .option('--local <file>', 'the site’s own segments, types and tables, as YAML')
    .option('--json', 'one JSON object a message: its type, its control id, and the message as text')
    .addHelpText(
      'after',
      '\nFrom nothing: {"type": "ADT^A01", "segments": [["EVN"], ["PID", {"patientName": {"familyName": "DOE"}}]]};\n' +
        'time and controlId are made where they are left out.',
    )
    .action(action(terminal, (files: string[], options: Options) => make(terminal, files, options)));
  exitsWith(command, 'when the JSON is no message; nothing of its file is printed then');
}

async function make(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const names = await localDictionary(terminal, options.local);
  for (const file of files) {
    const messages = givenValues(file, await readText(terminal, file)).map(({ name, value }) => {
      try {
        return { name, message: built(terminal, name, value, names) };
      } catch (error) {
        throw told(error, name);
      }
    });
    for (const { name, message } of messages) {
      const { type, controlId } = message.header;
      if (options.json) await writeJson(terminal.output, { name, type, controlId, text: message.toString() });
      else await write(terminal.output, message.bytes());
    }
  }
  return 0;
}

function built(
  terminal: Terminal,
  name: string,
  value: unknown,
  names: Awaited<ReturnType<typeof localDictionary>>,
): Message {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  if (given.form !== undefined) {
    const version = typeof given.version === 'string' ? given.version : '';
    return fromJson(value, names === undefined ? {} : { dictionary: names(version) });
  }
  const wanted = {
    time: new Date(terminal.clock.now()),
    controlId: newControlId(),
    ...newMessageOf(given, name),
  };
  return build(names === undefined ? wanted : { ...wanted, dictionary: names(wanted.version ?? '2.5.1') });
}
