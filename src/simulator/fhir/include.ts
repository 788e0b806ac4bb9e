import type { PageRequest, Row } from './bundle.ts';
import { type AnyDeclaration, type Caller, offers, type SearchParameter } from './declaration.ts';
import { matches, valuesAt } from './matching.ts';
import type { Resource } from './outcome.ts';
import { provenanceOf } from './provenance.ts';
import { valuesOf } from './search.ts';

/** `_include` of any reference, `_revinclude` of Provenance; where the switch says so `:iterate` and other reverse ones. */
export function included(request: PageRequest, rows: readonly Row[], more: boolean): readonly Resource[] {
  const { declaration, parameters } = request;
  const seen = new Set(rows.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
  const fresh = (found: readonly Found[]) =>
    found.filter(({ resource: { resourceType, id } }) => {
      const key = `${resourceType}/${id}`;
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  const start = rows.map((row) => ({ ...row, declaration }));
  const asked = valuesOf(parameters, '_include');
  const beside = fresh(start.flatMap((row) => asked.flatMap((each) => referred(request, row, each))));
  if (more) {
    const iterated = valuesOf(parameters, '_include:iterate');
    let last: readonly Found[] = [...start, ...beside];
    while (iterated.length > 0 && last.length > 0) {
      last = fresh(last.flatMap((row) => iterated.flatMap((each) => referred(request, row, each))));
      beside.push(...last);
    }
  }
  for (const wanted of valuesOf(parameters, '_revinclude')) {
    if (/^Provenance(:target)?$/.test(wanted))
      beside.push(...fresh(start.flatMap((row) => provenances(request, row))));
    else if (more) beside.push(...fresh(start.flatMap((row) => referring(request, row, wanted))));
  }
  return beside.map(({ resource }) => resource);
}

interface Found extends Row {
  readonly declaration: AnyDeclaration;
}

function references(declaration: AnyDeclaration): readonly SearchParameter[] {
  const all = [...declaration.native, ...declaration.postFilters] as readonly SearchParameter[];
  return all.filter(({ type }) => type === 'reference');
}

/** What a row refers to: `*`, or `Type:parameter`, perhaps with a target type. */
function referred({ edition, caller }: PageRequest, row: Found, wanted: string): readonly Found[] {
  const [type, name, target] = wanted.split(':');
  if (type !== '*' && type !== row.declaration.type) return [];
  const paths = references(row.declaration)
    .filter((parameter) => type === '*' || parameter.name === name)
    .flatMap(({ at, include }) => include ?? at ?? []);
  const own = row.declaration.render(row.record);
  return paths
    .flatMap((path) => valuesAt(own, `${path}.reference`))
    .flatMap((reference) => {
      const [kind = '', id = ''] = String(reference).split('/');
      const declaration = edition.declaration(kind);
      if (!declaration || (target && target !== kind) || !caller.allows(kind, 'read')) return [];
      const record = declaration.find(id);
      if (record === undefined || !isGranted(declaration, record, caller)) return [];
      return [{ declaration, record, resource: edition.show(declaration, record) }];
    });
}

/** Whether the client holds the API of one of its categories. */
function isGranted(declaration: AnyDeclaration, record: unknown, caller: Caller): boolean {
  const categories = declaration.categoriesOf?.(record);
  return !categories || categories.some((each) => caller.allows(declaration.type, 'read', each));
}

function provenances({ edition, caller }: PageRequest, row: Found): readonly Found[] {
  const declaration = edition.declaration('Provenance');
  if (!declaration || !caller.allows('Provenance', 'read')) return [];
  const record = provenanceOf(row.declaration, row.record);
  return record ? [{ declaration, record, resource: edition.show(declaration, record) }] : [];
}

/** What refers to a row, within its chart: `Type:parameter`. */
function referring({ edition, caller }: PageRequest, row: Found, wanted: string): readonly Found[] {
  const [type = '', name] = wanted.split(':');
  const declaration = edition.declaration(type);
  const patient = row.declaration.patientOf?.(row.record);
  const parameter = declaration && references(declaration).find((each) => each.name === name);
  const path = parameter?.include ?? parameter?.at;
  if (!declaration?.chart || !patient || !path || !offers(declaration, edition.version, 'search')) return [];
  if (!caller.allows(type, 'search')) return [];
  const target = `${row.declaration.type}/${row.declaration.idOf(row.record)}`;
  return declaration
    .chart(patient)
    .filter((record: unknown) =>
      matches(
        valuesAt(declaration.render(record), path),
        target,
        'reference',
        edition.site.hospital.timeZone,
      ),
    )
    .map((record: unknown) => ({ declaration, record, resource: edition.show(declaration, record) }));
}
