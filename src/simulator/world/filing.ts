import type { Act } from './change.ts';
import type {
  Allergy,
  Condition,
  ConditionCode,
  Drug,
  Measure,
  Medication,
  Note,
  NoteType,
  Observation,
  Order,
  Panel,
  Substance,
} from './clinical-records.ts';
import { type Core, NotPossible, touched } from './core.ts';
import { measureNamed } from './measures.ts';
import type { Department, Patient, Provider, Visit } from './records.ts';

/** One reading as it is filed. */
export interface NewReading {
  readonly measure: Measure;
  readonly value?: number | string;
  readonly components?: readonly number[];
  readonly absent?: string;
  readonly flag?: string;
  readonly note?: string;
  /** When it was taken; the moment of filing when absent. */
  readonly takenAt?: number;
  readonly status?: Observation['status'];
}

export interface NewNote {
  readonly patient: number;
  readonly visit?: number;
  readonly type: NoteType;
  readonly text: string;
  readonly status?: 'preliminary' | 'final';
  readonly author?: Provider;
  readonly department?: Department;
  readonly serviceAt?: number;
  readonly placer?: string;
}

/** Where things are written into charts: flowsheets, results, notes, lists. */
export class Filing {
  readonly #core: Core;
  /** Numbers of orders that wait for the laboratory. */
  readonly #openOrders = new Set<number>();

  constructor(core: Core) {
    this.#core = core;
  }

