/** Minimum necessary: whether a flow may see a record at all, and what of it. Pure. */
import { type Message, parse } from '../hl7/index.ts';
import type { Format } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import type { Flow } from './flow.ts';

type Whole = NonNullable<SiteRecord['necessary']>;
export type NecessaryRule = Omit<Whole, 'flows'>;

/** The step at which a delivery ends whose record the flow may not see. */
export const NECESSARY_STEP = 'minimum necessary';

export type Permitted =
  | { readonly seen: false; readonly reason: string }
  /** `removed`: how many fields or elements were taken out. */
  | { readonly seen: true; readonly bytes: Uint8Array; readonly removed: number };

/** What a site says of a flow; `null`: nothing. */
export function necessaryOf(site: SiteRecord, flow: Pick<Flow, 'name' | 'trigger'>): NecessaryRule | null {
  // A flow that a clock starts is shown no record.
  if (site.necessary === undefined || flow.trigger.kind === 'schedule') return null;
  const { flows, ...all } = site.necessary;
  const rule = { ...all, ...flows?.[flow.name] };
  return Object.keys(rule).length === 0 ? null : rule;
}

/** @param listed The first column of the rule's list. */
export function permitted(
  rule: NecessaryRule,
  site: SiteRecord,
  format: Format,
  bytes: Uint8Array,
  listed: ReadonlySet<string> | null,
): Permitted {
  const record = format === 'hl7' ? ofHl7(parse(bytes), site) : ofJson(bytes, site);
  const outside = (
    what: string,
    found: readonly string[],
    allowed: ReadonlySet<string> | readonly string[],
  ) =>
    found.some((one) =>
      Array.isArray(allowed) ? allowed.includes(one) : (allowed as ReadonlySet<string>).has(one),
    )
      ? null
      : `its ${what} is ${found.length === 0 ? 'not told' : 'none of those permitted'}`;
  const reason =
    (rule.departments && outside('department', record.departments, rule.departments)) ??
    (rule.classes && outside('patient class', record.classes, rule.classes)) ??
    (rule.list === undefined ? null : outside('patient', record.patients, listed ?? new Set()));
  if (reason !== null && reason !== undefined) return { seen: false, reason };
  const fields = format === 'hl7' ? rule.fields?.hl7 : rule.fields?.fhir;
  if (fields === undefined || format === 'text') return { seen: true, bytes, removed: 0 };
  return format === 'hl7' ? hl7Fields(bytes, fields) : jsonFields(bytes, fields);
}

/** A CDS call with the permitted elements of each resource that was sent along; for a call whose record may be seen. */
export function permittedCall(
  site: SiteRecord,
  flow: Pick<Flow, 'name' | 'trigger'>,
  call: Readonly<Record<string, unknown>> & { readonly prefetch?: unknown },
): Uint8Array {
  const prefetch: Record<string, unknown> = {};
  const { fields = {} } = necessaryOf(site, flow) ?? {};
  for (const [key, resource] of Object.entries((call.prefetch ?? {}) as Record<string, unknown>)) {
    const one = permitted({ fields }, site, 'fhir', Buffer.from(JSON.stringify(resource)), null);
    if (one.seen) prefetch[key] = JSON.parse(Buffer.from(one.bytes).toString());
  }
  return new Uint8Array(Buffer.from(JSON.stringify({ ...call, prefetch })));
}

interface Told {
  readonly departments: readonly string[];
  readonly classes: readonly string[];
  readonly patients: readonly string[];
}

const NOTHING: Told = { departments: [], classes: [], patients: [] };

function ofHl7(message: Message, site: SiteRecord): Told {
  if (!message.usable) return NOTHING;
  const values = (...paths: readonly string[]): string[] =>
    paths.flatMap((path) => {
      const value = message.get(path)?.trim();
      return value ? [value] : [];
    });
  const { field, type, assigner } = site.identifiers.mrn.hl7;
  const chosen = type === undefined ? (assigner === undefined ? '' : `[4=${assigner}]`) : `[5=${type}]`;
  return {
    departments: values('PV1-3.1', 'PV1-3.4.1', 'AIL-3.1', 'AIL-3.4.1'),
    classes: values('PV1-2'),
    patients: values(`${field}${chosen}.1`),
  };
}

