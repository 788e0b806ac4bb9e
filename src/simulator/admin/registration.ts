import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import type { Patient } from '../world/records.ts';

/** Somebody to be registered by hand. The MRN may be one that another chart carries, as happens at real sites. */
export interface NewPerson {
  readonly family: string;
  readonly given: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly gender: 'female' | 'male';
  /** The next free one when absent. */
  readonly mrn?: string;
  /** Nine digits. */
  readonly ssn?: string;
  readonly mobilePhone?: string;
  readonly street?: string;
}

/** Registers a person: twins, namesakes and two charts under one MRN are made so. Throws a RangeError in words. */
export function registerPerson(hospital: Hospital, person: NewPerson): Patient {
  const { family, given, birthDate, gender, mrn, ssn, mobilePhone, street } = person;
  if (!family || !given) throw new RangeError('family and given must be text');
  if (gender !== 'female' && gender !== 'male') throw new RangeError('gender must be female or male');
  if (!/^\d{4}-\d\d-\d\d$/.test(birthDate) || Number.isNaN(Date.parse(birthDate))) {
    throw new RangeError('birthDate must be a date, YYYY-MM-DD');
  }
  if (mrn !== undefined && !/^[A-Za-z0-9]{1,20}$/.test(mrn)) {
    throw new RangeError('mrn must be 1 to 20 letters or digits');
  }
  if (ssn !== undefined && !/^\d{9}$/.test(ssn)) throw new RangeError('ssn must be nine digits');
  return hospital.registration.register(hospital.act('admin', 1), {
    family,
    given,
    birthDate,
    sex: gender,
    ...(mrn === undefined ? {} : { mrn }),
    ...(ssn === undefined
      ? {}
      : { further: [{ type: 'SS', assigner: 'SSA', value: ssn, system: systems.ssn }] }),
    ...(mobilePhone === undefined ? {} : { mobilePhone }),
    ...(street === undefined ? {} : { street }),
  });
}
