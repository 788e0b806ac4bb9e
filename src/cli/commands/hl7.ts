/** `suture hl7 parse` and `suture hl7 get`: a message from a file, read and shown. */
import type { Command } from 'commander';
import { type Node, PathError } from '../../hl7/index.ts';
import { explain, printJson, printLine, printNote } from '../output.ts';
import { readOne } from './send.ts';

export function addHl7(program: Command): void {
  const hl7 = program.command('hl7').description('read HL7 v2 messages');

  hl7
    .command('parse')
    .description('show a message as a tree of its filled parts')
    .argument('<file>', 'a file, or - for standard input')
    .option('--json', 'the tree as JSON')
    .action((file: string, options: { json?: boolean }) => {
      try {
        const message = readOne(file);
        const tree = message.tree();
        if (options.json) printJson(tree.map(plain));
        else for (const segment of tree) printNode(segment, 0);
        process.exitCode = message.usable ? 0 : 1;
      } catch (error) {
        process.exitCode = explain(error);
      }
    });

  hl7
    .command('get')
    .description('print the value at a path: PID-5.1, PID-3[2].1, PID-3[5=MR].1, OBX[*]-5')
    .argument('<file>', 'a file, or - for standard input')
    .argument('<path>')
    .option('--json', 'a JSON list of all values')
    .action((file: string, path: string, options: { json?: boolean }) => {
      try {
        const message = readOne(file);
        const values = path.includes('*')
          ? message.getAll(path)
          : [message.get(path)].filter((value) => value !== undefined);
        if (options.json) printJson(values);
        else for (const value of values) printLine(value);
        process.exitCode = values.length > 0 ? 0 : 1;
        if (values.length === 0) printNote(`${path} is not in this message.`);
      } catch (error) {
        if (error instanceof PathError) {
          printNote(error.message);
          process.exitCode = 2;
        } else process.exitCode = explain(error);
      }
    });
}

function filled(node: Node): boolean {
  return node.kind !== 'empty' || node.children.some(filled);
}

function printNode(node: Node, depth: number): void {
  if (!filled(node)) return;
  const children = node.children.filter(filled);
  const indent = '  '.repeat(depth);
  if (node.level === 'segment') printLine(node.label);
  else
    printLine(
      `${indent}${node.path}${children.length === 0 ? `  ${node.kind === 'null' ? '""' : node.text}` : ''}`,
    );
  for (const child of children) printNode(child, depth + 1);
}

function plain(node: Node): unknown {
  const children = node.children.filter(filled);
  return {
    path: node.path,
    ...(node.kind === 'null' ? { null: true } : children.length === 0 ? { text: node.text } : {}),
    ...(children.length > 0 ? { children: children.map(plain) } : {}),
  };
}