function ofJson(bytes: Uint8Array, site: SiteRecord): Told {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return NOTHING;
  }
  const departments = new Set<string>();
  const patients = new Set<string>();
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { system } = site.identifiers.mrn;
  const add = (to: Set<string>, one: unknown): void => {
    if (typeof one === 'string' && one !== '') to.add(one);
  };
  const identifiers = (one: unknown, of: Set<string>, only?: string): void => {
    for (const each of [one].flat() as { system?: unknown; value?: unknown }[])
      if (only === undefined || each?.system === only) add(of, each?.value);
  };
  const refer = (one: Record<string, unknown>): void => {
    const text = typeof one.reference === 'string' ? one.reference : '';
    const [, kind, id] = /(?:^|\/)(Location|Patient)\/([^/]+)$/.exec(text) ?? [];
    if (kind === 'Location') {
      add(departments, text);
      add(departments, id);
      identifiers(one.identifier, departments);
    }
    if (kind === 'Patient') {
      add(patients, id);
      identifiers(one.identifier, patients, system);
    }
  };
  const walk = (one: unknown): void => {
    if (Array.isArray(one)) for (const each of one) walk(each);
    else if (typeof one === 'object' && one !== null) {
      refer(one as Record<string, unknown>);
      for (const each of Object.values(one)) walk(each);
    }
  };
  walk(record);
  if (record.resourceType === 'Patient') {
    add(patients, record.id);
    identifiers(record.identifier, patients, system);
  }
  // Of a CDS call: who it is about, by the ids that the patient has who was sent along, too.
  const about = (record.context as { patientId?: unknown } | undefined)?.patientId;
  add(patients, about);
  const sentAlong = typeof about === 'string' ? Object.values(record.prefetch ?? {}) : [];
  for (const one of sentAlong as (Record<string, unknown> | null)[])
    if (one?.resourceType === 'Patient' && one.id === about) identifiers(one.identifier, patients, system);
  const classes = ([record.class].flat() as { code?: unknown; coding?: { code?: unknown }[] }[]).flatMap(
    (one) =>
      [one?.code, ...(one?.coding ?? []).map(({ code }) => code)].filter((code) => typeof code === 'string'),
  );
  return { departments: [...departments], classes: classes as string[], patients: [...patients] };
}

/** On bytes: whatever the character set, separators are the same. Fields keep their places. */
function hl7Fields(bytes: Uint8Array, fields: readonly string[]): Permitted {
  const text = Buffer.from(bytes).toString('latin1');
  const separator = text[3] ?? '|';
  const whole = new Set(fields.filter((field) => !field.includes('-')));
  let removed = 0;
  const kept = text.split(/(\r\n|\r|\n)/).reduce((all, segment, at, parts) => {
    if (at % 2 === 1) return all;
    const end = parts[at + 1] ?? '';
    const name = segment.slice(0, 3);
    if (segment === '' || name === 'MSH' || whole.has(name)) return all + segment + end;
    const cells = segment.split(separator);
    const filled = cells.slice(1).filter((cell) => cell !== '').length;
    const left = cells.map((cell, index) => (index === 0 || fields.includes(`${name}-${index}`) ? cell : ''));
    const stays = left.slice(1).filter((cell) => cell !== '').length;
    removed += filled - stays;
    return stays === 0 ? all : all + left.join(separator).replace(new RegExp(`\\${separator}+$`), '') + end;
  }, '');
  return { seen: true, bytes: new Uint8Array(Buffer.from(kept, 'latin1')), removed };
}

const ALWAYS = new Set(['resourceType', 'id']);

function jsonFields(bytes: Uint8Array, fields: readonly string[]): Permitted {
  let removed = 0;
  const paths = fields.map((field) => field.split('.'));
  const pick = (value: unknown, wanted: readonly (readonly string[])[], top: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one) => pick(one, wanted, top));
    if (typeof value !== 'object' || value === null) {
      removed++;
      return undefined;
    }
    const left: Record<string, unknown> = {};
    for (const [name, one] of Object.entries(value)) {
      const here = wanted.filter(([first]) => first === name);
      if ((top && ALWAYS.has(name)) || here.some((path) => path.length === 1)) left[name] = one;
      else if (here.length === 0) removed++;
      else
        left[name] = pick(
          one,
          here.map((path) => path.slice(1)),
          false,
        );
    }
    return left;
  };
  try {
    const record = pick(JSON.parse(Buffer.from(bytes).toString('utf8')), paths, true);
    return { seen: true, bytes: new Uint8Array(Buffer.from(JSON.stringify(record ?? null))), removed };
  } catch {
    // What cannot be read cannot be cut down, so it is not seen.
    return { seen: false, reason: 'it cannot be read' };
  }
}
