/**
 * `npm run reference`: writes the pages of docs/reference that are made of the source. `--check` writes nothing and ends with 1 when one is
 * not as it would be written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { failureMeaning } from '../src/cli/commands/hl7/exit-codes.ts';
import { commandsBelow, everything } from '../src/cli/program.ts';
import { type Declaration, declarationsOf, headOf, type Kind } from './declarations.ts';
import { failuresPage } from './reference-failures.ts';
import { hospitalPage } from './reference-hospital.ts';
import { sitePage, siteSchemaText } from './reference-site.ts';
import { transformsPage } from './reference-transforms.ts';
import { usage } from './usage.ts';

usage(import.meta.filename);

const root = join(import.meta.dirname, '..');
const made = (from: string): string => `<!-- Made by scripts/reference.ts from ${from}. Do not edit. -->`;

const kinds: readonly (readonly [Kind, string])[] = [
  ['function', 'Functions'],
  ['class', 'Classes'],
  ['value', 'Values'],
  ['type', 'Types'],
];

const anchor = (door: string, name: string): string => `${door.replace('suture/', '')}-${name}`;

function doorPage(): string {
  const doors = [
    ['suture/hl7', 'src/hl7/index.ts'],
    ['suture/hl7-fhir', 'src/mapping/hl7-fhir/index.ts'],
  ] as const;
  const parts = doors.map(([door, file]) => {
    const all = declarationsOf(join(root, file));
    const lists = kinds.map(([kind, title]) => {
      const names = all
        .filter((each) => each.kind === kind)
        .map(({ name }) => `[\`${name}\`](#${anchor(door, name)})`);
      return names.length === 0 ? '' : `**${title}:** ${names.join(', ')}\n`;
    });
    const entries = kinds.flatMap(([kind]) => all.filter((each) => each.kind === kind));
    return [
      `## \`${door}\`\n`,
      `${headOf(join(root, file))}\n`,
      ...lists.filter((list) => list !== ''),
      ...entries.map((each) => entry(door, each)),
    ].join('\n');
  });
  return [
    made('src/hl7 and src/mapping/hl7-fhir'),
    '# HL7 v2: reference\n',
    'Everything that `suture/hl7` and `suture/hl7-fhir` export. The pages by topic begin at [../hl7](../hl7/README.md).\n',
    ...parts,
  ].join('\n');
}

function entry(door: string, { name, signature, about }: Declaration): string {
  const code = `\`\`\`ts\n${signature}\n\`\`\`\n`;
  return `<a id="${anchor(door, name)}"></a>\n\n### ${name}\n\n${about === '' ? '' : `${about}\n\n`}${code}`;
}

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function commandPage(): string {
  const program = everything();
  const commands = commandsBelow(program);
  const list = commands.map((command) => {
    const name = nameOf(command);
    return `| [\`${name}\`](#${name.replaceAll(' ', '-')}) | ${cell(command.description())} |`;
  });
  return [
    made('the commands in src/cli'),
    '# The command line: reference\n',
    'Every command ends with 0 when all is fine, with 1 when what it checks or does failed, and with 2 for bad usage or a',
    'set-up that cannot work. `--help` is on all of them.\n',
    '| command | what it does |',
    '|---|---|',
    ...list,
    '',
    ...commands.map(commandEntry),
  ].join('\n');
}

function commandEntry(command: Command): string {
  const name = nameOf(command);
  const lines = [
    `## ${name}\n`,
    `${sentence(command.description())}\n`,
    `\`\`\`\n${name} ${command.usage()}\n\`\`\`\n`,
  ];
  if (command.registeredArguments.length > 0)
    lines.push(
      '| argument | meaning |\n|---|---|',
      ...command.registeredArguments.map((argument) => {
        const dots = argument.variadic ? '...' : '';
        const [open, close] = argument.required ? ['<', '>'] : ['[', ']'];
        return `| \`${open}${argument.name()}${dots}${close}\` | ${cell(argument.description)} |`;
      }),
      '',
    );
  const options = command.options.filter(({ hidden }) => !hidden);
  if (options.length > 0)
    lines.push(
      '| option | meaning | default |\n|---|---|---|',
      ...options.map(({ flags, description, defaultValue, argChoices, mandatory }) => {
        const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
        const usual =
          defaultValue === undefined ? (mandatory ? 'must be given' : '') : `\`${String(defaultValue)}\``;
        return `| \`${flags}\` | ${cell(description + choices)} | ${cell(usual)} |`;
      }),
      '',
    );
  if (command.commands.length === 0) lines.push(`Exit code 1: ${failureMeaning(command)}.\n`);
  return lines.join('\n');
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** Every generated page, by its path from the root. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/hl7.md', doorPage()],
    ['docs/reference/cli.md', commandPage()],
    ['docs/reference/failures.md', failuresPage(made('the failures in src'))],
    ['docs/reference/hospital.md', hospitalPage(made('src/simulator'))],
    ['docs/reference/transforms.md', transformsPage(made('src/mapping/transforms'))],
    ['docs/reference/site.md', sitePage(made('src/site/record'))],
    ['docs/reference/site.schema.json', siteSchemaText()],
  ]);
}

/** The pages that are not as they would be written. */
export function stalePages(): string[] {
  return [...referencePages()].flatMap(([path, text]) => {
    const file = join(root, path);
    return existsSync(file) && readFileSync(file, 'utf8') === text ? [] : [path];
  });
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--check')) {
    const stale = stalePages();
    for (const path of stale)
      process.stderr.write(`${path} is not up to date: run node scripts/reference.ts\n`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else
    for (const [path, text] of referencePages()) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      process.stdout.write(`${path}: ${text.split('\n').length} lines\n`);
    }
}
