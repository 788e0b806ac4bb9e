import type { Identities } from './identity.ts';
import type { Bed, Department, Provider, User, VisitType } from './records.ts';
import { families, givenNames } from './vocabulary.ts';

/** The buildings and staff: what does not change during a day. */
export interface Facility {
  /** MSH-4 and PV1-3.4. */
  readonly code: string;
  readonly name: string;
  readonly organizationId: string;
  readonly clinics: readonly Department[];
  readonly emergency: Department;
  readonly departments: readonly Department[];
  readonly beds: readonly Bed[];
  readonly providers: readonly Provider[];
  readonly users: readonly User[];
  readonly visitTypes: readonly VisitType[];
  /** Where a provider sees patients. */
  clinicOf(provider: Provider): Department;
}

const departmentPlan = [
  ['LFIM', 'Larkfield Internal Medicine', 'clinic'],
  ['LFENT', 'Larkfield Ear, Nose & Throat', 'clinic'],
  ['LFCAR', 'Larkfield Cardiology', 'clinic'],
  ['PAPED', 'Port Amity Pediatrics', 'clinic'],
  ['PAORT', 'Port Amity Orthopedics', 'clinic'],
  ['LGED', 'Larkfield General Emergency', 'emergency'],
  ['4MED', 'Larkfield General 4 Medical', 'ward'],
  ['5SUR', 'Larkfield General 5 Surgical', 'ward'],
  ['ICU', 'Larkfield General Intensive Care', 'ward'],
] as const;

/** Thirty beds, and one for each two hundred and fifty patients when that is more. */
const bedsPerWard: Readonly<Record<string, number>> = { '4MED': 14, '5SUR': 10, ICU: 6 };
const leastBeds = 30;
const patientsPerBed = 250;

const specialties = [
  'Internal Medicine',
  'Otolaryngology',
  'Cardiology',
  'Pediatrics',
  'Orthopedics',
] as const;

/** Lays out the hospital. Providers grow with the population: about one for each five hundred beyond the first ten. */
export function createFacility(identities: Identities, patients: number): Facility {
  const departments = departmentPlan.map(
    ([unit, name, kind], number): Department => ({
      number,
      fhirId: identities.fhirId('Location', number),
      id: String(1_000_101_001 + number * 1_000),
      unit,
      name,
      kind,
    }),
  );
  const clinics = departments.filter((department) => department.kind === 'clinic');
  const beds = Math.max(1, patients / patientsPerBed / leastBeds);
  const names = [...givenNames.female, ...givenNames.male];
  const providers = Array.from({ length: Math.min(200, 10 + Math.floor(patients / 500)) }, (_, number) => ({
    number,
    fhirId: identities.fhirId('Practitioner', number),
    id: String(17_511 + number * 7).padStart(6, '0'),
    npi: String(1_999_000_000 + number),
    // Step widths without common factors with the list lengths, so that names repeat late.
    family: families[(number * 11 + 4) % families.length] as string,
    given: names[(number * 7 + 3) % names.length] as string,
    specialty: specialties[number % specialties.length] as string,
  }));
  return {
    code: 'LGH',
    name: 'Larkfield General Hospital',
    organizationId: identities.fhirId('Organization', 0),
    departments,
    clinics,
    clinicOf: (provider) => clinics[provider.number % clinics.length] as Department,
    emergency: departments.find((department) => department.kind === 'emergency') as Department,
    beds: departments.flatMap((department) =>
      Array.from({ length: Math.round((bedsPerWard[department.unit] ?? 0) * beds) }, (_, index) => ({
        department,
        room: String(department.number * 100 + 1 + Math.floor(index / 2)),
        bed: index % 2 === 0 ? 'A' : 'B',
      })),
    ),
    providers,
    users: [
      { id: 'RNKESTREL', family: 'Kestrel', given: 'Juno' },
      { id: 'REGYARROW', family: 'Yarrow', given: 'Cyrus' },
      { id: 'SCHIBARRA', family: 'Ibarra', given: 'Wren' },
      { id: 'LABXIONG', family: 'Xiong', given: 'Emeka' },
      { id: 'MDFARROW', family: 'Farrow', given: 'Freya' },
      { id: 'INTERCON', family: 'User', given: 'Interconnect' },
    ],
    visitTypes: [
      { id: '1004', name: 'Office Visit', minutes: 30 },
      { id: '1016', name: 'New Patient', minutes: 45 },
      { id: '1023', name: 'Follow Up', minutes: 15 },
      { id: '1198', name: 'Pre & Post Op Check', minutes: 20 },
    ],
  };
}
