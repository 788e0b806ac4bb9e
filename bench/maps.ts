/**
 * A map of 30 fields beside JSONata's expression of the same: how many a second on one core, in turns of one process, and
 * whether both make the same. Least, middle and most of the turns. `node bench/maps.ts [seconds a turn]`
 */
import { isDeepStrictEqual } from 'node:util';
import jsonata from 'jsonata';
import { usage } from '../scripts/usage.ts';
import { compileFieldMap, type FieldMap, readValueSet, valueSetsOf } from '../src/mapping/index.ts';

usage(import.meta.filename);

const TURNS = 7;
const seconds = Number(process.argv[2] ?? 1);

const patient = {
  resourceType: 'Patient',
  id: 'abc',
  active: true,
  identifier: [
    { use: 'secondary', system: 'urn:oid:9', value: 'E77' },
    {
      use: 'usual',
      type: { coding: [{ code: 'MR' }], text: 'MRN' },
      system: 'urn:oid:1.2.3',
      value: '203713',
    },
  ],
  name: [
    { use: 'official', family: 'LOPEZ', given: ['CAMILA', 'MARIA'] },
    { use: 'maiden', family: 'DIAZ' },
  ],
  telecom: [
    { system: 'phone', use: 'home', value: '(608) 555-0100' },
    { system: 'phone', use: 'mobile', value: '(608) 555-0199' },
    { system: 'email', value: 'Camila@Example.org' },
  ],
  gender: 'female',
  birthDate: '1987-09-12',
  address: [
    {
      use: 'home',
      line: ['1 Main St', 'Apt 2'],
      city: 'Madison',
      state: 'WI',
      postalCode: '53703',
      country: 'US',
    },
  ],
  maritalStatus: { coding: [{ system: 'urn:m', code: 'M', display: 'Married' }], text: 'Married' },
  communication: [{ language: { coding: [{ code: 'en' }] }, preferred: true }],
  generalPractitioner: [{ reference: 'Practitioner/p1', display: 'Dr. Reed' }],
  managingOrganization: { reference: 'Organization/o1', display: 'Mercy' },
  contact: [
    {
      relationship: [{ text: 'Mother' }],
      name: { family: 'DIAZ', given: ['ANA'] },
      telecom: [{ value: '6085550111' }],
    },
  ],
};

const map: FieldMap = {
  'person.id': 'event.id',
  'person.mrn': 'event.identifier[use=usual].value',
  'person.mrnSystem': 'event.identifier[use=usual].system',
  'person.other': 'event.identifier[use=secondary].value',
  'person.active': 'event.active',
  'name.family': { from: 'event.name[use=official].family', transform: 'lower' },
  'name.first': { from: 'event.name[use=official].given[0]', transform: 'lower' },
  'name.middle': { from: 'event.name[use=official].given[1]', transform: 'lower' },
  'name.maiden': 'event.name[use=maiden].family',
  'name.full': { from: ['event.name[0].given[0]', 'event.name[0].family'], transform: 'join' },
  'contact.home': { from: 'event.telecom[use=home].value', transform: 'digits' },
  'contact.mobile': { from: 'event.telecom[use=mobile].value', transform: 'digits' },
  'contact.email': { from: 'event.telecom[system=email].value', transform: 'lower' },
  gender: { from: 'event.gender', valueSet: 'gender' },
  birthDate: 'event.birthDate',
  birthYear: { from: 'event.birthDate', transform: 'substring', with: [0, 4] },
  'address.line': { from: 'event.address[0].line[*]', transform: 'join', with: ', ' },
  'address.city': 'event.address[0].city',
  'address.state': 'event.address[0].state',
  'address.zip': 'event.address[0].postalCode',
  'address.country': { from: 'event.address[0].country', default: 'US' },
  'marital.code': { from: 'event.maritalStatus.coding[0].code', valueSet: 'marital' },
  'marital.text': 'event.maritalStatus.text',
  language: 'event.communication[preferred=true].language.coding[0].code',
  'doctor.id': { from: 'event.generalPractitioner[0].reference', transform: 'id' },
  'doctor.name': 'event.generalPractitioner[0].display',
  organization: { from: 'event.managingOrganization.reference', transform: 'id' },
  'next.family': 'event.contact[0].name.family',
  'next.phone': 'event.contact[0].telecom[0].value',
  source: { value: 'mercy' },
};

