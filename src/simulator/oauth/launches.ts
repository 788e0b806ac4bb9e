import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import { Handed, opaqueWord } from './one-time.ts';
import type { Grant } from './tokens.ts';
import type { User, Users } from './users.ts';

/** What is open on the screen of the person who starts an application inside the EHR. */
export interface LaunchRequest {
  /** Who works there; the first provider when absent. */
  readonly user?: string;
  /** FHIR id, MRN, `Z...` or `E...`. */
  readonly patient?: string;
  /** The visit or appointment that is open. */
  readonly csn?: string | number;
}

export type LaunchContext = Pick<
  Grant,
  'patientId' | 'encounterId' | 'locationId' | 'appointmentId' | 'department'
>;

interface Launch {
  readonly user: User;
  readonly context: LaunchContext;
}

/** Names something that the hospital does not have. */
export class NoSuchLaunch extends Error {}

/** The launches in the air: each is good for one authorization. */
export class Launches {
  readonly #open: Handed<Launch>;
  readonly #hospital: Hospital;
  readonly #users: Users;
  readonly #behaviour: Behaviour;
  readonly #now: () => number;

  constructor(hospital: Hospital, users: Users, behaviour: Behaviour, now: () => number) {
    this.#hospital = hospital;
    this.#users = users;
    this.#behaviour = behaviour;
    this.#now = now;
    this.#open = new Handed(now, 1_000);
  }

  /** Starts a launch; gives its token. */
  start({ user: login = 'FHIRTWO', patient: name, csn }: LaunchRequest): string {
    const user = this.#users.find(login);
    if (!user) throw new NoSuchLaunch(`no user signs in as ${login}`);
    const token = opaqueWord(this.#behaviour.tokenFormat, 400);
    const context = this.#context(name, csn);
    this.#open.put(token, { user, context }, this.#now() + this.#behaviour.launchSeconds * 1000);
    return token;
  }

  take(token: string): Launch | undefined {
    return this.#open.take(token);
  }

  #context(name: string | undefined, csn: string | number | undefined): LaunchContext {
    const named = name === undefined ? undefined : this.#hospital.patientByAny(name);
    if (name !== undefined && !named) throw new NoSuchLaunch('no patient has this id');
    const visit = csn === undefined ? undefined : this.#hospital.visitByCsn(Number(csn));
    const appointment = csn === undefined ? undefined : this.#hospital.appointmentByCsn(Number(csn));
    if (csn !== undefined && !visit && !appointment)
      throw new NoSuchLaunch('no visit or appointment has this CSN');
    const numbers = [visit?.patient, appointment?.patient].filter((each) => each !== undefined);
    const [number] = numbers;
    const patient = named ?? (number === undefined ? undefined : this.#hospital.patients.get(number));
    if (!patient) throw new NoSuchLaunch('name a patient, or the CSN of a visit or appointment');
    if (numbers.some((each) => each !== patient.number))
      throw new NoSuchLaunch('the CSN is of another patient');
    const department = visit?.department ?? appointment?.department;
    return {
      patientId: patient.fhirId,
      ...(visit ? { encounterId: visit.fhirId } : {}),
      ...(appointment ? { appointmentId: appointment.fhirId } : {}),
      ...(department ? { locationId: department.fhirId, department: department.id } : {}),
    };
  }
}
