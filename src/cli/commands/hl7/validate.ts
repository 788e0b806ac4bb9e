/** `suture hl7 validate`: messages judged by the standard and by a site's profile. */
import type { Command } from 'commander';
import { type Profile, parse, type ValidationLevel, validate, validationRules } from '../../../hl7/index.ts';
import { nearest } from '../../../std/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun } from './message-run.ts';
import { readProfile } from './profile-file.ts';
import { badUsage, count, list } from './refusal.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly profile?: string;
  readonly level?: readonly string[];
  readonly limit?: string;
  readonly each?: boolean;
  readonly json?: boolean;
}

const levels = [...new Set(Object.values(validationRules).map(({ level }) => level))];

export function addValidate(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('validate')
    .description('judge messages by the standard, and by a profile of what a site expects')
    .argument('<files...>', 'files, folders, or - for standard input')
    .option('--profile <file>', 'what the site expects, as YAML: see "suture hl7 learn"')
    .option(
      '--level <levels>',
      `only these, such as types,tables: ${levels.join(', ')} (all but lengths)`,
      list,
    )
    .option('--limit <number>', 'findings a message at most (1000)')
    .option('--each', 'of many messages every finding on a line, instead of a table of rules')
    .option('--json', 'one JSON object a message, with its findings')
    .action(action(terminal, (files: string[], options: Options) => check(terminal, files, options)));
  exitsWith(command, 'when a finding is an error (warnings do not count)');
}

async function check(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const { output } = terminal;
  const profile: Profile | undefined =
    options.profile === undefined ? undefined : await readProfile(terminal, options.profile);
  const limit = count('--limit', options.limit, 1);
  const settings = {
    ...(options.level === undefined ? {} : { levels: options.level.map(level) }),
    ...(profile === undefined ? {} : { profile }),
    ...(limit === undefined ? {} : { limit }),
  };
  const run = new MessageRun(terminal, files, options, options.json ? terminal.errors : output);
  let refused = 0;
  let findings = 0;
  let only = false;
  for await (const found of run.messages()) {
    only = found.only;
    const message = parse(found.bytes);
    const judged = validate(message, settings);
    const ok = !judged.some(({ severity }) => severity === 'error');
    if (!ok) refused += 1;
    findings += judged.length;
    if (options.json) {
      const { type, controlId } = message.header;
      await writeJson(output, { message: found.name, type, controlId, ok, findings: judged });
    } else for (const { path, ...rest } of judged) await run.tell(found, { ...rest, where: path });
  }
  await run.finish();
  if (!options.json) await writeLine(output, summary(run.count, refused, findings, only));
  return refused > 0 || run.unreadable > 0 ? 1 : 0;
}

function level(name: string): ValidationLevel {
  const known = levels.find((each) => each === name);
  if (known !== undefined) return known;
  const near = nearest(name, levels);
  throw badUsage(
    `There is no level "${name}".`,
    near === undefined ? `Known are ${levels.join(', ')}.` : `Did you mean "${near}"?`,
  );
}

function summary(messages: number, refused: number, findings: number, only: boolean): string {
  const what = `${findings} ${findings === 1 ? 'finding' : 'findings'}`;
  if (only) return refused > 0 ? `not valid: ${what}` : `valid: ${findings === 0 ? 'no findings' : what}`;
  return `${messages - refused} of ${messages} messages are valid; ${what}`;
}
