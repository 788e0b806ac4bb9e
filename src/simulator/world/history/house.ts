import { hour } from '../calendar.ts';
import { createRandom } from '../random.ts';
import { complaints } from '../vocabulary.ts';
import type { HistoryParts, Inmate } from './parts.ts';

const shareOfPatients = 0.08;
const shareOfBeds = 0.75;
const longestStayHours = 110;

/** Who lies in a bed when the simulator starts, by patient number: three beds of four, or one patient in twelve. */
export function inmatesOf({ seed, now, patients, facility }: HistoryParts): ReadonlyMap<number, Inmate> {
  const random = createRandom(seed, 'in house');
  const inmates = new Map<number, Inmate>();
  const wanted = Math.round(Math.min(patients * shareOfPatients, facility.beds.length * shareOfBeds));
  const free = [...facility.beds];
  for (let attempt = 0; inmates.size < wanted && attempt < wanted * 4; attempt += 1) {
    const patient = 1 + random.integer(patients);
    if (inmates.has(patient)) continue;
    const [bed] = free.splice(random.integer(free.length), 1);
    if (!bed) break;
    inmates.set(patient, {
      bed,
      since: now - (2 + random.integer(longestStayHours)) * hour,
      provider: random.pick(facility.providers),
      complaint: random.pick(complaints),
    });
  }
  return inmates;
}
