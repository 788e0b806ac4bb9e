/** JSON masked by the names of its fields: FHIR resources, bodies of hooks, what connections answered. */
import type { Json } from '../../std/index.ts';
import { isDate, type Pretend } from './pretend.ts';

/** Fields whose texts are codes, systems and the like: what a flow decides by, and nothing of a person. */
const KEPT = new Set([
  'resourceType',
  'system',
  'use',
  'code',
  'status',
  'docStatus',
  'unit',
  'type',
  'mode',
  'intent',
  'priority',
  'language',
  'contentType',
  'comparator',
  'gender',
  'profile',
  'format',
  'kind',
  'outcome',
  'state',
  'country',
  'criticality',
  'verificationStatus',
  'clinicalStatus',
  'linkId',
  'relation',
  'currency',
  'operator',
  'required',
]);
const NAMED = new Set([
  'family',
  'given',
  'prefix',
  'suffix',
  'name',
  'firstName',
  'lastName',
  'fullName',
  'displayName',
  'middleName',
]);
const PLACED = new Set(['line', 'city', 'district', 'postalCode', 'address', 'street', 'zip', 'town']);
const PHONES = new Set(['phone', 'mobile', 'fax', 'tel', 'telephone', 'sms']);
const TEXTS = new Set([
  'text',
  'description',
  'comment',
  'note',
  'title',
  'display',
  'reason',
  'patientInstruction',
  'valueString',
  'message',
  'div',
]);

interface Place {
  readonly key: string;
  /** The keys above, the nearest last. */
  readonly above: readonly string[];
  readonly parent: Readonly<Record<string, Json>> | undefined;
}

export function maskJson(value: Json, as: Pretend): Json {
  return walk(value, { key: '', above: [], parent: undefined }, as);
}

function walk(value: Json, place: Place, as: Pretend): Json {
  if (typeof value === 'string') return text(value, place, as);
  if (typeof value === 'number') return number(value, place, as);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => walk(item, place, as));
  const object = value as Readonly<Record<string, Json>>;
  return Object.fromEntries(
    Object.entries(object).map(([key, inner]) => [
      key,
      walk(inner, { key, above: [...place.above, place.key], parent: object }, as),
    ]),
  );
}

function text(value: string, { key, above, parent }: Place, as: Pretend): string {
  if (value === '') return value;
  const name = key.replace(/^_/, '');
  const holder = above.at(-1) ?? '';
  if (name === 'div') return '<div xmlns="http://www.w3.org/1999/xhtml">masked text</div>';
  if (name === 'data') return Buffer.from('masked text').toString('base64');
  if (isDate(value)) return as.date(value);
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return as.email(value);
  if (holder === 'telecom') return name === 'value' ? as.phone(value) : value;
  if (
    name === 'reference' ||
    name === 'fullUrl' ||
    name === 'path' ||
    (name === 'url' && /\/[A-Z]\w+\//.test(value))
  ) {
    return address(value, as);
  }
  if (name === 'url' && above.some((one) => /xtension$/.test(one) || one === 'url')) return value;
  if (holder === 'name' && (name === 'text' || NAMED.has(name))) return as.name(value);
  if (holder === 'address' && (name === 'text' || PLACED.has(name)))
    return name === 'postalCode' ? as.id(value) : as.place(value);
  if (KEPT.has(name)) return value;
  if (name === 'display') {
    // Of a coding it is the code system’s word; of a reference it is somebody’s name.
    if (parent !== undefined && typeof parent.system === 'string' && parent.code !== undefined) return value;
    return parent !== undefined && ('reference' in parent || 'identifier' in parent)
      ? as.name(value)
      : as.words(value);
  }
  if (NAMED.has(name)) return as.name(value);
  if (PLACED.has(name)) return name === 'postalCode' || name === 'zip' ? as.id(value) : as.place(value);
  if (PHONES.has(name)) return as.phone(value);
  if (TEXTS.has(name)) return as.words(value);
  if (name === 'url') return value;
  if (name === 'value' || /(^id|Id|ID|mrn|csn|number|Number|key|token)$/i.test(name)) return as.id(value);
  return /\s/.test(value) ? as.words(value) : as.id(value);
}

/** Quantities, counts and lengths stay; a number under a name like an id’s is one. */
function number(value: number, { key }: Place, as: Pretend): number {
  if (!Number.isInteger(value) || !/(^id|Id|ID|mrn|csn|number|Number)$/.test(key)) return value;
  return Number(as.id(String(value)));
}

/** `Patient/abc`, an absolute address, `urn:uuid:...`: the ids in it, not the way there. */
function address(value: string, as: Pretend): string {
  if (/^urn:/.test(value)) return value.replace(/[^:]+$/, (id) => as.id(id));
  const [way = '', query] = value.split('?');
  const start = /^https?:\/\/[^/]+/.exec(way)?.[0] ?? '';
  const masked = way
    .slice(start.length)
    .split('/')
    .map((part) =>
      /^(#?)([A-Za-z_$-]{0,40})$/.test(part) || /^(api|R4|STU3|DSTU2|v\d)$/i.test(part) ? part : as.id(part),
    )
    .join('/');
  const host = start === '' ? '' : 'https://ehr.example';
  return `${host}${masked}${query === undefined ? '' : `?${as.id(query)}`}`;
}
