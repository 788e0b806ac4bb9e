/** What differs between the project that runs and another one, by flow, site and map, in words. Pure. */
import { everyStep, type Flow, flowVersion, triggerText } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { mapChanges } from './map-changes.ts';
import { leafText, leaves, said } from './words.ts';

export interface Change {
  /** What it is about; of a map or another file its path. */
  readonly of: 'flow' | 'site' | 'map' | 'file';
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** `step "notice": patient.mrn is now taken from "hl7:PID-3.1" (was "hl7:PID-2.1")` */
  readonly text: string;
}

/** A project as far as changes are told of it. */
export interface Compared {
  readonly flows: readonly Flow[];
  readonly sites: readonly SiteRecord[];
  /** By path, the text of a file; asked for those that differ. */
  readonly text: (path: string) => string | undefined;
  /** `flows` */
  readonly flowsFolder: string;
}

/** @param paths Of files that are not the same in both. */
export function changesBetween(
  before: Compared,
  next: Compared,
  paths: readonly string[],
): readonly Change[] {
  const told = [
    ...namedChanges('site', before.sites, next.sites, ({ site }) => site, siteTexts),
    ...namedChanges('flow', before.flows, next.flows, ({ name }) => name, flowTexts),
  ];
  // A flow's own file says nothing more than its flow, as long as that says something.
  const flowTold = told.some(({ of }) => of === 'flow');
  const others = paths.filter((path) => !flowTold || !path.startsWith(`${next.flowsFolder}/`));
  return [...told, ...others.flatMap((path) => fileChanges(path, before.text(path), next.text(path)))];
}

function namedChanges<Value>(
  of: 'flow' | 'site',
  before: readonly Value[],
  next: readonly Value[],
  nameOf: (value: Value) => string,
  texts: (before: Value, next: Value) => readonly string[],
): readonly Change[] {
  const were = new Map(before.map((one) => [nameOf(one), one]));
  const are = new Set(next.map(nameOf));
  return [
    ...next.flatMap((one): Change[] => {
      const name = nameOf(one);
      const was = were.get(name);
      if (was === undefined) return [{ of, name, kind: 'added', text: `the ${of} is new` }];
      return texts(was, one).map((text) => ({ of, name, kind: 'changed' as const, text }));
    }),
    ...[...were.keys()]
      .filter((name) => !are.has(name))
      .map((name): Change => ({ of, name, kind: 'removed', text: `the ${of} is removed` })),
  ];
}

/** Records are told field by field; connections by their names. */
function siteTexts(before: SiteRecord, next: SiteRecord): readonly string[] {
  return leaves(before, next).map((leaf) => {
    const [, connection, inside] = /^connections\.([^.[]+)(?:\.(.*))?$/.exec(leaf.path) ?? [];
    if (connection === undefined) return leafText(leaf);
    if (inside === undefined)
      return `the connection ${connection} is ${leaf.before === undefined ? 'new' : 'removed'}`;
    return `connection ${connection}: ${leafText({ ...leaf, path: inside })}`;
  });
}

type Steps = ReturnType<typeof everyStep>;

/** A step without the steps inside it: these are told by themselves. */
const plain = (step: Steps[number]): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(step, (key, value: unknown) => {
      if (typeof value === 'function') return String(value);
      const nested = Array.isArray(value) && value.length > 0 && value.every(isStep);
      return key !== '' && nested ? value.map((one) => one.id) : value;
    }),
  ) as Record<string, unknown>;

const isStep = (value: unknown): value is { id: string } =>
  typeof value === 'object' && value !== null && 'id' in value && 'kind' in value;

const stepText = (step: Steps[number]): string =>
  'connection' in step && 'do' in step ? `${step.kind} ${step.connection} ${step.do}` : step.kind;

/** Left out: words for people, types, and what is told by itself. */
const TOLD_APART = new Set(['name', 'about', 'steps', 'trigger', 'sites', 'order']);

