import type { FieldContent } from '../../../hl7/index.ts';
import { patientClasses } from './codes.ts';
import { cwe, cx, plain } from './datatypes.ts';
import type { Given } from './given.ts';
import { about, pl, xcn } from './people.ts';
import { note, repeated, type SegmentFields, said, segment, time, type Writing } from './writing.ts';

/** PV1 fields of people, by v3-ParticipationType. */
const people: ReadonlyMap<string, number> = new Map([
  ['ATND', 7],
  ['REF', 8],
  ['CON', 9],
  ['ADM', 17],
]);

/** PV1 fields of places, by the status of Encounter.location. */
const places: ReadonlyMap<string, number> = new Map([
  ['active', 3],
  ['planned', 3],
  ['completed', 6],
  ['reserved', 42],
]);

/** PV1 for messages that must have one, when there is no visit: class N, not applicable (table 0004). */
export const noVisit: SegmentFields = segment('PV1', { 1: '1', 2: 'N' });

/** Encounter as PV1: PV1[Encounter] of the guide, backwards. The status is what event, class and times say. */
export function pv1(writing: Writing, encounter: Given, trigger: string): SegmentFields {
  const period = encounter.child('period');
  const end = time(writing, period, 'end');
  const classCode = encounterClass(writing, encounter);
  checkStatus(writing, encounter, trigger, classCode, end !== undefined);
  const hospital = encounter.child('hospitalization');
  const preadmit = hospital?.child('preAdmissionIdentifier');
  const destination = hospital?.child('destination');
  const [visit, alternate] = visitNumbers(encounter);
  about(writing, encounter.child('subject'), 'Patient');
  for (const each of encounter.all('appointment')) writing.set.resolve(each);
  return segment('PV1', {
    1: '1',
    2: classCode,
    ...locations(writing, encounter),
    4: cwe(writing, encounter.all('type')[0], 'PV1-4'),
    5: preadmit && cx(writing, preadmit, 'PV1-5'),
    ...participants(writing, encounter),
    10: cwe(writing, encounter.child('serviceType'), 'PV1-10'),
    13: cwe(writing, hospital?.child('reAdmission'), 'PV1-13'),
    14: cwe(writing, hospital?.child('admitSource'), 'PV1-14'),
    15: several(writing, hospital?.all('specialArrangement'), 'PV1-15'),
    16: cwe(writing, hospital?.all('specialCourtesy')[0], 'PV1-16'),
    19: visit && cx(writing, visit, 'PV1-19'),
    36: cwe(writing, hospital?.child('dischargeDisposition'), 'PV1-36'),
    37: destination && [[said(writing, destination, 'display')]],
    38: cwe(writing, hospital?.all('dietPreference')[0], 'PV1-38'),
    44: time(writing, period, 'start'),
    45: end,
    50: alternate && cx(writing, alternate, 'PV1-50'),
  });
}

/** The identifier of type VN is the visit number; without one, the first. */
function visitNumbers(encounter: Given): readonly [Given | undefined, Given | undefined] {
  const all = encounter.all('identifier');
  const visit =
    all.find((each) =>
      each
        .child('type')
        ?.all('coding')
        .some((coding) => coding.peek('code') === 'VN'),
    ) ?? all[0];
  // A visit number may carry the site's own type beside VN: both are said by the field and its component 5.
  visit?.child('type')?.take('coding', 'text');
  return [visit, all.find((each) => each !== visit)];
}

function encounterClass(writing: Writing, encounter: Given): string {
  const given = encounter.child('class');
  if (given === undefined) return 'U';
  const system = given.text('system');
  const code = said(writing, given, 'code');
  const display = given.text('display');
  const site = writing.lookup.code?.('PV1-2', plain(system, code, display));
  if (site !== undefined) return site.code;
  const known = code === undefined ? undefined : patientClasses.get(code);
  if (system?.endsWith('v3-ActCode') && known !== undefined) return known;
  if (code !== undefined && (system === undefined || system.endsWith('v2-0004'))) return code;
  note(writing, {
    code: 'unmapped-code',
    severity: 'warning',
    path: given.path,
    place: 'PV1-2',
    text: `${given.path} has no code in HL7 table 0004; PV1-2 says U, unknown.`,
    fix: "Give the site's code for it in the lookup of PV1-2.",
  });
  return 'U';
}

/** PV1 has no status: a reader takes it from event, class and discharge time, and must come to the same. */
function checkStatus(
  writing: Writing,
  encounter: Given,
  trigger: string,
  classCode: string,
  ended: boolean,
): void {
  const status = encounter.text('status');
  if (status === undefined) return;
  const meant =
    trigger === 'S15' || trigger === 'S17' || trigger === 'S26'
      ? 'cancelled'
      : ended
        ? 'finished'
        : classCode === 'P' || trigger.startsWith('S')
          ? 'planned'
          : trigger === 'A04'
            ? 'arrived'
            : classCode === 'U'
              ? 'unknown'
              : 'in-progress';
  if (meant === status) return;
  note(writing, {
    code: 'conflict',
    // An ADT is about the visit; elsewhere PV1 only says which one is meant.
    severity: trigger.startsWith('A') ? 'warning' : 'information',
    path: encounter.at('status'),
    place: 'MSH-9',
    text: `${encounter.at('status')} is not what the event, PV1-2 and PV1-45 say together, and PV1 has no field for it.`,
    fix: 'Send the event that means this status, or check the class and the end of the visit.',
  });
}

function participants(writing: Writing, encounter: Given): Record<number, FieldContent> {
  const found = new Map<number, FieldContent[]>();
  for (const each of encounter.all('participant')) {
    const [type] = each.all('type');
    const [coding] = type?.all('coding') ?? [];
    const number = people.get(coding?.peek('code') ?? '');
    const individual = each.child('individual');
    if (number === undefined || individual === undefined) continue;
    type?.take('coding', 'text');
    const written = xcn(writing, individual, `PV1-${number}`);
    if (written !== undefined) found.set(number, [...(found.get(number) ?? []), written as FieldContent]);
  }
  return repetitions(found);
}

function locations(writing: Writing, encounter: Given): Record<number, FieldContent> {
  const found = new Map<number, FieldContent[]>();
  for (const each of encounter.all('location')) {
    const number = places.get(each.peek('status') ?? 'active') ?? 3;
    // PV1 has one place of each kind; another stays untaken, which is found at the end.
    const location = each.child('location');
    if (found.has(number) || location === undefined) continue;
    each.take('status', 'physicalType');
    const written = pl(writing, location, `PV1-${number}`);
    if (written !== undefined) found.set(number, [written as FieldContent]);
  }
  return repetitions(found);
}

const repetitions = (found: ReadonlyMap<number, readonly FieldContent[]>): Record<number, FieldContent> =>
  Object.fromEntries([...found].map(([number, list]) => [number, repeated(list as never)]));

function several(writing: Writing, list: readonly Given[] | undefined, place: string): FieldContent {
  const written = (list ?? []).map((each) => cwe(writing, each, place)).filter((each) => each !== undefined);
  return repeated(written);
}
