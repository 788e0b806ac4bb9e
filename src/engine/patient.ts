/** Which patient a message is about, as keyed hashes: what lanes, the roster and search by patient use. */
import { type Message, parse } from '../hl7/index.ts';
import type { SiteRecord } from '../site/index.ts';

/** Keyed hash over parts; the vault's. */
export type KeyedHash = (...parts: string[]) => string;

export interface KnownPatient {
  readonly key: string;
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

/** The patient of an HL7 message by the site's medical record number; `null` when it names none. */
export function patientOf(
  keyOf: (value: string) => string,
  site: SiteRecord,
  path: string,
  bytes: Uint8Array,
): KnownPatient | null {
  const message: Message = parse(bytes);
  const value = message.get(path)?.trim();
  if (!value || value === '""') return null;
  const system = site.identifiers.mrn.system;
  return { key: keyOf(value), system, value };
}
