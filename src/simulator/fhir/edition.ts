import type { AnyDeclaration, Site, Version } from './declaration.ts';
import { inward, outward } from './dialect.ts';
import type { Resource } from './outcome.ts';

/** The hospital's records in one version of FHIR, with the ids, systems and shapes that callers of it see. */
export class Edition {
  readonly version: Version;
  readonly site: Site;
  readonly declarations: readonly AnyDeclaration[];
  readonly #byType: ReadonlyMap<string, AnyDeclaration>;

  constructor(version: Version, site: Site, declarations: readonly AnyDeclaration[]) {
    this.version = version;
    this.site = site;
    this.declarations = declarations.filter((each) => each.interactions[version] !== undefined);
    this.#byType = new Map(this.declarations.map((each) => [each.type, each]));
  }

  declaration(type: string): AnyDeclaration | undefined {
    return this.#byType.get(type);
  }

  /** The resource in the shape of this version. */
  shape(declaration: AnyDeclaration, record: unknown): Resource {
    const resource = declaration.render(record);
    if (this.version === 'R4') return resource;
    return this.#known(declaration.older?.[this.version]?.to(resource, record) ?? resource) as Resource;
  }

  /** A reference to a type that this version does not serve names it by identifier and words alone. */
  #known(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#known(each));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([name, inner]) => {
      const [type = '', id] = name === 'reference' ? String(inner).split('/') : [];
      return id === undefined || this.#byType.has(type);
    });
    return Object.fromEntries(entries.map(([name, inner]) => [name, this.#known(inner)]));
  }

  /** The resource as a caller sees it. */
  show(declaration: AnyDeclaration, record: unknown): Resource {
    return outward(this.shape(declaration, record), this.version, this.site);
  }

  /** An OperationOutcome as a caller sees it. */
  say(outcome: Resource): Resource {
    return outward(outcome, this.version, this.site);
  }

  /** A reference such as `Patient/e...` as a caller sees it. */
  relative(reference: string): string {
    return outward({ reference }, this.version, this.site).reference;
  }

  /** What a caller sent, in the ids and systems of the hospital itself. */
  take<T>(sent: T): T {
    return inward(sent, this.version, this.site);
  }

  /** An id as callers of this version see it. */
  idOf(id: string): string {
    return (outward({ resourceType: 'Basic', id }, this.version, this.site) as unknown as { id: string }).id;
  }
}
