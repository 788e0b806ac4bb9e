/** `suture hl7 learn`: a profile from the messages of a feed. */
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { Learner, parse } from '../../../hl7/index.ts';
import { Failure } from '../../../std/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun, type RunOptions } from './message-run.ts';
import { profileYaml, readLocal } from './profile-file.ts';
import { count } from './refusal.ts';
import { action, note, type Terminal, write, writeJson } from './terminal.ts';

interface Options {
  readonly output?: string;
  readonly name?: string;
  readonly codes?: string;
  readonly evidence?: string;
  readonly local?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addLearn(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('learn')
    .description('derive a profile from messages: segments, fields and codes, and how often each is filled')
    .argument('<files...>', 'the messages of one feed: files, folders, or - for standard input')
    .option('-o, --output <file>', 'where the profile goes (standard output)')
    .option('--name <name>', 'what it is called (the folder’s name)')
    .option('--codes <number>', 'how many codes a place may have and still be listed (50)')
    .option('--evidence <number>', 'how often something must be seen before others are held to it (20)')
    .option('--local <file>', 'the site’s own segments, types and tables, as YAML; kept in the profile')
    .option('--force', 'writes over the file')
    .option('--json', 'the profile as JSON instead of YAML')
    .addHelpText('after', '\nCounts, lengths and codes are kept; no value that says who a patient is.')
    .action(action(terminal, (files: string[], options: Options) => learn(terminal, files, options)));
  exitsWith(command, 'when no message could be read');
}

async function learn(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const learner = await learnerOf(terminal, files, options);
  const { messages, unusable } = learner.counts;
  if (messages === 0) {
    await note(
      terminal,
      `No message could be read in ${files.join(', ')}. See what they are with "suture hl7 validate".`,
    );
    return 1;
  }
  if (unusable > 0) await note(terminal, `${unusable} without a usable MSH taught nothing.`);
  const learned = learner.profile();
  const about = [
    `Learned by "suture hl7 learn" from ${messages.toLocaleString('en-US')} ${messages === 1 ? 'message' : 'messages'}.`,
    'Correct it where the messages were not typical; "suture hl7 validate --profile" holds others to it.',
  ];
  const text = options.json ? `${JSON.stringify(learned, undefined, 2)}\n` : profileYaml(learned, about);
  if (options.output === undefined) {
    if (options.json) await writeJson(terminal.output, learned);
    else await write(terminal.output, text);
    return 0;
  }
  writeNew(options.output, text, options.force === true);
  await note(terminal, `${options.output} is written.`);
  return 0;
}

/** Everything that the files teach. */
export async function learnerOf(
  terminal: Terminal,
  files: readonly string[],
  options: Options & RunOptions,
): Promise<Learner> {
  const codes = count('--codes', options.codes, 1);
  const evidence = count('--evidence', options.evidence, 1);
  const [first = '-'] = files;
  const learner = new Learner({
    name:
      options.name ??
      (first === '-' ? 'Learned from messages' : basename(resolve(first)).replace(/\.[^.]*$/, '')),
    ...(codes === undefined ? {} : { codes }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(options.local === undefined ? {} : { local: await readLocal(terminal, options.local) }),
  });
  const run = new MessageRun(terminal, files, options);
  for await (const { bytes } of run.messages()) learner.add(parse(bytes));
  await run.finish();
  return learner;
}

/** A profile that people have worked on is not written over by mistake. */
function writeNew(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const there = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Failure({
      code: 'NOT_WRITTEN',
      kind: 'config',
      message: there ? `${file} is there already.` : `${file} cannot be written.`,
      fix: there ? 'Name another file, or say --force.' : 'Check the folder and its permissions.',
      cause,
    });
  }
}