function flowTexts(before: Flow, next: Flow): readonly string[] {
  const told: string[] = [];
  const [was, now] = [triggerText(before.trigger), triggerText(next.trigger)];
  if (was !== now) told.push(`it starts on ${now} (was ${was})`);
  else
    told.push(
      ...leaves(JSON.parse(JSON.stringify(before.trigger)), JSON.parse(JSON.stringify(next.trigger))).map(
        (leaf) => leafText({ ...leaf, path: `trigger ${leaf.path}` }),
      ),
    );
  if (before.order !== next.order)
    told.push(`its order is now by ${said(next.order)} (was ${said(before.order)})`);
  if (JSON.stringify(before.sites) !== JSON.stringify(next.sites))
    told.push(`it runs at ${sitesText(next)} (was ${sitesText(before)})`);
  const others = (flow: Flow) =>
    JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(flow).filter(([key]) => !TOLD_APART.has(key)))),
    );
  told.push(...leaves(others(before), others(next)).map(leafText));
  told.push(...stepTexts(everyStep(before.steps), everyStep(next.steps)));
  // What is left is what a version sees and words do not.
  if (told.length === 0 && flowVersion(before) !== flowVersion(next)) told.push('its value is another');
  return told;
}

const sitesText = ({ sites }: Flow): string =>
  sites === 'all' ? 'all sites' : sites.join(', ') || 'no site';

function stepTexts(before: Steps, next: Steps): readonly string[] {
  const were = new Map(before.map((step) => [step.id, step]));
  const are = new Set(next.map(({ id }) => id));
  const told: string[] = [];
  let behind: string | null = null;
  for (const step of next) {
    const was = were.get(step.id);
    if (was === undefined)
      told.push(
        `step "${step.id}" is new (${stepText(step)}, ${behind === null ? 'the first' : `behind "${behind}"`})`,
      );
    else if (was.kind !== step.kind)
      told.push(`step "${step.id}" is now ${stepText(step)} (was ${stepText(was)})`);
    else
      told.push(...leaves(plain(was), plain(step)).map((leaf) => `step "${step.id}": ${sourceText(leaf)}`));
    behind = step.id;
  }
  for (const step of before)
    if (!are.has(step.id)) told.push(`step "${step.id}" is gone (was ${stepText(step)})`);
  const common = (steps: Steps): string =>
    steps
      .filter(({ id }) => are.has(id) && were.has(id))
      .map(({ id }) => id)
      .join(', ');
  if (common(before) !== common(next)) told.push(`its steps go in another order: ${common(next)}`);
  return told;
}

/** `patient.mrn is now taken from "hl7:PID-3.1" (was "hl7:PID-2.1")` */
function sourceText({ path, before, after }: { path: string; before: unknown; after: unknown }): string {
  if (path === 'run') return 'its code has changed';
  const [, target, how] = /^(?:fields|args)\.(.+?)(?:\.(from|value))?$/.exec(path) ?? [];
  if (target === undefined) return leafText({ path, before, after });
  const taken = how === 'value' ? '' : 'taken from ';
  if (before === undefined) return `${target} is new, ${taken}${said(after)}`;
  if (after === undefined) return `${target} is gone (was ${taken}${said(before)})`;
  return `${target} is now ${taken}${said(after)} (was ${said(before)})`;
}

function fileChanges(path: string, before: string | undefined, next: string | undefined): readonly Change[] {
  const isMap = /(^|\/)maps\/.+\.(csv|ya?ml)$/.test(path);
  if (isMap) return mapChanges(path, before, next);
  // Records and flows were told by what they say; what is left are files that they use.
  if (/(^|\/)(site|overlays\/[^/]+)\.ya?ml$/.test(path) || /^(package|tsconfig)\.json$/.test(path)) return [];
  const kind = before === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
  return [
    { of: 'file', name: path, kind, text: kind === 'added' ? 'the file is new' : `the file is ${kind}` },
  ];
}
