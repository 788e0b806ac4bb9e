import { hl7Time } from '../world/calendar.ts';
import type { Facility } from '../world/facility.ts';
import { epicIdOf, externalIdOf, systems } from '../world/identity.ts';
import type { Bed, Department, Patient, Provider, Stay, User, Visit } from '../world/records.ts';
import { places, races } from '../world/vocabulary.ts';
import type { Habits, IdentifierHabit } from './habits.ts';
import { components, repetitions, segment, text } from './segment.ts';

/** The kinds of messages a feed may carry. */
export type MessageType = 'ADT' | 'SIU' | 'ORU' | 'MDM';

/** What every message is written from. */
export interface Envelope {
  readonly controlId: string;
  readonly type: MessageType;
  readonly trigger: string;
  /** EVN-4. */
  readonly mnemonic: string;
  /** When the thing happened, and when the message was made. */
  readonly at: number;
  readonly user: User;
  readonly facility: Facility;
  readonly timeZone: string;
  readonly habits: Habits;
}

// Several triggers share a structure (HL7 v2.5.1, table 0354); what is missing here has one of its own.
const structures: Readonly<Record<string, string>> = {
  A01: 'ADT_A01',
  A04: 'ADT_A01',
  A08: 'ADT_A01',
  A13: 'ADT_A01',
  A11: 'ADT_A09',
  A28: 'ADT_A05',
  A31: 'ADT_A05',
  A29: 'ADT_A21',
  A40: 'ADT_A39',
};

function structureOf(type: MessageType, trigger: string): string {
  if (type === 'SIU') return 'SIU_S12';
  if (type === 'MDM') return 'MDM_T02';
  return structures[trigger] ?? `${type}_${trigger}`;
}

export function msh(envelope: Envelope): string {
  const { habits, type, trigger, facility } = envelope;
  const application = type === 'SIU' ? habits.schedulingApplication : habits.sendingApplication;
  return segment('MSH', {
    // MSH-1 is the separator itself, so that MSH-2 stands first here.
    1: '^~\\&',
    2: components(application),
    3: components(habits.sendingFacility || facility.code),
    4: components(habits.receivingApplication),
    5: components(habits.receivingFacility),
    6: hl7Time(envelope.at, envelope.timeZone),
    7: components(envelope.user.id),
    8:
      habits.version === '2.3'
        ? components(type, trigger)
        : components(type, trigger, structureOf(type, trigger)),
    9: envelope.controlId,
    10: habits.processing,
    11: habits.version,
    17: 'UNICODE UTF-8',
  });
}

export function evn(envelope: Envelope): string {
  const { user, facility, timeZone, at, habits, trigger } = envelope;
  const name = components(user.id, upper(user.family), upper(user.given), '', '', '', '', '', facility.code);
  return segment('EVN', {
    1: trigger,
    2: hl7Time(at, timeZone),
    4: text(habits.mnemonics[trigger] ?? envelope.mnemonic),
    5: `${name}^^^^^${facility.emergency.id}`,
    6: hl7Time(at, timeZone),
  });
}

/** PID-3 as this site writes it; older numbers of merged charts come last. */
function identifiers(patient: Patient, { identifiers: sent }: Habits): string {
  const one = (value: string, habit: IdentifierHabit | undefined) =>
    habit && value !== '' ? components(value, '', '', habit.assigner, habit.type) : '';
  return repetitions(
    one(patient.mrn, sent.mrn),
    one(externalIdOf(patient.number), sent.external),
    one(epicIdOf(patient.number), sent.epic),
    ...patient.further
      .filter(({ type }) => type !== 'MR')
      .map(({ value, assigner, type }) => components(value, '', '', assigner, type)),
  );
}

