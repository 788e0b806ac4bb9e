import { adt } from '../feed/adt.ts';
import type { Feed } from '../feed/feed.ts';
import type { Habits } from '../feed/habits.ts';
import type { Envelope } from '../feed/shared-segments.ts';
import { siu } from '../feed/siu.ts';
import { Ring } from '../ring.ts';
import type { Hospital } from '../world/hospital.ts';
import { mrnOf } from '../world/identity.ts';
import { createRandom, type Random } from '../world/random.ts';
import type { Patient } from '../world/records.ts';
import { HospitalClock, type WallTime } from './clock.ts';
import { type Change, type Happening, type HappeningKind, userOf } from './happening.ts';
import { type KindName, kinds } from './kinds.ts';
import { Routine } from './routine.ts';

/** An event asked for by hand. */
export interface EventRequest {
  readonly kind: KindName;
  /** FHIR id, MRN, `Z...` or `E...`; chance picks a patient when absent. */
  readonly patient?: string;
  /** The visit or appointment it must happen to. */
  readonly csn?: string | number;
}

/** Nothing in the hospital fits what was asked for. */
export class CannotHappen extends Error {}

export interface DayOptions {
  readonly start: number;
  readonly speed: number;
  readonly eventsPerMinute: number;
  readonly habits: Habits;
  readonly wall: WallTime;
  readonly log?: ((line: string) => void) | undefined;
}

const rememberedHappenings = 1_000;
const firstControlId = 4_000_000;

/** A day at the hospital: the clock, the routine, and what comes of each event: a changed truth and an HL7 message. */
export class HospitalDay {
  readonly clock: HospitalClock;
  readonly happenings = new Ring<Happening>(rememberedHappenings);
  readonly #hospital: Hospital;
  readonly #feeds: readonly Feed[];
  readonly #options: DayOptions;
  readonly #byHand: Random;
  #lastControlId = firstControlId;

  constructor(hospital: Hospital, feeds: readonly Feed[], options: DayOptions) {
    this.#hospital = hospital;
    this.#feeds = feeds;
    this.#options = options;
    const { seed } = hospital;
    this.#byHand = createRandom(seed, 'by hand');
    const chance = createRandom(seed, 'day');
    const routine = new Routine(
      hospital,
      options.start,
      options.eventsPerMinute,
      (kind) => this.#occur(kind, chance, {}) !== undefined,
    );
    this.clock = new HospitalClock(options.start, options.speed, routine, options.wall);
  }

  /** Makes an event happen now. Throws CannotHappen when nothing fits. */
  happen({ kind, patient: name, csn }: EventRequest): Happening {
    const patient = name === undefined ? undefined : this.#hospital.patientByAny(name);
    if (name !== undefined && !patient) throw new CannotHappen('no patient has this id');
    const number = csn === undefined ? undefined : Number(csn);
    // Without a patient, chance may pick one who does not fit: it picks again.
    for (let attempt = 0; attempt < (patient ? 1 : 50); attempt += 1) {
      const happening = this.#occur(kind, this.#byHand, { patient, csn: number });
      if (happening) return happening;
    }
    throw new CannotHappen(
      `${kind} cannot happen now: no bed is free, the patient is in a visit already, or there is nothing of the kind to change`,
    );
  }

  #occur(
    name: KindName,
    random: Random,
    wanted: { patient?: Patient | undefined; csn?: number | undefined },
  ): Happening | undefined {
    const kind: HappeningKind = kinds[name];
    const now = this.clock.now();
    const change = kind.occur({ hospital: this.#hospital, random, now, ...wanted });
    if (!change) return undefined;
    const happening = this.#announce(name, kind, change, now);
    this.happenings.add(happening);
    this.#options.log?.(`${happening.at} ${happening.message} ${happening.controlId} ${happening.kind}`);
    return happening;
  }

  #announce(name: string, kind: HappeningKind, change: Change, now: number): Happening {
    this.#lastControlId += 1;
    const controlId = String(this.#lastControlId);
    const { patient, visit, appointment } = change;
    const message = this.#write(kind, change, controlId, now);
    const feeds = this.#feeds
      .filter((feed) => feed.kinds.includes(kind.message))
      .filter((feed) => feed.offer(controlId, message))
      .map((feed) => feed.name);
    const csn = visit?.csn ?? appointment?.csn;
    return {
      kind: name,
      at: new Date(now).toISOString(),
      message: `${kind.message}^${kind.trigger}`,
      controlId,
      feeds,
      mrn: mrnOf(patient.number),
      patientId: patient.fhirId,
      ...(csn === undefined ? {} : { csn: String(csn) }),
      ...(appointment ? { appointmentId: appointment.fhirId } : {}),
      ...(visit ? { encounterId: visit.fhirId, account: String(visit.account) } : {}),
    };
  }

  #write(kind: HappeningKind, change: Change, controlId: string, now: number): string {
    const envelope: Envelope = {
      controlId,
      type: kind.message,
      trigger: kind.trigger,
      mnemonic: kind.mnemonic,
      at: now,
      user: userOf(this.#hospital, kind),
      facility: this.#hospital.facility,
      timeZone: this.#hospital.timeZone,
      habits: this.#options.habits,
    };
    if (kind.message === 'SIU' && change.appointment) return siu(envelope, change.appointment, change.reason);
    return adt(envelope, change.patient, change.visit);
  }
}
