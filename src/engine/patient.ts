/** Which patient a message is about, as keyed hashes: what lanes, the roster and search by patient use. */
import { type Message, parse } from '../hl7/index.ts';
import type { SiteRecord } from '../site/index.ts';

/** Keyed hash over parts; the vault's. */
export type KeyedHash = (...parts: string[]) => string;

export interface KnownPatient {
  readonly key: string;
  /** By name and date of birth; `null` when the message lacks one of them. For search only: two people may share it. */
  readonly person: string | null;
  readonly system: string;
  readonly value: string;
}

/** Names hashed lately, so that a patient seen again costs no hashing; emptied when full. */
const HELD_NAMES = 20_000;

/** A keyed hash of one name that remembers its last answers. Memory only, like the messages it serves. */
export function rememberingHash(hash: (name: string) => string): (name: string) => string {
  const held = new Map<string, string>();
  return (name) => {
    let key = held.get(name);
    if (key === undefined) {
      key = hash(name);
      if (held.size >= HELD_NAMES) held.clear();
      held.set(name, key);
    }
    return key;
  };
}

/** The key of one identifier at a site. Spaces around a value are not part of it (Epic pads some ids). */
export function patientKey(keyedHash: KeyedHash, site: string, system: string, value: string): string {
  return keyedHash('patient', site, system, value.trim());
}

/** The HL7 path of the site's medical record number: `PID-3[5=MR].1`. */
export function mrnPath(site: SiteRecord): string {
  const { field, type, assigner } = site.identifiers.mrn.hl7;
  if (type !== undefined) return `${field}[5=${type}].1`;
  if (assigner !== undefined) return `${field}[4=${assigner}].1`;
  return `${field}.1`;
}

/** A family name and a date of birth, as a person types them or a message has them. */
export interface Person {
  readonly family: string;
  /** `1984-03-09`, `19840309`; a time behind it is left out. */
  readonly born: string;
}

/**
 * Upper case, accents folded, letters only, and the date as YYYYMMDD: `MULLER 19840309`. `null` when there is no letter, or
 * no whole date.
 */
export function personName({ family, born }: Person): string | null {
  const letters = family
    .normalize('NFKD')
    .toUpperCase()
    .replaceAll(/[^\p{L}]/gu, '');
  const date = born.trim().replaceAll('-', '').slice(0, 8);
  return letters === '' || !/^\d{8}$/.test(date) ? null : `${letters} ${date}`;
}

/** The key of a person at a site, by `personName`. */
function personKey(keyedHash: KeyedHash, site: string, name: string): string {
  return keyedHash('person', site, name);
}

/**
 * The key of a date of birth, a space and a family name as they stand in a message; empty when it is no person. One text, so
 * that it can be remembered before anything of it is looked at.
 */
export function personKeyFrom(keyedHash: KeyedHash, site: string, written: string): string {
  const space = written.indexOf(' ');
  const name = personName({ born: written.slice(0, space), family: written.slice(space + 1) });
  return name === null ? '' : personKey(keyedHash, site, name);
}

/** Keyed hashes under which what a person typed may be indexed, one per site; empty when it is no name and date. */
export function patientKeysOf(
  keyedHash: KeyedHash,
  sites: readonly SiteRecord[],
  asked: string | Person,
): readonly string[] {
  if (typeof asked === 'string') {
    return sites.map((site) => patientKey(keyedHash, site.site, site.identifiers.mrn.system, asked));
  }
  const name = personName(asked);
  return name === null ? [] : sites.map((site) => personKey(keyedHash, site.site, name));
}

/** The patient of an HL7 message by the site's medical record number; `null` when it names none. */
export function patientOf(
  keyOf: (value: string) => string,
  personKeyOf: (person: string) => string,
  site: SiteRecord,
  path: string,
  bytes: Uint8Array,
): KnownPatient | null {
  const message: Message = parse(bytes);
  const value = message.get(path)?.trim();
  if (!value || value === '""') return null;
  const system = site.identifiers.mrn.system;
  const person = personKeyOf(`${message.get('PID-7.1')?.trim() ?? ''} ${message.get('PID-5.1.1') ?? ''}`);
  return { key: keyOf(value), person: person === '' ? null : person, system, value };
}
