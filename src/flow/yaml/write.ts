/** Flows written as YAML: one text for one value, which reads back as that value. */
import { Document, isMap, isSeq, type Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { Failure } from '../../std/index.ts';
import type { Branch, Flow, Step } from '../flow.ts';
import { CARD, HEAD, type Key, type Shape, STEPS, TRIGGERS } from './shapes.ts';

type Obj = Readonly<Record<string, unknown>>;

/** Lengths of time up to this are told in the largest unit that leaves no rest. */
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const;

/** A map or a list that is written on one line when it has no more characters than these. */
const ONE_LINE = 88;

/**
 * The canonical text of a flow: keys in one order, what is usual left out, small things on one line.
 * @throws Failure `config`, FLOW_NOT_DATA: a code step holds a function, which YAML cannot.
 * @example
 * readFlow(toYaml(flow)).flow // the flow, as plain data
 */
export function toYaml(flow: Flow): string {
  const document = new Document();
  const head: [string, Node][] = [
    ['flow', scalar(flow.name)],
    ...written(flow as unknown as Obj, HEAD.slice(0, 1)),
    ...(flow.sites === 'all' ? [] : [['sites', compact(data(flow.sites))] as [string, Node]]),
    ['on', triggerNode(flow)],
    ...written(flow as unknown as Obj, HEAD.slice(1)),
    ['steps', list(flow.steps.map(stepNode))],
  ];
  document.contents = block(head) as never;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true, indentSeq: true });
}

function triggerNode({ trigger }: Flow): Node {
  if (trigger.kind === 'manual') return scalar('manual');
  const map = block(written(trigger as unknown as Obj, TRIGGERS[trigger.kind]));
  return compact(map);
}

function stepNode(step: Step): Node {
  if (step.kind === 'code' && step.script === undefined) throw notData(step.id);
  const value = step as unknown as Obj;
  return block([
    [step.kind, scalar(step.id)],
    ...(step.when === undefined ? [] : [['when', compact(data(step.when))] as [string, Node]]),
    ...written(value, keysOf(step)),
  ]);
}

/** What a map by file says is in the file; a script's text is in its file. */
const keysOf = (step: Step): readonly Key[] =>
  step.kind === 'map' && step.map !== undefined
    ? STEPS.map.filter(({ key }) => key === 'file')
    : STEPS[step.kind];

function written(value: Obj, keys: readonly Key[]): [string, Node][] {
  return keys.flatMap(({ key, name = key, shape, usual }): [string, Node][] => {
    const given = value[name];
    if (given === undefined || (usual !== undefined && same(given, usual))) return [];
    return [[key, nodeOf(given, shape)]];
  });
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function nodeOf(value: unknown, shape: Shape): Node {
  if (typeof shape === 'object' && 'group' in shape)
    return compact(block(written(value as Obj, shape.group)));
  switch (shape) {
    case 'duration':
    case 'silence':
      return scalar(typeof value === 'number' ? durationText(value) : value);
    case 'steps':
      return list((value as readonly Step[]).map(stepNode));
    case 'otherwise':
      return typeof value === 'string' ? scalar(value) : list((value as readonly Step[]).map(stepNode));
    case 'branches':
      return block(
        (value as readonly Branch[]).map(({ name, when, steps }) => [
          name,
          block([
            ['when', compact(data(when))],
            ['steps', list(steps.map(stepNode))],
          ]),
        ]),
      );
    case 'fields':
      return block(Object.entries(value as Obj).map(([target, rule]) => [target, compact(data(rule))]));
    case 'cards':
      if (typeof value === 'string') return scalar(value);
      return list((value as readonly Obj[]).map((card) => block(written(card, CARD))));
    default:
      return compact(data(value));
  }
}

function durationText(ms: number): string | number {
  const [size, unit] = UNITS.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  // Whole milliseconds have a unit; what no unit fits is written as the number that it is.
  return Number.isInteger(ms) && ms > 0 && ms / size <= 1e15 ? `${ms / size}${unit}` : ms;
}

// ---------------------------------------------------------------- nodes

const scalar = (value: unknown): Scalar => new Scalar(value);

function block(entries: readonly (readonly [string, Node])[]): YAMLMap {
  const map = new YAMLMap();
  for (const [name, node] of entries) map.add({ key: scalar(name), value: node });
  if (entries.length === 0) map.flow = true;
  return map;
}

function list(nodes: readonly Node[]): YAMLSeq {
  const seq = new YAMLSeq();
  seq.items = [...nodes];
  if (nodes.length === 0) seq.flow = true;
  return seq;
}

/** JSON as nodes, in the order it has. */
function data(value: unknown): Node {
  if (Array.isArray(value)) return list(value.map(data));
  if (typeof value === 'object' && value !== null)
    return block(
      Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .map(([name, each]) => [name, data(each)]),
    );
  return scalar(value);
}

/** On one line, if it is short. */
function compact<Each extends Node>(node: Each): Each {
  if ((isMap(node) || isSeq(node)) && JSON.stringify(node.toJSON()).length <= ONE_LINE) flatten(node);
  return node;
}

function flatten(node: unknown): void {
  if (isMap(node)) {
    node.flow = true;
    for (const { value } of node.items) flatten(value);
  } else if (isSeq(node)) {
    node.flow = true;
    for (const item of node.items) flatten(item);
  }
}

const notData = (id: string): Failure =>
  new Failure({
    code: 'FLOW_NOT_DATA',
    kind: 'config',
    message: `The code step "${id}" is a function of TypeScript, which YAML cannot hold.`,
    fix: 'Move the code to a file of scripts/ and name it with script, or keep the flow in TypeScript.',
    at: { step: id },
  });