/** PID. The hospital account goes into PID-18 when the message is about a visit. */
export function pid(patient: Patient, habits: Habits, visit?: Visit): string {
  const place = places[patient.place] as (typeof places)[number];
  const race = races[patient.race] as (typeof races)[number];
  return segment(
    'PID',
    {
      1: '1',
      2: habits.mrnInPid2 ? text(patient.mrn) : '',
      3: identifiers(patient, habits),
      5: components(upper(patient.family), upper(patient.given), upper(patient.middle), '', '', '', 'L'),
      7: patient.birthDate.replaceAll('-', ''),
      8: patient.sex === 'female' ? 'F' : 'M',
      10: components(race.code, race.display, 'CDCREC'),
      11: components(
        patient.street,
        '',
        place.city,
        place.state,
        place.postalCode,
        'US',
        'P',
        '',
        place.county,
      ),
      13: repetitions(
        phone(patient.homePhone, 'PH'),
        phone(patient.mobilePhone, 'CP'),
        patient.email === '' ? '' : components('', 'NET', 'Internet', patient.email),
      ),
      15: patient.spanish ? components('SPA', 'Spanish') : components('ENG', 'English'),
      16: patient.marital,
      18: visit ? account(visit, habits) : '',
      29: patient.deathDate === undefined ? '' : patient.deathDate.replaceAll('-', ''),
      30: patient.deathDate === undefined ? '' : 'Y',
    },
    habits.trailingFields ? 30 : 0,
  );
}

function account(visit: Visit, habits: Habits): string {
  if (habits.accountIs === 'empty') return '';
  return habits.accountIs === 'har' ? String(visit.account) : visitNumber(visit.csn, habits);
}

/** PV1-19, and SCH-2 at sites that write the two alike: the contact serial number. */
export function visitNumber(csn: number, { csnPrefix }: Habits): string {
  return `${csnPrefix}${csn}`;
}

/** PV1 of a visit. `before` is where a patient was until a transfer. */
export function pv1(envelope: Envelope, visit: Visit, before?: Stay): string {
  const { facility, timeZone, habits } = envelope;
  const seenBy = provider(visit.provider);
  return segment(
    'PV1',
    {
      1: '1',
      2: text(habits.patientClasses[visit.kind]),
      3: location(facility, visit.department, visit.bed),
      4: visit.kind === 'clinic' ? 'R' : 'E',
      6: before ? location(facility, before.department, before.bed) : '',
      7: seenBy,
      10: text(visit.provider.specialty.slice(0, 3).toUpperCase()),
      17: visit.kind === 'inpatient' ? seenBy : '',
      19: visitNumber(visit.csn, habits),
      36: visit.endedAt === undefined ? '' : '01',
      44: hl7Time(visit.startedAt, timeZone),
      45: visit.endedAt === undefined ? '' : hl7Time(visit.endedAt, timeZone),
    },
    habits.trailingFields ? 50 : 0,
  );
}

function phone(number: string, equipment: string): string {
  if (number === '') return '';
  const [area = '', exchange = '', line = ''] = number.split('-');
  return components(`(${area})${exchange}-${line}`, 'PRN', equipment, '', '', area, `${exchange}${line}`);
}

/** ZPD, nearly empty as at real sites. */
export function zpd(): string {
  return segment('ZPD', { 14: 'N' }, 20);
}

/** A provider as XCN: the record id, and the NPI as a second repetition. */
export function provider({ id, npi, family, given }: Provider): string {
  return repetitions(
    components(id, upper(family), upper(given), '', '', '', '', '', 'EPIC', '', '', '', 'PROVID'),
    components(npi, upper(family), upper(given), '', '', '', '', '', 'NPI', '', '', '', 'NPI'),
  );
}

/** A place as PL: unit, room, bed, facility, and Epic's department id in component 11. */
export function location(facility: Facility, department: Department, bed?: Bed): string {
  const { unit, id, name } = department;
  return components(unit, bed?.room, bed?.bed, facility.code, '', '', '', '', name, '', id);
}

/** HL7 names travel in capitals, as registration desks type them. */
export function upper(name: string): string {
  return name.toUpperCase();
}

/** Where visit types are numbered, for the coding system component. */
export const visitTypeSystem = systems.visitType.replace('urn:oid:', '');
