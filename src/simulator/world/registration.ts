import type { Act, Change, Touched } from './change.ts';
import { chartKinds } from './charts.ts';
import { type Core, NotPossible, touched } from './core.ts';
import { mrnOf, systems } from './identity.ts';
import type { FurtherIdentifier, Patient } from './records.ts';

/** What is known of somebody new; the rest is left empty or given by the hospital. */
export type NewPatient = Pick<Patient, 'family' | 'given' | 'birthDate' | 'sex'> &
  Partial<
    Omit<
      Patient,
      'number' | 'fhirId' | 'standing' | 'mergedInto' | 'registeredAt' | 'changedAt' | 'family' | 'given'
    >
  >;

/** What may be corrected about a person. */
export type PatientCorrection = Partial<
  Omit<Patient, 'number' | 'fhirId' | 'standing' | 'mergedInto' | 'registeredAt' | 'changedAt'>
>;

/** The registration desk: who people are, and which charts are one person's. */
export class Registration {
  readonly #core: Core;
  /** The first chart of a person, by the second. */
  readonly #duplicates = new Map<number, number>();
  /** The surviving chart, by the one that ended. */
  readonly #merged = new Map<number, number>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Takes in a person the hospital has not met. `mrn` may repeat another's: that mistake is made at real sites. */
  register(act: Act, details: NewPatient): Patient {
    const { people, identities, facility } = this.#core;
    const patient = people.add((number) => ({
      number,
      fhirId: identities.fhirId('Patient', number),
      mrn: mrnOf(number),
      further: [],
      middle: '',
      race: 0,
      spanish: false,
      marital: 'S',
      homePhone: '',
      mobilePhone: '',
      email: '',
      street: '',
      place: 0,
      provider: facility.providers[number % facility.providers.length] as (typeof facility.providers)[number],
      ...details,
      standing: 'active',
      registeredAt: act.at,
      changedAt: act.at,
    }));
    this.#core.tell('patient-registered', act, { patient }, [touched('Patient', patient, 'created')]);
    return patient;
  }

  /** Someone who has a chart is given a second one by mistake, with less in it. */
  registerAgain(act: Act, number: number): Patient {
    const { family, given, birthDate, sex, race, spanish, homePhone, street, place, provider } =
      this.#active(number);
    const patient = this.register(act, {
      family,
      given,
      birthDate,
      sex,
      race,
      spanish,
      homePhone,
      street,
      place,
      provider,
    });
    this.#duplicates.set(patient.number, number);
    return patient;
  }

  /** Second charts that nobody has merged yet. */
  duplicates(): { readonly survivor: number; readonly ended: number }[] {
    return [...this.#duplicates].flatMap(([ended, survivor]) =>
      this.#isActive(ended) && this.#isActive(survivor) ? [{ survivor, ended }] : [],
    );
  }
  /** Charts that were merged, and into which. */
  merged(): { readonly survivor: number; readonly ended: number }[] {
    return [...this.#merged].flatMap(([ended, survivor]) =>
      this.#isActive(survivor) ? [{ survivor, ended }] : [],
    );
  }

  /** Corrects or learns something about a person. */
  update(act: Act, number: number, correction: PatientCorrection): Patient {
    const patient = { ...this.#active(number), ...correction, changedAt: act.at };
    this.#core.people.put(patient);
    this.#core.tell('patient-updated', act, { patient }, [touched('Patient', patient, 'updated')]);
    return patient;
  }

  /** A18/A40: the chart `ended` was the same person's; `survivor` carries it on with all its records. */
  merge(act: Act, survivor: number, ended: number): Change {
    if (survivor === ended) throw new NotPossible('a chart cannot be merged into itself');
    const { people } = this.#core;
    const before = this.#active(ended);
    const living = this.#active(survivor);
    const moved = this.#recordsOf(ended, 'updated');
    const old: FurtherIdentifier = {
      type: 'MR',
      assigner: 'EPI',
      value: before.mrn,
      system: systems.mrn,
    };
    const patient = { ...living, further: [...living.further, old], changedAt: act.at };
    const otherPatient: Patient = {
      ...before,
      standing: 'merged',
      mergedInto: survivor,
      changedAt: act.at,
    };
    people.put(patient);
    people.put(otherPatient);
    people.absorb(survivor, ended);
    this.#duplicates.delete(ended);
    this.#merged.set(ended, survivor);
    return this.#core.tell('patients-merged', act, { patient, otherPatient }, [
      touched('Patient', patient, 'updated'),
      touched('Patient', otherPatient, 'deleted'),
      ...moved,
    ]);
  }

  /** A37: two charts were not one person's after all. What was written since the merge stays with the survivor. */
  unlink(act: Act, ended: number): Change {
    const { people } = this.#core;
    const before = people.get(ended);
    if (before?.standing !== 'merged' || before.mergedInto === undefined) {
      throw new NotPossible('this chart is not merged into another');
    }
    const { mergedInto, ...rest } = before;
    const living = people.get(mergedInto) as Patient;
    const index = living.further.findLastIndex(({ value }) => value === before.mrn);
    const patient = {
      ...living,
      further: living.further.filter((_each, position) => position !== index),
      changedAt: act.at,
    };
    const otherPatient: Patient = { ...rest, standing: 'active', changedAt: act.at };
    people.put(patient);
    people.put(otherPatient);
    people.release(mergedInto, ended);
    this.#merged.delete(ended);
    return this.#core.tell('patients-unlinked', act, { patient, otherPatient }, [
      touched('Patient', patient, 'updated'),
      touched('Patient', otherPatient, 'created'),
      ...this.#recordsOf(ended, 'updated'),
    ]);
  }

  /** Marks a chart as made in error: FHIR answers 4103 from now on, and its records are gone with it. */
  remove(act: Act, number: number): Patient {
    const gone = this.#recordsOf(number, 'deleted');
    const patient: Patient = { ...this.#active(number), standing: 'deleted', changedAt: act.at };
    this.#core.people.put(patient);
    this.#core.tell('patient-deleted', act, { patient }, [touched('Patient', patient, 'deleted'), ...gone]);
    return patient;
  }

  #isActive(number: number): boolean {
    return this.#core.people.get(number)?.standing === 'active';
  }

  #active(number: number): Patient {
    const patient = this.#core.people.get(number);
    if (!patient) throw new NotPossible('nobody has this number');
    if (patient.standing !== 'active') throw new NotPossible(`this chart is ${patient.standing}`);
    return patient;
  }

  #recordsOf(number: number, change: Touched['change']): Touched[] {
    return chartKinds.flatMap((kind) =>
      this.#core.list(kind, number).map((record) => touched(kind, record, change)),
    );
  }
}