const expression = jsonata(`{
  'person': { 'id': id, 'mrn': identifier[use='usual'].value, 'mrnSystem': identifier[use='usual'].system,
    'other': identifier[use='secondary'].value, 'active': active },
  'name': { 'family': $lowercase(name[use='official'].family), 'first': $lowercase(name[use='official'].given[0]),
    'middle': $lowercase(name[use='official'].given[1]), 'maiden': name[use='maiden'].family,
    'full': name[0].given[0] & ' ' & name[0].family },
  'contact': { 'home': $replace(telecom[use='home'].value, /[^0-9]/, ''),
    'mobile': $replace(telecom[use='mobile'].value, /[^0-9]/, ''), 'email': $lowercase(telecom[system='email'].value) },
  'gender': $lookup({ 'female': 'F', 'male': 'M', 'other': 'O', 'unknown': 'U' }, gender),
  'birthDate': birthDate,
  'birthYear': $substring(birthDate, 0, 4),
  'address': { 'line': $join(address[0].line, ', '), 'city': address[0].city, 'state': address[0].state,
    'zip': address[0].postalCode, 'country': address[0].country ? address[0].country : 'US' },
  'marital': { 'code': $lookup({ 'M': 'married', 'S': 'single', 'D': 'divorced' }, maritalStatus.coding[0].code),
    'text': maritalStatus.text },
  'language': communication[preferred=true].language.coding[0].code,
  'doctor': { 'id': $split(generalPractitioner[0].reference, '/')[1], 'name': generalPractitioner[0].display },
  'organization': $split(managingOrganization.reference, '/')[1],
  'next': { 'family': contact[0].name.family, 'phone': contact[0].telecom[0].value },
  'source': 'mercy'
}`);

const csv = (rows: string) =>
  readValueSet(new TextEncoder().encode(`source,target\n${rows}`), 'bench.csv').rows;
const rows = new Map([
  ['gender', csv('female,F\nmale,M\nother,O\nunknown,U\n')],
  ['marital', csv('M,married\nS,single\nD,divorced\n')],
]);
const valueSets = valueSetsOf({ names: [...rows.keys()], rows: (name) => rows.get(name) });
const mapper = compileFieldMap(map);
const context = {
  values: new Map<string, unknown>([['event', patient]]),
  timeZone: 'America/Chicago',
  valueSets,
};

const ours = mapper(context);
const theirs = JSON.parse(JSON.stringify(await expression.evaluate(patient))) as unknown;
if (Object.keys(map).length !== 30) throw new Error('the map has not 30 fields');
if (!isDeepStrictEqual(JSON.parse(JSON.stringify(ours)), theirs)) {
  console.error(JSON.stringify(ours), JSON.stringify(theirs));
  throw new Error('the two do not make the same');
}

function ourTurn(): number {
  const end = performance.now() + seconds * 1_000;
  const start = performance.now();
  let count = 0;
  while (performance.now() < end) for (let n = 0; n < 200; n++, count++) mapper(context);
  return (count * 1_000) / (performance.now() - start);
}

async function theirTurn(): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  const start = performance.now();
  let count = 0;
  while (performance.now() < end) for (let n = 0; n < 20; n++, count++) await expression.evaluate(patient);
  return (count * 1_000) / (performance.now() - start);
}

ourTurn();
await theirTurn();
const [a, b]: [number[], number[]] = [[], []];
for (let turn = 0; turn < TURNS; turn++) {
  a.push(ourTurn());
  b.push(await theirTurn());
}
const told = (name: string, figures: readonly number[]): number => {
  const sorted = [...figures].sort((x, y) => x - y);
  const at = (place: number): string => Math.round(sorted[place] as number).toLocaleString('en-US');
  console.log(`| ${name} | ${at(0)} | ${at(sorted.length >> 1)} | ${at(sorted.length - 1)} |`);
  return sorted[sorted.length >> 1] as number;
};
console.log('| maps of 30 fields a second, one core | least | middle | most |\n|---|---|---|---|');
const middle = told('field map, compiled', a);
const other = told('JSONata 2.2.2', b);
console.log(`\n${(middle / other).toFixed(1)} times as many (the middles).`);
