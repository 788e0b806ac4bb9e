/** `suture flows`: the project's flows, and one of them as YAML or as the value that it is. */
import type { Command } from 'commander';
import { connectors } from '../../connectors/index.ts';
import {
  everyStep,
  exhaustedOf,
  needs,
  type Step,
  stepsWithin,
  toYaml,
  triggerText,
} from '../../flow/index.ts';
import { durationText, Failure, nearest } from '../../std/index.ts';
import { explain, printJson, printLine, printTable } from '../output.ts';
import { type LoadedFlow, loadProject } from '../project/index.ts';
import { addFlowsService } from './flows-service.ts';

interface Options {
  readonly project: string;
  readonly yaml?: boolean;
  readonly json?: boolean;
}

export function addFlows(program: Command): void {
  const flows = program.command('flows').description('the project’s flows');
  flows
    .command('list')
    .description('every flow: what starts it, how many steps it has, where it runs')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--json', 'one JSON object a line')
    .action(async (options: Options) => {
      try {
        const { flowFiles } = await loadProject(options.project, process.env);
        if (options.json) for (const { flow, file } of flowFiles) printJson({ ...summary(flow), file });
        else
          printTable(
            ['flow', 'starts on', 'steps', 'sites', 'about'],
            flowFiles.map(({ flow }) => {
              const { name, trigger, steps, sites, about } = summary(flow);
              return [name, trigger, String(steps), sites === 'all' ? 'all' : sites.join(', '), about];
            }),
          );
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
  flows
    .command('show')
    .description('one flow: its steps and what it needs; or as YAML, whatever its file is written in')
    .argument('<flow>', 'the flow’s name')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--yaml', 'as a file of flows/ has it')
    .option('--json', 'the value, and what it needs')
    .action(async (name: string, options: Options) => {
      try {
        const { flowFiles } = await loadProject(options.project, process.env);
        show(found(name, flowFiles), options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
  addFlowsService(flows);
}

const summary = (flow: LoadedFlow['flow']) => ({
  name: flow.name,
  about: flow.about,
  trigger: triggerText(flow.trigger),
  steps: everyStep(flow.steps).length,
  sites: flow.sites,
});

function found(name: string, flows: readonly LoadedFlow[]): LoadedFlow {
  const one = flows.find(({ flow }) => flow.name === name);
  if (one !== undefined) return one;
  const names = flows.map(({ flow }) => flow.name);
  const near = nearest(name, names);
  throw new Failure({
    code: 'FLOW_UNKNOWN',
    kind: 'config',
    message: `There is no flow "${name}".`,
    fix: near
      ? `Did you mean "${near}"?`
      : `Name one of: ${names.join(', ') || 'none'}. "suture check" says what is wrong with others.`,
  });
}

function show({ flow, file }: LoadedFlow, options: Options): void {
  if (options.yaml) {
    process.stdout.write(toYaml(flow));
    return;
  }
  const all = [...connectors.values()].flatMap(({ capabilities }) => capabilities);
  const needed = needs(flow, { capabilities: all });
  if (options.json) {
    printJson({ file, flow: withSourceText(flow), needs: needed });
    return;
  }
  printLine(`${flow.name}${flow.about === '' ? '' : `: ${flow.about}`}`);
  printLine(`  file       ${file}`);
  printLine(`  starts on  ${triggerText(flow.trigger)}`);
  printLine(`  sites      ${flow.sites === 'all' ? 'all' : flow.sites.join(', ')}`);
  printLine(`  order      by ${flow.order}; exhausted: ${exhaustedOf(flow)}`);
  for (const line of promiseLines(flow)) printLine(line);
  printLine(`  needs      ${[...needed.connections, ...needed.scopes].join(', ') || 'nothing'}`);
  printLine();
  for (const step of flow.steps) printStep(step, '  ');
}

/** What the flow says of how long it keeps and how fast it is, where it says it. */
function promiseLines({ retention, service }: LoadedFlow['flow']): string[] {
  const kept = [
    ...(retention?.days === undefined ? [] : [`${retention.days} days`]),
    ...(retention?.dead === undefined ? [] : [`${retention.dead} with a dead letter`]),
  ];
  const promised = [
    ...(service?.endToEnd === undefined ? [] : [`end to end within ${durationText(service.endToEnd)}`]),
    ...(service?.silence === undefined
      ? []
      : [
          service.silence === 'learn'
            ? 'silence told by what is usual'
            : `silence told after ${durationText(service.silence)}`,
        ]),
  ];
  return [
    ...(kept.length === 0 ? [] : [`  keeps      messages for ${kept.join(', ')}`]),
    ...(promised.length === 0 ? [] : [`  promises   ${promised.join('; ')}`]),
  ];
}

function printStep(step: Step, indent: string): void {
  const what = 'connection' in step ? `  ${step.do} at ${step.connection}` : '';
  printLine(`${indent}${step.kind.padEnd(9)} ${step.id}${what}`);
  if (step.kind === 'route') {
    for (const { name, steps } of step.branches) {
      printLine(`${indent}  ${name}:`);
      for (const inner of steps) printStep(inner, `${indent}    `);
    }
    if (typeof step.otherwise === 'string') printLine(`${indent}  otherwise: ${step.otherwise}`);
    else {
      printLine(`${indent}  otherwise:`);
      for (const inner of step.otherwise) printStep(inner, `${indent}    `);
    }
    return;
  }
  for (const list of stepsWithin(step)) for (const inner of list) printStep(inner, `${indent}  `);
}

/** Code as its text: JSON has no functions. */
const withSourceText = (flow: LoadedFlow['flow']): never =>
  JSON.parse(
    JSON.stringify(flow, (_, value: unknown) => (typeof value === 'function' ? String(value) : value)),
  ) as never;
