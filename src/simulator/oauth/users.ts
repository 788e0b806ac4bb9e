import type { Hospital } from '../world/hospital.ts';
import type { Patient } from '../world/records.ts';

/** Somebody who can sign in. */
export interface User {
  readonly login: string;
  readonly display: string;
  readonly kind: 'clinician' | 'patient' | 'proxy';
  /** `Practitioner/...`, `Patient/...` or `RelatedPerson/...`: the subject of an id_token. */
  readonly fhirUser: string;
  /** Whose charts they may choose, FHIR ids; empty for clinicians, who may open any. */
  readonly patientIds: readonly string[];
}

/** The password of everyone in the pretend hospital. */
export const testPassword = 'larkfield';

const proxyFor = 3;
// Ids of people for whom the hospital has no record: beyond every provider's number.
const firstUnrecorded = 900_000;
const firstProxy = 1_000_000;

/** The people of the hospital as the sign-in page knows them. */
export class Users {
  readonly #hospital: Hospital;

  constructor(hospital: Hospital) {
    this.#hospital = hospital;
  }

  /** Signs in: by the login of a clinician, of the portal (`PORTAL1`), or of a proxy (`PROXY1`). */
  signIn(login: string, password: string): User | undefined {
    return password === testPassword ? this.find(login) : undefined;
  }

  find(login: string): User | undefined {
    const name = login.trim().toUpperCase();
    const [, kind, digits] = /^(PORTAL|PROXY)(\d{1,8})$/.exec(name) ?? [];
    if (kind) return this.#portal(kind, Number(digits));
    return this.#clinicians().find((user) => user.login === name);
  }

  /** Some of each kind, for a page that helps a newcomer. */
  examples(usedBy: 'clinicians' | 'patients'): User[] {
    if (usedBy === 'clinicians') return this.#clinicians().slice(0, 4);
    return ['PORTAL1', 'PORTAL2', 'PORTAL3', 'PROXY1'].flatMap((login) => this.find(login) ?? []);
  }

  /** The first has no provider record, and so no resource of theirs can be read; the second is the first provider. */
  #clinicians(): User[] {
    const { providers } = this.#hospital.facility;
    const without: User = {
      login: 'FHIR',
      display: 'User without a provider record',
      kind: 'clinician',
      fhirUser: `Practitioner/${this.#hospital.identities.fhirId('Practitioner', firstUnrecorded)}`,
      patientIds: [],
    };
    const named = providers.map(
      (provider, index): User => ({
        login: index === 0 ? 'FHIRTWO' : `PROV${provider.id}`,
        display: `${provider.given} ${provider.family}`,
        kind: 'clinician',
        fhirUser: `Practitioner/${provider.fhirId}`,
        patientIds: [],
      }),
    );
    return [without, ...named];
  }

  #portal(kind: string, number: number): User | undefined {
    const patient = this.#patient(number);
    if (!patient) return undefined;
    if (kind === 'PORTAL') {
      return {
        login: `PORTAL${number}`,
        display: `${patient.given} ${patient.family}`,
        kind: 'patient',
        fhirUser: `Patient/${patient.fhirId}`,
        patientIds: [patient.fhirId],
      };
    }
    const charges = Array.from({ length: proxyFor }, (_, index) => this.#patient(number + index));
    return {
      login: `PROXY${number}`,
      display: `Proxy of ${patient.given} ${patient.family}`,
      kind: 'proxy',
      fhirUser: `RelatedPerson/${this.#hospital.identities.fhirId('Practitioner', firstProxy + number)}`,
      patientIds: charges.flatMap((each) => each?.fhirId ?? []),
    };
  }

  #patient(number: number): Patient | undefined {
    return this.#hospital.patients.get(number);
  }
}
