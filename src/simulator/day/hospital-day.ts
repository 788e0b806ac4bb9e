import type { Feed } from '../feed/feed.ts';
import type { Habits } from '../feed/habits.ts';
import { messagesAbout } from '../feed/messages.ts';
import { Ring } from '../ring.ts';
import type { Change } from '../world/change.ts';
import { NotPossible } from '../world/core.ts';
import type { Hospital } from '../world/hospital.ts';
import { createRandom, type Random } from '../world/random.ts';
import type { Patient } from '../world/records.ts';
import { HospitalClock, type WallTime } from './clock.ts';
import type { Announcement, Happening, Scene } from './happening.ts';
import { type KindName, kinds } from './kinds.ts';
import { type Pace, Routine } from './routine.ts';

/** An event asked for by hand. */
export interface EventRequest {
  readonly kind: KindName;
  /** FHIR id, MRN, `Z...` or `E...`; chance picks a patient when absent. */
  readonly patient?: string;
  /** Merge and unlink: the chart that ends, or lives again, by any of the same identifiers. */
  readonly other?: string;
  /** The visit or appointment it must happen to. */
  readonly csn?: string | number;
}

/** Nothing in the hospital fits what was asked for. */
export class CannotHappen extends Error {}

export interface DayOptions {
  readonly start: number;
  readonly speed: number;
  readonly pace: Pace;
  readonly habits: Habits;
  readonly wall: WallTime;
  readonly log?: ((line: string) => void) | undefined;
}

const rememberedHappenings = 1_000;
const firstControlId = 4_000_000;

/** A day at the hospital: the clock, the routine, and what comes of each change of the truth: HL7 messages and a log. */
export class HospitalDay {
  readonly clock: HospitalClock;
  readonly happenings = new Ring<Happening>(rememberedHappenings);
  readonly #hospital: Hospital;
  /** The site's own way of writing, and then each interface that differs from it. */
  readonly #interfaces: readonly { readonly habits: Partial<Habits>; readonly feeds: readonly Feed[] }[];
  readonly #options: DayOptions;
  readonly #byHand: Random;
  #lastControlId = firstControlId;

  constructor(hospital: Hospital, feeds: readonly Feed[], options: DayOptions) {
    this.#hospital = hospital;
    this.#interfaces = [
      { habits: {}, feeds: feeds.filter((feed) => !feed.habits) },
      ...feeds.flatMap((feed) => (feed.habits ? [{ habits: feed.habits, feeds: [feed] }] : [])),
    ];
    this.#options = options;
    const { seed } = hospital;
    this.#byHand = createRandom(seed, 'by hand');
    const chance = createRandom(seed, 'day');
    const routine = new Routine(hospital, options.start, options.pace, (kind) =>
      this.#occur(kind, 'day', chance, {}),
    );
    this.clock = new HospitalClock(options.start, options.speed, routine, options.wall);
    hospital.now = () => this.clock.now();
    hospital.onChange((change) => this.#announce(change));
  }

  /** Makes an event happen now. Throws CannotHappen when nothing fits. */
  happen({ kind, patient: name, other: otherName, csn }: EventRequest): Happening {
    const patient = this.#named(name);
    const other = this.#named(otherName);
    const number = csn === undefined ? undefined : Number(csn);
    // Without a patient, chance may pick one who does not fit: it picks again.
    for (let attempt = 0; attempt < (patient ? 1 : 50); attempt += 1) {
      if (this.#occur(kind, 'admin', this.#byHand, { patient, other, csn: number })) {
        return this.happenings.newest(1)[0] as Happening;
      }
    }
    throw new CannotHappen(
      `${kind} cannot happen now: no bed is free, the patient is in a visit already, or there is nothing of the kind to change`,
    );
  }

  #named(identifier: string | undefined): Patient | undefined {
    if (identifier === undefined) return undefined;
    const patient = this.#hospital.patientByAny(identifier);
    if (!patient) throw new CannotHappen('no patient has this id');
    return patient;
  }

  #occur(
    name: KindName,
    via: 'day' | 'admin',
    random: Random,
    wanted: Pick<Scene, 'patient' | 'other' | 'csn'>,
  ): boolean {
    const scene = { hospital: this.#hospital, random, now: this.clock.now(), via, ...wanted };
    try {
      return kinds[name].occur(scene);
    } catch (error) {
      if (error instanceof NotPossible) return false;
      throw error;
    }
  }

  #announce(change: Change): void {
    const { act, patient, otherPatient, visit, appointment } = change;
    const announced = this.#interfaces.flatMap(({ habits, feeds }) =>
      messagesAbout(change, this.#hospital, { ...this.#options.habits, ...habits }).map(
        ({ type, trigger, write }): Announcement => {
          this.#lastControlId += 1;
          const controlId = String(this.#lastControlId);
          const carrying = feeds.filter((feed) => feed.kinds.includes(type));
          const text = carrying.length > 0 ? write(controlId) : '';
          const taken = carrying.filter((feed) => feed.offer(controlId, text));
          return { message: `${type}^${trigger}`, controlId, feeds: taken.map(({ name }) => name) };
        },
      ),
    );
    const first = announced.find(({ feeds }) => feeds.length > 0) ?? announced[0];
    const csn = visit?.csn ?? appointment?.csn;
    const happening: Happening = {
      sequence: change.sequence,
      kind: change.kind,
      at: new Date(act.at).toISOString(),
      via: act.via,
      user: act.user.id,
      message: first?.message ?? '',
      controlId: first?.controlId ?? '',
      feeds: [...new Set(announced.flatMap(({ feeds }) => feeds))],
      announced,
      mrn: patient.mrn,
      patientId: patient.fhirId,
      ...(otherPatient ? { otherMrn: otherPatient.mrn, otherPatientId: otherPatient.fhirId } : {}),
      ...(csn === undefined ? {} : { csn: String(csn) }),
      ...(appointment ? { appointmentId: appointment.fhirId } : {}),
      ...(visit ? { encounterId: visit.fhirId, account: String(visit.account) } : {}),
      resources: change.touched,
    };
    this.happenings.add(happening);
    this.#options.log?.(`${happening.at} ${happening.message} ${happening.controlId} ${happening.kind}`);
  }
}
