import { createHash } from 'node:crypto';
import type { Site, Version } from './declaration.ts';

/**
 * What differs between sites and versions on the surface: the ids of DSTU2, ids longer than FHIR allows, code
 * systems by OID, and the part of an OID that names customer and environment. Records know nothing of it.
 */

const arc = '1.2.840.114350.1.13.';
const ownEnvironment = '0.1';

/** Code systems that were named by OID before November 2022. */
const standardSystems: readonly (readonly [url: string, oid: string])[] = [
  ['http://loinc.org', 'urn:oid:2.16.840.1.113883.6.1'],
  ['http://snomed.info/sct', 'urn:oid:2.16.840.1.113883.6.96'],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', 'urn:oid:2.16.840.1.113883.6.88'],
  ['http://hl7.org/fhir/sid/icd-10-cm', 'urn:oid:2.16.840.1.113883.6.90'],
  ['http://hl7.org/fhir/sid/us-npi', 'urn:oid:2.16.840.1.113883.4.6'],
];
const toOid = new Map(standardSystems);
const toUrl = new Map(standardSystems.map(([url, oid]) => [oid, url]));

const recordId = /^[A-Za-z0-9.-]{24}$/;
const reference = /^([A-Za-z]+)\/([A-Za-z0-9.-]+)$/;

/** One record in four has an id of 70 characters, where the switch says so. */
function longId(id: string, seed: string): string {
  const bytes = createHash('sha384').update(`${seed}\nlong ${id}`).digest();
  if (!recordId.test(id) || (bytes[0] as number) % 4 > 0) return id;
  return `${id}${bytes.toString('base64url').replaceAll('_', '.').slice(0, 46)}`;
}

/** Rewrites each text of a resource. */
function rewrite(value: unknown, change: (text: string, name: string) => string, name = ''): unknown {
  if (typeof value === 'string') return change(value, name);
  if (Array.isArray(value)) return value.map((each) => rewrite(each, change, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([each, inner]) => [each, rewrite(inner, change, each)]),
  );
}

function idChanger({ hospital, behaviour }: Site, version: Version): ((id: string) => string) | undefined {
  if (version === 'DSTU2') {
    return (id) => {
      const named = hospital.identities.read(id);
      return named ? hospital.identities.dstu2Id(named.kind, named.number) : id;
    };
  }
  if (behaviour.longIds) return (id) => longId(id, hospital.seed);
  return undefined;
}

/** The resource as the outside sees it. */
export function outward<T>(resource: T, version: Version, site: Site): T {
  const { codeSystems, environment } = site.behaviour;
  const changeId = idChanger(site, version);
  const plain = !changeId && codeSystems === 'url' && environment === ownEnvironment;
  if (plain) return resource;
  return rewrite(resource, (text, name) => {
    if (name === 'system' || name === 'value') {
      const system = codeSystems === 'oid' && name === 'system' ? (toOid.get(text) ?? text) : text;
      return environment === ownEnvironment
        ? system
        : system.replace(`${arc}${ownEnvironment}.`, `${arc}${environment}.`);
    }
    if (!changeId) return text;
    if (name === 'id' && /^[A-Za-z0-9.-]{24,64}$/.test(text)) return changeId(text);
    const [, type, id] = name === 'reference' || name === 'url' ? (reference.exec(text) ?? []) : [];
    return type && id ? `${type}/${changeId(id)}` : text;
  }) as T;
}

/** An id as the hospital knows it, from one that a caller sent. */
export function inwardId(given: string, version: Version, { hospital, behaviour }: Site): string {
  if (version === 'DSTU2') {
    const named = given.startsWith('T') ? hospital.identities.read(given) : undefined;
    return named ? hospital.identities.fhirId(named.kind, named.number) : '';
  }
  const short = given.slice(0, 24);
  return behaviour.longIds && given.length > 64 && longId(short, hospital.seed) === given ? short : given;
}

/** What a caller sent, in the hospital's own ids and systems. Both spellings of a code system are understood. */
export function inward<T>(sent: T, version: Version, site: Site): T {
  const { environment } = site.behaviour;
  const ownSystem = (text: string) => {
    const url = toUrl.get(text) ?? text;
    return environment === ownEnvironment
      ? url
      : url.replace(`${arc}${environment}.`, `${arc}${ownEnvironment}.`);
  };
  return rewrite(sent, (text, name) => {
    if (name === 'system') return ownSystem(text);
    if (name !== 'reference') return text;
    const [type, id] = text.split('/').slice(-2);
    return type && id ? `${type}/${inwardId(id, version, site)}` : text;
  }) as T;
}

/** Search parameters in the hospital's own ids and systems. */
export function inwardParameters(sent: URLSearchParams, version: Version, site: Site): URLSearchParams {
  const { environment, codeSystems } = site.behaviour;
  if (
    version === 'R4' &&
    !site.behaviour.longIds &&
    environment === ownEnvironment &&
    codeSystems === 'url'
  ) {
    return spelledOut(sent, (system) => toUrl.get(system) ?? system);
  }
  const own = spelledOut(sent, (system) => inward({ system }, version, site).system);
  return new URLSearchParams(
    [...own].map(([name, value]): [string, string] => {
      if (!/^(_id|patient|subject|encounter)$/i.test(name)) return [name, value];
      const changed = value.split(',').map((each) => {
        const [id = '', type] = each.split('/').reverse();
        const known = inwardId(id, version, site);
        return type ? `${type}/${known}` : known;
      });
      return [name, changed.join(',')];
    }),
  );
}

function spelledOut(sent: URLSearchParams, system: (given: string) => string): URLSearchParams {
  return new URLSearchParams(
    [...sent].map(([name, value]): [string, string] => [
      name,
      value.replace(/(^|,)([^|,]+)\|/g, (_all, comma, given) => `${comma}${system(given)}|`),
    ]),
  );
}
