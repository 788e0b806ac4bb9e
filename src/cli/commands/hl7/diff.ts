/** `suture hl7 diff`: two messages, or two profiles or feeds, compared. */
import type { Command } from 'commander';
import { diffMessages, diffProfiles, type Profile, parse } from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { learnerOf } from './learn.ts';
import { isFolder, messageFiles, readMessages } from './message-files.ts';
import { readProfile } from './profile-file.ts';
import { badUsage, count, list, notDone } from './refusal.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly ignore?: readonly string[];
  readonly points?: string;
  readonly json?: boolean;
}

export function addDiff(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('diff')
    .description('compare two messages, or two profiles; a folder stands for the profile learned from it')
    .argument('<before>', 'a message, a profile (.yaml, .json), a folder, or - for standard input')
    .argument('<after>', 'the same kind of thing, later')
    .option('--ignore <paths>', 'of messages: places that do not count, such as MSH-7,MSH-10,EVN', list)
    .option('--points <number>', 'of profiles: from how many percent on a change of frequency counts (10)')
    .option('--json', 'one JSON object a difference')
    .action(
      action(terminal, (before: string, after: string, options: Options) =>
        compare(terminal, before, after, options),
      ),
    );
  exitsWith(command, 'when they differ');
}

async function compare(
  terminal: Terminal,
  before: string,
  after: string,
  options: Options,
): Promise<ExitCode> {
  if (before === '-' && after === '-')
    throw badUsage('Both are standard input.', 'Name a file for one of them.');
  const profiles = isProfile(before) || isProfile(after);
  const found = profiles
    ? await profileDifferences(terminal, before, after, options)
    : await messageDifferences(terminal, before, after, options);
  for (const { line, value } of found)
    await (options.json ? writeJson(terminal.output, value) : writeLine(terminal.output, line));
  if (found.length === 0 && !options.json) await writeLine(terminal.output, 'no difference');
  return found.length === 0 ? 0 : 1;
}

interface Line {
  readonly line: string;
  readonly value: object;
}

const isProfile = (path: string): boolean => /\.(ya?ml|json)$/i.test(path) || isFolder(path);

async function profileDifferences(
  terminal: Terminal,
  before: string,
  after: string,
  options: Options,
): Promise<Line[]> {
  const points = count('--points', options.points, 1);
  const a = await profileOf(terminal, before, options);
  const b = await profileOf(terminal, after, options);
  return diffProfiles(a, b, points === undefined ? {} : { points }).map((value) => ({
    line: `${signs[value.kind]} ${value.text}`,
    value,
  }));
}

async function profileOf(terminal: Terminal, path: string, options: Options): Promise<Profile> {
  if (/\.(ya?ml|json)$/i.test(path) && !isFolder(path)) return readProfile(terminal, path);
  const learner = await learnerOf(terminal, [path], options.json ? { json: true } : {});
  if (learner.counts.messages > 0) return learner.profile();
  throw notDone(`${path} has no message to learn from.`, 'Name a profile, or a folder of messages.');
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

async function messageDifferences(
  terminal: Terminal,
  before: string,
  after: string,
  { ignore = [] }: Options,
): Promise<Line[]> {
  const a = parse(await onlyMessage(terminal, before));
  const b = parse(await onlyMessage(terminal, after));
  return diffMessages(a, b, { ignore }).map((value) => {
    const { kind, path, name, before: from, after: to } = value;
    const place = name === '' ? path : `${path} (${name})`;
    const what = kind === 'changed' ? `${from} -> ${to}` : kind === 'added' ? (to ?? '') : (from ?? '');
    return { line: `${signs[kind]} ${place}: ${what}`, value };
  });
}

async function onlyMessage(terminal: Terminal, file: string): Promise<Uint8Array> {
  for await (const found of readMessages(terminal, messageFiles([file]), true)) {
    if (found.kind === 'fault') continue;
    if (!found.only)
      throw badUsage(
        `${file} holds several messages.`,
        'Divide it with "suture hl7 split" to compare two of them, or give two folders to compare feeds.',
      );
    if (parse(found.bytes).usable) return found.bytes;
  }
  throw notDone(`${file} is not a message.`, 'See what is in it with "suture hl7 parse".');
}
