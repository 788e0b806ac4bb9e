import { hl7Time } from '../world/calendar.ts';
import type { Facility } from '../world/facility.ts';
import { epicIdOf, externalIdOf, systems } from '../world/identity.ts';
import type { Bed, Department, Patient, Provider, User } from '../world/records.ts';
import { places, races } from '../world/vocabulary.ts';
import type { Habits } from './habits.ts';
import { components, repetitions, segment } from './segment.ts';

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

// A01, A04 and A08 share one structure; A03 has its own; all of SIU share one (HL7 v2.5.1, table 0354).
const structures: Readonly<Record<string, string>> = { A01: 'ADT_A01', A04: 'ADT_A01', A08: 'ADT_A01' };

export function msh(envelope: Envelope): string {
  const { habits, type, trigger, facility } = envelope;
  const structure = type === 'SIU' ? 'SIU_S12' : (structures[trigger] ?? `${type}_${trigger}`);
  return segment('MSH', {
    // MSH-1 is the separator itself, so that MSH-2 stands first here.
    1: '^~\\&',
    2: components(habits.sendingApplication),
    3: components(facility.code),
    4: components(habits.receivingApplication),
    5: components(habits.receivingFacility),
    6: hl7Time(envelope.at, envelope.timeZone),
    7: components(envelope.user.id),
    8: habits.version === '2.3' ? components(type, trigger) : components(type, trigger, structure),
    9: envelope.controlId,
    10: habits.processing,
    11: habits.version,
    17: 'UNICODE UTF-8',
  });
}

export function evn(envelope: Envelope): string {
  const { user, facility, timeZone, at } = envelope;
  const name = components(user.id, upper(user.family), upper(user.given), '', '', '', '', '', facility.code);
  return segment('EVN', {
    1: envelope.trigger,
    2: hl7Time(at, timeZone),
    4: envelope.mnemonic,
    5: `${name}^^^^^${facility.emergency.id}`,
    6: hl7Time(at, timeZone),
  });
}

/** PID. The hospital account goes into PID-18 when the message is about a visit. */
export function pid(patient: Patient, account?: number): string {
  const { number } = patient;
  const place = places[patient.place] as (typeof places)[number];
  const race = races[patient.race] as (typeof races)[number];
  return segment(
    'PID',
    {
      1: '1',
      3: repetitions(
        components(patient.mrn, '', '', 'EPI', 'MR'),
        components(externalIdOf(number), '', '', 'EXTERNAL', 'EXTID'),
        components(epicIdOf(number), '', '', 'EPIC', 'EPICID'),
      ),
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
        components('', 'NET', 'Internet', patient.email),
      ),
      15: patient.spanish ? components('SPA', 'Spanish') : components('ENG', 'English'),
      16: patient.marital,
      18: account === undefined ? '' : String(account),
    },
    // Epic's samples end PID with empty fields.
    30,
  );
}

function phone(number: string, equipment: string): string {
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
