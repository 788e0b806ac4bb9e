/** What a flow needs, computed from its value: what a site must grant, fill and have. */
import type { Capability, ResourceSpec } from '../connectors/index.ts';
import {
  type CodeUse,
  type Condition,
  compilePath,
  compileSource,
  conditionSources,
  mapValueSets,
  type PathStep,
  ruleSources,
} from '../mapping/index.ts';
import type { Flow, Step, Trigger } from './flow.ts';
import { everyStep } from './nested.ts';
import { resourceOf } from './prepare.ts';

export interface Catalogue {
  readonly capabilities: readonly Capability[];
  /** What learning a resource's changes needs. */
  readonly resources?: readonly ResourceSpec[];
}

export interface FlowNeeds {
  readonly trigger: Trigger;
  /** SMART scopes, sorted: `system/Patient.rs`. */
  readonly scopes: readonly string[];
  /** By resource or HL7 segment, the elements that are read, sorted: `{ Patient: ['name.family'], PID: ['PID-5.1'] }`. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly capabilities: readonly { readonly connection: string; readonly do: string }[];
  readonly connections: readonly string[];
  /** Value set maps that it looks codes up in, sorted. */
  readonly valueSets: readonly string[];
  /** Files of maps/ that it maps by, sorted. */
  readonly maps: readonly string[];
}

/**
 * @example
 * needs(flow, { capabilities }).scopes // ['system/Appointment.rs', 'system/Patient.rs']
 */
export function needs(flow: Flow, catalogue: Catalogue = { capabilities: [] }): FlowNeeds {
  const scopes = new Set<string>();
  const fields = new FieldList();
  const capabilities = new Map<string, { connection: string; do: string }>();
  const resources = new Map<string, string>();
  const valueSets = new Set<string>();
  const maps = new Set<string>();
  const { trigger } = flow;
  if (trigger.kind === 'event' || trigger.kind === 'bulk') {
    resources.set('event', trigger.resource);
    const spec = catalogue.resources?.find((each) => each.resource === trigger.resource);
    for (const scope of spec?.scopes.learn ?? []) scopes.add(scope);
  }
  for (const step of everyStep(flow.steps)) {
    for (const source of sourcesOf(step)) addField(fields, source, trigger, resources);
    for (const { map } of valueSetsOf(step)) valueSets.add(map);
    if (step.kind === 'map' && step.map !== undefined) maps.add(step.map);
    if (!('connection' in step)) continue;
    capabilities.set(`${step.connection} ${step.do}`, { connection: step.connection, do: step.do });
    const capability = catalogue.capabilities.find((each) => each.name === step.do);
    for (const scope of capability?.scopes ?? []) scopes.add(scope);
    if (step.kind !== 'find' && step.kind !== 'read') continue;
    const resource = capability?.resource ?? resourceOf(step.do);
    if (resource === undefined) continue;
    resources.set(step.id, resource);
    for (const path of Object.keys(step.verify ?? {}))
      fields.add(resource, elements(compilePath(path).steps));
  }
  return {
    trigger,
    scopes: [...scopes].sort(),
    fields: fields.sorted(),
    capabilities: [...capabilities.values()],
    connections: [...new Set([...capabilities.values()].map((each) => each.connection))].sort(),
    valueSets: [...valueSets].sort(),
    maps: [...maps].sort(),
  };
}

/** Every source that a step reads, not those of steps within it. */
export function sourcesOf(step: Step): readonly string[] {
  const of = (condition: Condition | undefined): readonly string[] =>
    condition ? conditionSources(condition) : [];
  const own = ((): readonly string[] => {
    switch (step.kind) {
      case 'map':
        return [
          ...Object.values(step.fields ?? {}).flatMap(ruleSources),
          ...(step.hl7?.write ?? []),
          ...Object.values(step.hl7?.fields ?? {}).flatMap(ruleSources),
        ];
      case 'lookup':
        return [step.code];
      case 'route':
        return step.branches.flatMap((branch) => of(branch.when));
      case 'for-each':
        return [step.in];
      case 'filter':
        return of(step.that);
      case 'code':
        return Object.values(step.reads);
      case 'wait':
        return step.until === undefined ? [] : [step.until];
      case 'approve':
        return Object.values(step.show).flatMap(ruleSources);
      case 'respond':
        return typeof step.cards === 'string'
          ? [step.cards]
          : step.cards.flatMap((each) => [
              ...of(each.when),
              ...Object.values(each.card).flatMap(ruleSources),
            ]);
      case 'find':
      case 'read':
        return [...Object.values(step.args).flatMap(ruleSources), ...Object.values(step.verify ?? {})];
      default:
        return Object.values(step.args).flatMap(ruleSources);
    }
  })();
  return [...of(step.when), ...own];
}

/** Value set maps that a step looks codes up in: its own, and those of its fields' rules. */
function valueSetsOf(step: Step): readonly CodeUse[] {
  const maps = [
    ...(step.kind === 'map' ? [step.fields, step.hl7?.fields] : []),
    ...('args' in step ? [step.args] : []),
  ];
  const named = maps.flatMap((map) => mapValueSets(map ?? {}).map(({ use }) => use));
  return step.kind === 'lookup' ? [{ map: step.valueSet, back: step.to === 'theirs' }, ...named] : named;
}

/**
 * Value set maps that a flow looks codes up in on the way back, from ours to the site's. Fields that stand in files of maps/ are the
 * project's to add.
 */
export const valueSetsBack = (flow: Flow): readonly string[] =>
  [...everyStep(flow.steps)].flatMap((step) =>
    valueSetsOf(step).flatMap(({ map, back }) => (back ? [map] : [])),
  );

function addField(
  fields: FieldList,
  source: string,
  trigger: Trigger,
  resources: ReadonlyMap<string, string>,
): void {
  const { root, path, steps } = compileSource(source);
  if (root === 'hl7') {
    fields.add(path.slice(0, 3), path);
    return;
  }
  const [first, ...rest] = steps;
  if (root === 'event' && trigger.kind === 'hl7') {
    const part = first?.kind === 'key' ? first.key : '';
    if (part === 'patient' || part === 'encounter')
      fields.add(part === 'patient' ? 'Patient' : 'Encounter', elements(rest));
    return;
  }
  const resource = resources.get(root);
  if (resource !== undefined) fields.add(resource, elements(steps));
}

/** Element names, without indices and conditions: `identifier.value`. The whole resource is `*`. */
const elements = (steps: readonly PathStep[]): string =>
  steps.flatMap((step) => (step.kind === 'key' ? [step.key] : [])).join('.');

class FieldList {
  readonly #byResource = new Map<string, Set<string>>();

  add(resource: string, element: string): void {
    const known = this.#byResource.get(resource) ?? new Set<string>();
    this.#byResource.set(resource, known.add(element === '' ? '*' : element));
  }

  sorted(): Readonly<Record<string, readonly string[]>> {
    const entries = [...this.#byResource].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([resource, list]) => [resource, [...list].sort()]));
  }
}
