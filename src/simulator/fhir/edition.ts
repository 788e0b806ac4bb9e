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
    return declaration.older?.[this.version]?.to(resource, record) ?? resource;
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