  get openOrderCount(): number {
    return this.#openOrders.size;
  }
  /** Orders that wait for the laboratory, oldest first. */
  openOrders(): Order[] {
    return [...this.#openOrders].flatMap((number) => {
      const order = this.#core.get('ServiceRequest', number);
      return order ? [order] : [];
    });
  }
  /** Counts in the orders of someone who was here before the simulator started. */
  adopt(patient: number): void {
    for (const { number, status } of this.#core.list('ServiceRequest', patient)) {
      if (status === 'active') this.#openOrders.add(number);
    }
  }

  /** Files readings of one patient, for example one round of vital signs. */
  observations(act: Act, patient: number, visit: number | undefined, readings: readonly NewReading[]) {
    const subject = this.#subject(patient, visit);
    const observations = readings.map((reading) => this.#reading(act, patient, visit, reading));
    this.#core.tell(
      'observations-filed',
      act,
      { ...subject, observations },
      observations.map((each) => touched('Observation', each, 'created')),
    );
    return observations;
  }

  /** Corrects one observation, or marks it as entered in error. */
  updateObservation(
    act: Act,
    number: number,
    correction: Partial<
      Pick<Observation, 'value' | 'components' | 'status' | 'flag' | 'note' | 'absent' | 'takenAt'>
    >,
  ): Observation {
    const before = this.#known('Observation', number);
    const after = { ...before, ...correction, issuedAt: act.at, changedAt: act.at };
    const observation = this.#core.put(act, 'Observation', after);
    const order = before.order === undefined ? undefined : this.#core.get('ServiceRequest', before.order);
    this.#core.tell(
      'observation-updated',
      act,
      {
        ...this.#subject(before.patient, before.visit),
        observations: [observation],
        ...(order ? { order } : {}),
      },
      [touched('Observation', observation, 'updated')],
    );
    return observation;
  }

  /** Orders a laboratory panel. */
  order(act: Act, patient: number, visit: number | undefined, panel: Panel, provider?: Provider): Order {
    const subject = this.#subject(patient, visit);
    const { number, fhirId } = this.#core.nextNumber('ServiceRequest');
    const order = this.#core.put(act, 'ServiceRequest', {
      number,
      fhirId,
      reportId: this.#core.identities.fhirId('DiagnosticReport', number),
      patient,
      ...(visit === undefined ? {} : { visit }),
      panel,
      provider: provider ?? subject.visit?.provider ?? subject.patient.provider,
      status: 'active',
      orderedAt: act.at,
      changedAt: act.at,
    });
    this.#openOrders.add(number);
    this.#core.tell('result-ordered', act, { ...subject, order }, [
      touched('ServiceRequest', order, 'created'),
    ]);
    return order;
  }

  /** Files what the laboratory found; the order is done with it. */
  result(act: Act, orderNumber: number, readings: readonly NewReading[], collectedAt = act.at) {
    const before = this.#known('ServiceRequest', orderNumber);
    if (before.status !== 'active') throw new NotPossible(`the order is ${before.status}`);
    const order = this.#core.put(act, 'ServiceRequest', {
      ...before,
      status: 'completed',
      collectedAt,
      resultedAt: act.at,
      changedAt: act.at,
    });
    this.#openOrders.delete(orderNumber);
    const observations = readings.map((reading) =>
      this.#reading(act, order.patient, order.visit, { takenAt: collectedAt, ...reading }, order.number),
    );
    this.#core.tell(
      'result-filed',
      act,
      { ...this.#subject(order.patient, order.visit), order, observations },
      [
        touched('ServiceRequest', order, 'updated'),
        ...observations.map((each) => touched('Observation', each, 'created')),
      ],
    );
    return { order, observations };
  }

  note(act: Act, wanted: NewNote): Note {
    const subject = this.#subject(wanted.patient, wanted.visit);
    const note = this.#core.put(act, 'DocumentReference', {
      ...this.#core.nextNumber('DocumentReference'),
      patient: wanted.patient,
      ...(wanted.visit === undefined ? {} : { visit: wanted.visit }),
      type: wanted.type,
      status: wanted.status ?? 'final',
      author: wanted.author ?? subject.visit?.provider ?? subject.patient.provider,
      ...(wanted.department ? { department: wanted.department } : {}),
      ...(wanted.placer === undefined ? {} : { placer: wanted.placer }),
      text: wanted.text,
      addenda: [],
      serviceAt: wanted.serviceAt ?? act.at,
      createdAt: act.at,
      changedAt: act.at,
    });
    this.#core.tell('note-filed', act, { ...subject, note }, [touched('DocumentReference', note, 'created')]);
    return note;
  }

  /** Rewrites a draft, or signs it. */
  updateNote(act: Act, number: number, correction: Partial<Pick<Note, 'text' | 'status' | 'type'>>): Note {
    return this.#changeNote(act, number, 'note-updated', (note) => ({ ...note, ...correction }));
  }

  /** Adds to a signed note. */
  addend(act: Act, number: number, text: string): Note {
    return this.#changeNote(act, number, 'note-addended', (note) => ({
      ...note,
      status: 'amended',
      addenda: [...note.addenda, { at: act.at, text }],
    }));
  }

  /** Takes a note back. */
  withdraw(act: Act, number: number): Note {
    return this.#changeNote(act, number, 'note-withdrawn', (note) => ({
      ...note,
      status: 'entered-in-error',
    }));
  }

  condition(
    act: Act,
    wanted: Pick<Condition, 'patient'> & { readonly code: ConditionCode } & Partial<
        Pick<Condition, 'visit' | 'category' | 'status' | 'verification' | 'onset' | 'note'>
      >,
  ): Condition {
    const subject = this.#subject(wanted.patient, wanted.visit);
    const condition = this.#core.put(act, 'Condition', {
      ...this.#core.nextNumber('Condition'),
      category: 'problem-list-item',
      status: 'active',
      verification: 'confirmed',
      ...wanted,
      recordedAt: act.at,
      changedAt: act.at,
    });
    this.#core.tell('condition-added', act, { ...subject, condition }, [
      touched('Condition', condition, 'created'),
    ]);
    return condition;
  }

  allergy(
    act: Act,
    wanted: Pick<Allergy, 'patient'> & { readonly substance: Substance } & Partial<
        Pick<Allergy, 'reaction' | 'criticality' | 'status' | 'verification' | 'note'>
      >,
  ): Allergy {
    const subject = this.#subject(wanted.patient, undefined);
    const allergy = this.#core.put(act, 'AllergyIntolerance', {
      ...this.#core.nextNumber('AllergyIntolerance'),
      criticality: 'unable-to-assess',
      status: 'active',
      verification: 'confirmed',
      ...wanted,
      recordedAt: act.at,
      changedAt: act.at,
    });
    this.#core.tell('allergy-added', act, { ...subject, allergy }, [
      touched('AllergyIntolerance', allergy, 'created'),
    ]);
    return allergy;
  }

  medication(act: Act, wanted: { readonly patient: number; readonly visit?: number; readonly drug: Drug }) {
    const subject = this.#subject(wanted.patient, wanted.visit);
    const medication: Medication = this.#core.put(act, 'MedicationRequest', {
      ...this.#core.nextNumber('MedicationRequest'),
      ...wanted,
      provider: subject.visit?.provider ?? subject.patient.provider,
      status: 'active',
      orderedAt: act.at,
      changedAt: act.at,
    });
    this.#core.tell('medication-ordered', act, { ...subject, medication }, [
      touched('MedicationRequest', medication, 'created'),
    ]);
    return medication;
  }

  #reading(
    act: Act,
    patient: number,
    visit: number | undefined,
    reading: NewReading,
    order?: number,
  ): Observation {
    const { measure, takenAt, status, ...said } = reading;
    if (measureNamed(measure.name) !== measure) throw new NotPossible('the hospital does not measure this');
    return this.#core.put(act, 'Observation', {
      ...this.#core.nextNumber('Observation'),
      patient,
      ...(visit === undefined ? {} : { visit }),
      measure,
      status: status ?? 'final',
      ...said,
      ...(order === undefined ? {} : { order }),
      takenAt: takenAt ?? act.at,
      issuedAt: act.at,
      changedAt: act.at,
    });
  }

  #changeNote(
    act: Act,
    number: number,
    kind: 'note-updated' | 'note-addended' | 'note-withdrawn',
    change: (note: Note) => Note,
  ): Note {
    const before = this.#known('DocumentReference', number);
    const note = this.#core.put(act, 'DocumentReference', { ...change(before), changedAt: act.at });
    this.#core.tell(kind, act, { ...this.#subject(note.patient, note.visit), note }, [
      touched('DocumentReference', note, 'updated'),
    ]);
    return note;
  }

  #known<K extends 'Observation' | 'ServiceRequest' | 'DocumentReference'>(kind: K, number: number) {
    const found = this.#core.get(kind, number);
    if (!found) throw new NotPossible(`no ${kind} has this number`);
    return found;
  }

  #subject(number: number, csn: number | undefined): { patient: Patient; visit?: Visit } {
    const patient = this.#core.people.get(number);
    if (patient?.standing !== 'active') throw new NotPossible('no active chart has this number');
    if (csn === undefined) return { patient };
    const visit = this.#core.get('Encounter', csn);
    if (!visit) throw new NotPossible('no visit has this CSN');
    if (visit.patient !== number) throw new NotPossible('the visit is another patient’s');
    return { patient, visit };
  }
}
