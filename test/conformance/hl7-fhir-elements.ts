/**
 * A bundle as a list of resources, each as its elements: a path without positions, and a value. So two bundles can be
 * compared by what they say, whatever ids, order or wrapping they have.
 */
import type { AnyBundle, AnyResource, PairSet } from './hl7-fhir-corpus.ts';

export interface Leaf {
  /** `name.given`, `extension[patient-birthPlace].valueAddress.city`. */
  readonly path: string;
  /** The value as text; of a reference, the type that it leads to. */
  readonly value: string;
  /** Of a reference to a resource of the same bundle: its position in the list. */
  readonly target?: number;
}

export interface Elements {
  readonly type: string;
  readonly leaves: readonly Leaf[];
}

/** What is left out of the comparison, with the number of elements that it was. */
export type Excluded = Map<string, number>;

/** Extensions, systems and agents that the converters made up: no guide has them. */
const own = /reportstream\.cdc\.gov|^http:\/\/example\.com\/|suture/;

const reasons = {
  ids: 'ids, and version, time and profile of meta',
  narrative: 'narrative text',
  wording: 'type, display and identifier beside a reference that leads to a resource of the bundle',
  own: "a converter's own extensions and systems (reportstream.cdc.gov, example.com)",
  run: "the converter's own run: who assembled the bundle, and when",
  duplicate: 'the same resource a second time in one bundle',
} as const;

/** The resources of a bundle, the contained ones among them, each thing once. */
export function elementsOf(
  bundle: AnyBundle,
  excluded: Excluded = new Map(),
  set?: PairSet,
): readonly Elements[] {
  const exclude = (reason: keyof typeof reasons, count = 1): void => {
    excluded.set(reasons[reason], (excluded.get(reasons[reason]) ?? 0) + count);
  };
  const resources: AnyResource[] = [];
  /** Of each resource the one that contains it, or itself: `#id` means one contained in the same. */
  const owners: number[] = [];
  const positions = new Map<string, number>();
  for (const { fullUrl, resource } of bundle.entry ?? []) {
    if (resource === undefined) continue;
    const contained = (resource.contained ?? []) as readonly AnyResource[];
    const owner = resources.length;
    if (fullUrl !== undefined) positions.set(fullUrl, owner);
    if (resource.id !== undefined) positions.set(`${resource.resourceType}/${resource.id}`, owner);
    contained.forEach((inner, index) => {
      positions.set(`${owner}#${inner.id}`, owner + 1 + index);
    });
    resources.push(resource, ...contained);
    owners.push(owner, ...contained.map(() => owner));
  }

  const leavesOf = (resource: AnyResource, owner: number): Leaf[] => {
    const leaves: Leaf[] = [];
    const count = (value: unknown): number =>
      value === null || typeof value !== 'object'
        ? 1
        : Object.values(value).reduce((sum: number, each) => sum + count(each), 0);
    const walk = (value: unknown, path: string): void => {
      if (value === null || value === undefined) return;
      if (Array.isArray(value)) {
        for (const each of value) walk(each, path);
        return;
      }
      if (typeof value !== 'object') {
        if (own.test(String(value)) && /(^|\.)system$/.test(path)) exclude('own');
        else leaves.push({ path, value: valueText(value) });
        return;
      }
      const object = value as Record<string, unknown>;
      const { url, reference } = object;
      if (typeof url === 'string' && /extension$/i.test(path)) {
        if (own.test(url)) exclude('own', count(value));
        else
          for (const [name, each] of Object.entries(object))
            if (name !== 'url' && name !== 'id') walk(each, `${path}[${url.replace(/^.*\//, '')}].${name}`);
        return;
      }
      const target =
        typeof reference === 'string'
          ? positions.get(reference.startsWith('#') ? `${owner}${reference}` : reference)
          : undefined;
      if (typeof reference === 'string') {
        const type =
          target === undefined ? (reference.split('/').at(-2) ?? '') : resources[target]?.resourceType;
        leaves.push({ path, value: `to ${type}`, ...(target === undefined ? {} : { target }) });
      }
      for (const [name, each] of Object.entries(object)) {
        if (name === 'reference' && typeof reference === 'string') continue;
        if (target !== undefined && /^(type|display|identifier)$/.test(name)) exclude('wording', count(each));
        else walk(each, path === '' ? name : `${path}.${name}`);
      }
    };
    for (const [name, value] of Object.entries(resource)) {
      if (name === 'resourceType' || name === 'contained') continue;
      if (name === 'id') exclude('ids');
      else if (name === 'text') exclude('narrative');
      else if (name === 'meta') {
        const { tag, security, ...rest } = value as Record<string, unknown>;
        walk({ tag, security }, 'meta');
        exclude('ids', count(rest));
      } else if (set !== 'ms-fhir-converter' && resource.resourceType === 'Provenance' && name === 'recorded')
        exclude('run');
      else walk(value, name);
    }
    return leaves;
  };

  const all = resources.map((resource, index) => ({
    type: resource.resourceType,
    leaves: leavesOf(resource, owners[index] as number),
  }));
  const kept = all.map(({ leaves }) => {
    const run = leaves.some(
      ({ value }) => value === 'v2-FHIR transformation' || value === 'CDC PRIME - Atlanta',
    );
    if (run) exclude('run', leaves.length);
    return !run;
  });
  return withoutDuplicates(all, kept, (count) => exclude('duplicate', count));
}

/** Two resources that say the same, and refer to what says the same, are one. */
function withoutDuplicates(
  all: readonly Elements[],
  kept: readonly boolean[],
  exclude: (count: number) => void,
): readonly Elements[] {
  const said = (index: number, depth: number): string => {
    const { type, leaves } = all[index] as Elements;
    const lines = leaves.map(({ path, value, target }) =>
      target === undefined || depth === 0 ? `${path}=${value}` : `${path}=(${said(target, depth - 1)})`,
    );
    return `${type}:${lines.sort().join(';')}`;
  };
  const first = new Map<string, number>();
  const places = all.map(() => -1);
  const order: number[] = [];
  all.forEach((each, index) => {
    if (!kept[index]) return;
    const key = said(index, 3);
    const known = first.get(key);
    if (known !== undefined) exclude(each.leaves.length);
    else first.set(key, order.push(index) - 1);
    places[index] = known ?? order.length - 1;
  });
  return order.map((index) => {
    const { type, leaves } = all[index] as Elements;
    return {
      type,
      leaves: leaves.map(({ path, value, target }) =>
        target === undefined || places[target] === -1
          ? { path, value }
          : { path, value, target: places[target] as number },
      ),
    };
  });
}

/** Times with an offset are equal when they are the same instant, numbers when they are the same number. */
function valueText(value: unknown): string {
  const text = String(value).trim();
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return text;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? text : new Date(instant).toISOString();
}
