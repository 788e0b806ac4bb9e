/** `suture hl7 parse`: messages as trees of their filled parts. */
import type { Command } from 'commander';
import {
  type Dictionary,
  dictionary,
  type Group,
  type Message,
  type Node,
  type Segment,
  structureOf,
} from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun } from './message-run.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';

interface Options {
  readonly names?: boolean;
  readonly groups?: boolean;
  readonly json?: boolean;
}

export function addParse(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('parse')
    .description('show messages as trees of their filled parts')
    .argument('<files...>', 'files, folders, or - for standard input')
    .option('--names', 'with the names of segments and fields')
    .option('--groups', 'by the groups of the message structure')
    .option('--json', 'the tree as JSON; of several messages one line each')
    .action(action(terminal, (files: string[], options: Options) => show(terminal, files, options)));
  exitsWith(command, 'when a message has no usable MSH');
}

async function show(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const run = new MessageRun(terminal, files, options);
  let fine = true;
  for await (const found of run.messages()) {
    const message = await run.parsed(found);
    fine &&= message.usable;
    const { output } = terminal;
    if (options.json) {
      const segments = message.tree().map(plain);
      await writeJson(output, found.only ? segments : { message: found.name, segments });
      continue;
    }
    if (!found.only) await writeLine(output, `== ${found.name}  ${message.header.type}`);
    for (const line of lines(message, options)) await writeLine(output, line);
  }
  await run.finish();
  return fine && run.unreadable === 0 ? 0 : 1;
}

function lines(message: Message, { names, groups }: Options): string[] {
  const known = names ? dictionary(message.header.version) : undefined;
  if (!groups) return message.tree().flatMap((node) => nodeLines(node, 0, known));
  const structure = structureOf(message);
  const nodes = new Map(message.tree().map((node) => [node.path, node]));
  const node = (segment: Segment): Node | undefined => nodes.get(segment.path) ?? nodes.get(segment.id);
  const told = (group: Group, depth: number): string[] =>
    group.members.flatMap((member) => {
      if ('members' in member)
        return [`${'  '.repeat(depth)}${member.name}[${member.occurrence}]`, ...told(member, depth + 1)];
      const own = node(member);
      return own === undefined ? [] : nodeLines(own, depth, known);
    });
  return [structure.id ?? '(no structure is known)', ...told(structure.root, 1)];
}

const filled = (node: Node): boolean => node.kind !== 'empty' || node.children.some(filled);

function nodeLines(node: Node, depth: number, known: Dictionary | undefined): string[] {
  if (!filled(node)) return [];
  const children = node.children.filter(filled);
  const value =
    children.length > 0 || node.level === 'segment' ? '' : `  ${node.kind === 'null' ? '""' : node.text}`;
  const name = known === undefined ? '' : nameOf(node, known);
  return [
    `${'  '.repeat(depth)}${node.level === 'segment' ? node.label : node.path}${value}${name === '' ? '' : `  (${name})`}`,
    ...children.flatMap((child) => nodeLines(child, depth + 1, known)),
  ];
}

/** Segments and fields have names of their own; what is below is named by its type, which says little. */
function nameOf(node: Node, known: Dictionary): string {
  if (node.level === 'segment') return known.segment(node.label)?.name ?? '';
  if (node.level !== 'field') return '';
  return known.segment(node.path.slice(0, 3))?.fields[Number(node.label) - 1]?.name ?? '';
}

function plain(node: Node): unknown {
  const children = node.children.filter(filled);
  return {
    path: node.path,
    ...(node.kind === 'null' ? { null: true } : children.length === 0 ? { text: node.text } : {}),
    ...(children.length > 0 ? { children: children.map(plain) } : {}),
  };
}
