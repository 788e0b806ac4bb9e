/**
 * FHIR resources read with a memory of what was read: what nobody took is what the message does not carry, so that no
 * element can be lost without a finding.
 */

/** A resource as JSON; any resource of R4 is one, typed or not. */
export type AnyResource =
  | { readonly resourceType: string; readonly id?: string }
  | { readonly resourceType: string; readonly [element: string]: unknown };

/** A Bundle of any type, or the resources alone. */
export type GivenResources =
  | readonly AnyResource[]
  | {
      readonly resourceType: 'Bundle';
      readonly entry?: readonly { readonly fullUrl?: string; readonly resource?: AnyResource }[];
    };

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What says nothing about the patient or the visit: ids of a server, versions, generated text. */
const frame = new Set(['resourceType', 'id', 'meta', 'text', 'implicitRules', 'language', 'contained']);

/** NM has no exponent (chapter 2A, NM), which JSON's numbers may have. */
const decimal = (number: number): string =>
  /e/.test(String(number))
    ? number.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
    : String(number);

/** One element and what is below, of a resource that was given. */
export class Given {
  readonly path: string;
  readonly #value: Json;
  readonly #taken: Set<string>;

  constructor(value: Json, path: string, taken: Set<string> = new Set()) {
    this.#value = value;
    this.path = path;
    this.#taken = taken;
  }

  /** The path of an element below, for findings: `Patient.name[0].family`. */
  at(name: string): string {
    return `${this.path}.${name}`;
  }

  /** A single value as text; nothing where there is none, or where a list or an object stands. */
  text(name: string): string | undefined {
    const value = this.#value[name];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    this.#taken.add(this.at(name));
    const text = typeof value === 'number' ? decimal(value) : String(value);
    return text.trim() === '' ? undefined : text;
  }

  /** As `text`, without taking it. */
  peek(name: string): string | undefined {
    const value = this.#value[name];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#value[name];
    if (!Array.isArray(value)) return [];
    this.#taken.add(this.at(name));
    return value.filter((each): each is string => typeof each === 'string' && each.trim() !== '');
  }

