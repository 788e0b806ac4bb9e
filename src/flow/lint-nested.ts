/** What is wrong with routes, lists, look-ups, maps and code, each by itself. */
import { path } from '../hl7/index.ts';
import { writingEvents } from '../mapping/index.ts';
import { nearest } from '../std/index.ts';
import type { CodeStep, Flow, ForEachStep, LookupStep, MapStep, RouteStep } from './flow.ts';
import { everyStep, MOST_ITEMS } from './nested.ts';

type Add = (part: string, reason: string, fix: string) => void;

export function lintRoute(step: RouteStep, add: Add): void {
  if (step.branches.length === 0)
    add('branches', 'there is no branch', 'Name at least one way and its condition.');
  const names = new Set<string>();
  for (const { name, steps } of step.branches) {
    if (!/^[A-Za-z][A-Za-z0-9 _-]*$/.test(name))
      add(`branches.${name}`, 'it is no name', 'Begin with a letter; then letters, digits, spaces, _ and -.');
    if (name === 'otherwise' || names.has(name))
      add(`branches.${name}`, 'another way has this name', 'Rename it.');
    if (steps.length === 0)
      add(`branches.${name}`, 'it has no steps', 'Add one, or leave the branch to otherwise.');
    names.add(name);
  }
  const { otherwise } = step;
  if (typeof otherwise === 'string' && !['filter', 'fail', 'continue'].includes(otherwise))
    add('otherwise', `there is no "${otherwise}"`, 'Write filter, fail or continue, or give steps.');
  if (typeof otherwise !== 'string' && !Array.isArray(otherwise))
    add(
      'otherwise',
      'nothing is said of what fits no branch',
      'Write filter, fail or continue, or give steps.',
    );
  if (Array.isArray(otherwise) && otherwise.length === 0)
    add('otherwise', 'it has no steps', 'Write continue, or add a step.');
}

export function lintForEach(step: ForEachStep, taken: readonly string[], flow: Flow, add: Add): void {
  const ids = everyStep(flow.steps).map(({ id }) => id);
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(step.as))
    add('as', `"${step.as}" is no name`, 'Call the item by a name: as: participant.');
  if (step.as === 'hl7' || taken.includes(step.as) || ids.includes(step.as))
    add('as', `"${step.as}" is taken: sources use it for something else`, 'Call the item by another name.');
  if (step.steps.length === 0) add('steps', 'nothing is done for an item', 'Add a step.');
  if (!(Number.isInteger(step.atMost) && step.atMost > 0 && step.atMost <= MOST_ITEMS))
    add('atMost', 'it is no number of items', `Give a whole number from 1 to ${MOST_ITEMS}.`);
  for (const inner of everyStep(step.steps)) {
    if (inner.kind !== 'wait' && inner.kind !== 'approve') continue;
    add(
      '',
      `"${inner.id}" sleeps in the middle of a list: the delivery has one sleep at a time`,
      'Put it before or behind the list, or start a flow for each item.',
    );
  }
}

export function lintLookup(step: LookupStep, known: readonly string[] | undefined, add: Add): void {
  if (step.to !== undefined && step.to !== 'ours' && step.to !== 'theirs')
    add('to', `there is no "${String(step.to)}"`, 'Write ours or theirs.');
  if (known === undefined || known.includes(step.valueSet)) return;
  const near = nearest(step.valueSet, known);
  add(
    'valueSet',
    `there is no value set map "${step.valueSet}"`,
    near ? `Did you mean "${near}"?` : `Make maps/${step.valueSet}.csv.`,
  );
}

export function lintMapStep({ fields, map, hl7 }: MapStep, add: Add): void {
  const given = [map ?? fields, hl7].filter((each) => each !== undefined).length;
  if (given !== 1)
    add('', 'it is to be one of fields, a map and an HL7 message', 'Give one of fields, map and hl7.');
  if (map !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(map))
    add('map', `"${map}" is no name of a map`, 'Name the file without folder and ending: contact.');
  if (hl7 === undefined) return;
  for (const target of Object.keys(hl7.fields ?? {})) {
    try {
      path(target);
    } catch {
      add(`hl7.fields.${target}`, `"${target}" is no HL7 path`, 'Write it like PID-5.1; it counts from 1.');
    }
  }
  const { type, copy, write } = hl7;
  if (copy && write !== undefined) add('hl7', 'it starts from two things', 'Give copy or write, not both.');
  if (!copy && (type === undefined || !/^[A-Z0-9]{3}\^[A-Z0-9]{3}/.test(type)))
    add('hl7.type', 'no type of message is given', "Write it as 'ADT^A08'.");
  if (write !== undefined && type !== undefined && !writingEvents.some((event) => event === type)) {
    const near = nearest(type, writingEvents);
    add(
      'hl7.type',
      `resources cannot be written as "${type}"`,
      near ? `Did you mean "${near}"?` : `Use one of: ${writingEvents.join(', ')}.`,
    );
  }
}

export function lintCode({ run, script }: CodeStep, add: Add): void {
  if (run === undefined && script === undefined)
    add('run', 'there is no code', 'Give a function, or script: the name of a file.');
  else if (run !== undefined && script !== undefined)
    add('run', 'there is a function and a script', 'Give one of the two.');
  else if (run !== undefined && typeof run !== 'function')
    add('run', 'it is no function', 'Give the code as a function.');
  if (
    script !== undefined &&
    (!/^[\w./-]+\.js$/.test(script) || script.split('/').includes('..') || script.startsWith('/'))
  )
    add(
      'script',
      `"${script}" is no file of the project`,
      'Name a .js file below the project’s folder: scripts/price.js.',
    );
}
