/** Every EHR of which something is known, by the vendor that stands in a site record. */
import type { EhrProfile } from '../profile.ts';
import { athenahealth } from './athenahealth.ts';
import { eclinicalworks } from './eclinicalworks.ts';
import { epic } from './epic.ts';
import { meditech } from './meditech.ts';
import { oracleHealth } from './oracle-health.ts';
import { standard } from './standard.ts';
import { veradigm } from './veradigm.ts';

export const ehrProfiles: readonly EhrProfile[] = [
  epic,
  oracleHealth,
  athenahealth,
  eclinicalworks,
  meditech,
  veradigm,
  standard,
];

/** @example profileOf('Cerner').id // 'oracle-health'; profileOf('homemade').id // 'fhir' */
export function profileOf(vendor: string): EhrProfile {
  const name = vendor.trim().toLowerCase();
  return ehrProfiles.find((profile) => profile.vendors.includes(name)) ?? standard;
}
