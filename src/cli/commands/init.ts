/** `suture init`: a project that runs at once, from a template. */
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { Failure } from '../../std/index.ts';
import { explain, printJson, printLine, printTable } from '../output.ts';
import { scaffold } from '../scaffold.ts';
import { templateOf, templates, type Wanted } from '../templates.ts';

interface Options {
  readonly yes?: boolean;
  readonly template?: string;
  readonly name?: string;
  readonly site?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

const SLUG = /^[a-z0-9][a-z0-9-]*$/;
const FIRST_SITE = 'larkfield';

export function addInit(program: Command): void {
  program
    .command('init')
    .description(
      'make a project that runs at once: a flow, a site, cases that test it; nothing is overwritten',
    )
    .argument('[folder]', 'where', '.')
    .option('--yes', 'ask nothing: what is not said is as usual')
    .option('--template <name>', 'what to begin with; --list shows them')
    .option('--name <name>', 'of the project; left out: the folder’s')
    .option('--site <name>', 'of the first site', FIRST_SITE)
    .option('--list', 'list the templates')
    .option('--json', 'one JSON object a line')
    .action(async (folder: string, options: Options, command: Command) => {
      try {
        if (options.list) return list(options.json === true);
        const given = command.getOptionValueSource('site') === 'cli';
        const answers = await ask(folder, options, given);
        const made = scaffold(folder, templateOf(answers.template), answers);
        if (options.json) return printJson({ ...made, template: answers.template, site: answers.site });
        tell(folder, answers.template, made);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

function list(json: boolean): void {
  const all = templates();
  if (json) {
    for (const { name, title, about, kind } of all) printJson({ name, title, about, kind });
    return;
  }
  printTable(
    ['Template', 'What it does'],
    all.map(({ name, about }) => [name, about]),
  );
}

/** What was not said on the command line: asked on a terminal, as usual with --yes. */
async function ask(
  folder: string,
  options: Options,
  siteGiven: boolean,
): Promise<Wanted & { template: string }> {
  const usual = {
    name: options.name ?? slugOf(basename(resolve(folder))),
    site: options.site ?? FIRST_SITE,
    template: options.template ?? (templates()[0]?.name as string),
  };
  if (!options.yes && !options.json) {
    if (!process.stdin.isTTY) {
      throw new Failure({
        code: 'INIT_NOBODY',
        kind: 'config',
        message: 'There is no terminal to ask questions on.',
        fix: 'Add --yes, and say with --name, --site and --template what is not as usual.',
      });
    }
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const question = async (text: string, otherwise: string): Promise<string> =>
      (await lines.question(`${text} [${otherwise}] `)).trim() || otherwise;
    try {
      if (options.name === undefined) usual.name = await question('Name of the project', usual.name);
      if (!siteGiven) usual.site = await question('Name of the first site', usual.site);
      if (options.template === undefined) {
        for (const { name, about } of templates()) process.stderr.write(`  ${name}: ${about}\n`);
        usual.template = await question('Template', usual.template);
      }
    } finally {
      lines.close();
    }
  }
  for (const [what, text] of [
    ['project', usual.name],
    ['site', usual.site],
  ] as const) {
    if (SLUG.test(text)) continue;
    throw new Failure({
      code: 'INIT_NAME',
      kind: 'config',
      message: `"${text}" is no name for a ${what}.`,
      fix: 'Use lower-case letters, digits and hyphens, such as north-clinic.',
    });
  }
  const siteName = usual.site === FIRST_SITE ? 'Larkfield General (demo hospital)' : usual.site;
  return { ...usual, siteName };
}

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'hospital';

function tell(folder: string, template: string, made: ReturnType<typeof scaffold>): void {
  printLine(
    `made ${folder === '.' ? 'a project here' : folder} from the template ${template}: ${made.files.length} files`,
  );
  for (const change of made.changed) printLine(`package.json: ${change}`);
  printLine();
  printLine('Next:');
  const steps: [string, string][] = [
    ...(folder === '.' ? [] : ([[`cd ${folder}`, '']] satisfies [string, string][])),
    ['npx suture check', 'is everything right?'],
    ['npx suture test', 'the cases below fixtures/'],
    ['npx suture dev', 'engine, pretend hospital and console; changes are taken up as you save'],
    ...(made.needsInstall ? ([['npm install', 'types for your editor']] satisfies [string, string][]) : []),
  ];
  for (const [line, about] of steps) printLine(`  ${line.padEnd(18)}${about}`.trimEnd());
}