  child(name: string): Given | undefined {
    const value = this.#value[name];
    return isObject(value) ? new Given(value, this.at(name), this.#taken) : undefined;
  }

  all(name: string): readonly Given[] {
    const value = this.#value[name];
    if (!Array.isArray(value)) return [];
    return value.flatMap((each: unknown, index) =>
      isObject(each) ? [new Given(each, `${this.at(name)}[${index}]`, this.#taken)] : [],
    );
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined;
  }

  /** Marks elements, with all below, as carried or as saying nothing. */
  take(...names: readonly string[]): void {
    for (const name of names) this.#taken.add(this.at(name));
  }

  /** Marks this element whole. */
  takeAll(): void {
    this.#taken.add(this.path);
  }

  /** True when both say the same. */
  sameAs(other: Given): boolean {
    return JSON.stringify(this.#value) === JSON.stringify(other.#value);
  }

  /** Extensions with this address; they count as taken. */
  extensions(url: string): readonly Given[] {
    const found = this.all('extension').filter((each) => each.peek('url') === url);
    for (const each of found) each.take('url');
    return found;
  }

  /** The paths of what was not taken: of a subtree of which nothing was, its root. */
  left(): readonly string[] {
    return this.#left(this.#value, this.path, true) ?? [this.path];
  }

  /** `undefined` when nothing at all below was taken. */
  #left(value: unknown, path: string, top: boolean): readonly string[] | undefined {
    if (this.#taken.has(path)) return [];
    if (typeof value !== 'object' || value === null) return undefined;
    const below = Array.isArray(value)
      ? value.map((each: unknown, index) => [`${path}[${index}]`, each] as const)
      : Object.entries(value)
          .filter(([name]) => !top || !frame.has(name))
          .map(([name, each]) => [`${path}.${name}`, each] as const);
    const lists = below.map(([at, each]) => this.#left(each, at, false));
    if (!top && lists.every((list) => list === undefined) && lists.length > 0) return undefined;
    return lists.flatMap((list, index) => list ?? [below[index]?.[0] ?? path]);
  }
}

/** A resource that was given, with where it can be referred to from. */
export interface GivenResource {
  readonly type: string;
  readonly given: Given;
  /** References to it, and `#id` within one that contains it. */
  readonly names: readonly string[];
  readonly owner: GivenResource | undefined;
}

/** All resources of one call. */
export class GivenSet {
  readonly resources: readonly GivenResource[];
  readonly #byName = new Map<string, GivenResource>();
  readonly #used = new Set<GivenResource>();
  readonly #owners = new Map<string, GivenResource>();

  constructor(input: GivenResources) {
    const entries = 'resourceType' in input ? (input.entry ?? []) : input.map((resource) => ({ resource }));
    const found: GivenResource[] = [];
    const counts = new Map<string, number>();
    const add = (
      resource: AnyResource,
      path: string,
      names: readonly string[],
      owner?: GivenResource,
    ): GivenResource => {
      const each = {
        type: resource.resourceType,
        given: new Given(resource as unknown as Json, path),
        names,
        owner,
      };
      found.push(each);
      for (const name of names) if (owner === undefined) this.#byName.set(name, each);
      this.#owners.set(path, each);
      return each;
    };
    for (const entry of entries as readonly { fullUrl?: string; resource?: AnyResource }[]) {
      const { resource } = entry;
      if (!isObject(resource) || typeof resource.resourceType !== 'string') continue;
      const type = resource.resourceType;
      const nth = counts.get(type) ?? 0;
      counts.set(type, nth + 1);
      const path = nth === 0 ? type : `${type}(${nth + 1})`;
      const names = [entry.fullUrl, resource.id && `${type}/${resource.id}`].filter(
        (name): name is string => typeof name === 'string' && name !== '',
      );
      const holder = add(resource, path, names);
      const contained = (resource as { readonly contained?: unknown }).contained;
      if (!Array.isArray(contained)) continue;
      contained.forEach((inner: unknown, index) => {
        if (isObject(inner) && typeof inner.resourceType === 'string')
          add(
            inner as unknown as AnyResource,
            `${path}.contained[${index}]`,
            [`#${String(inner.id)}`],
            holder,
          );
      });
    }
    this.resources = found;
  }

  /** All of a type that stand by themselves, marked as used. */
  of(type: string): readonly Given[] {
    const found = this.resources.filter((each) => each.type === type && each.owner === undefined);
    for (const each of found) this.#used.add(each);
    return found.map(({ given }) => given);
  }

  /** What a reference leads to, marked as used. */
  resolve(reference: Given | undefined): { readonly type: string; readonly given: Given } | undefined {
    const to = reference?.peek('reference');
    if (reference === undefined || to === undefined) return undefined;
    const root = reference.path.match(/^[^.]+(?:\.contained\[\d+\])?/)?.[0] ?? '';
    const from = this.#owners.get(root);
    const found = to.startsWith('#')
      ? this.resources.find(({ owner, names }) => owner === (from?.owner ?? from) && names.includes(to))
      : (this.#byName.get(to) ?? this.#byName.get(to.split('/').slice(-2).join('/')));
    if (found === undefined) return undefined;
    reference.take('reference', 'type', 'display', 'identifier');
    this.#used.add(found);
    return found;
  }

  /** Resources that no segment is made of. */
  unused(): readonly GivenResource[] {
    return this.resources.filter((each) => !this.#used.has(each));
  }

  /** Of each resource in use, the paths of what was not taken. */
  left(): readonly { readonly given: Given; readonly paths: readonly string[] }[] {
    return [...this.#used].map(({ given }) => ({ given, paths: given.left() }));
  }
}
