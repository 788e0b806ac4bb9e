import type { Hospital } from '../world/hospital.ts';

/** A list of patients that the site has made for a client. Its id is told to the client by mail or telephone. */
export interface Group {
  readonly id: string;
  readonly name: string;
  /** Everyone, up to the number that Epic recommends, or those named. */
  readonly members: 'everyone' | readonly string[];
}

/** Epic recommends groups of at most this many. */
const recommendedMembers = 1_000;

/** The groups of the hospital. The first one is there from the start and has everyone in it. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #hospital: Hospital;
  readonly #idOf: (number: number) => string;

  constructor(hospital: Hospital, idOf: (number: number) => string) {
    this.#hospital = hospital;
    this.#idOf = idOf;
    this.add('Everyone', 'everyone');
  }

  /** Patients by FHIR id, MRN, `Z...` or `E...`. Throws a RangeError for one who is unknown. */
  add(name: string, members: 'everyone' | readonly string[]): Group {
    const ids =
      members === 'everyone'
        ? members
        : members.map((member) => {
            const patient = this.#hospital.patientByAny(member);
            if (!patient) throw new RangeError('a member of the group is no patient of this hospital');
            return patient.fhirId;
          });
    const group = { id: this.#idOf(this.#groups.size + 1), name, members: ids };
    this.#groups.set(group.id, group);
    return group;
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }
  list(): Group[] {
    return [...this.#groups.values()];
  }

  /** FHIR ids; those of a group of everyone are counted anew each time. */
  *members({ members }: Group): Generator<string> {
    if (members !== 'everyone') {
      yield* members;
      return;
    }
    let count = 0;
    for (const patient of this.#hospital.patients) {
      if (count >= recommendedMembers) return;
      if (patient.standing !== 'active') continue;
      count += 1;
      yield patient.fhirId;
    }
  }
}
