import { describe, expect, test } from 'vitest';
import { type Observed, type ObservedSite, siteSchema } from '../../site/index.ts';
import { connectors } from '../index.ts';
import {
  ABILITIES,
  allowance,
  type CapabilityMatrix,
  type CellState,
  capabilityMatrix,
  drift,
  driftText,
  ehrProfiles,
  parseScope,
  profileOf,
  rowOf,
} from './index.ts';

const AT = '2026-11-21T10:00:00Z';
const FROM = 'https://ehr.example/FHIR/api/FHIR/R4';

/** As Epic's May 2026 statement is, shortened. */
const metadata = (
  more: Record<string, Partial<NonNullable<Observed['metadata']>['resources'][string]>> = {},
) => {
  const resource = (interactions: string[], search: string[], operations: string[] = []) => ({
    interactions,
    search,
    operations,
    conditionalCreate: false,
  });
  const resources: NonNullable<Observed['metadata']>['resources'] = {
    Patient: resource(
      ['create', 'read', 'search-type'],
      ['birthdate', 'family', 'gender', 'given', 'identifier', '_count', '_id', 'phone'],
      ['match'],
    ),
    Appointment: resource(
      ['read', 'search-type'],
      ['date', 'identifier', 'patient', 'status', '_count', '_id', 'location'],
    ),
    Encounter: resource(['read', 'search-type'], ['class', 'date', 'patient', '_id']),
    Observation: resource(
      ['create', 'read', 'search-type', 'update'],
      ['category', 'code', 'date', 'issued', 'patient', '_id'],
    ),
    DocumentReference: resource(
      ['create', 'read', 'search-type', 'update'],
      ['date', 'patient', 'type', '_id', '_lastupdated'],
    ),
    Group: resource(['read'], [], ['group-export']),
  };
  for (const [type, each] of Object.entries(more))
    resources[type] = { ...resource([], []), ...resources[type], ...each };
  return {
    observedAt: AT,
    from: FROM,
    fhirVersion: '4.0.1',
    software: { name: 'Epic', version: 'May 2026' },
    formats: ['json', 'xml'],
    systemOperations: [],
    resources,
  };
};
const scopes = (...list: string[]) => ({ observedAt: AT, from: FROM, told: true, scopes: list });
const everything = scopes('system/*.cruds');

function matrix(
  observed: Observed = {},
  more: { epic?: object; site?: object; vendor?: string; connections?: object } = {},
): CapabilityMatrix {
  const record = siteSchema.parse({
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: more.vendor ?? 'Epic', version: 'May 2026' },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
    roster: { from: ['adt-in'] },
    connections: {
      'adt-in': { connector: 'mllp', listen: { port: 6661 } },
      epic: { connector: 'epic', fhirBase: FROM, clientId: 'c', auth: { method: 'backend' }, ...more.epic },
      ...more.connections,
    },
    ...more.site,
  });
  const site: ObservedSite = { epic: observed };
  return capabilityMatrix({ record, observed: site, connectors });
}
const cell = (from: CapabilityMatrix, resource: string, ability: (typeof ABILITIES)[number]) => {
  const found = rowOf(from, resource)?.cells[ability];
  if (!found) throw new Error(`no ${resource}`);
  return found;
};
const states = (from: CapabilityMatrix): Record<string, CellState[]> =>
  Object.fromEntries(
    from.rows.map(({ resource, cells }) => [resource, ABILITIES.map((each) => cells[each].state)]),
  );

describe('what a site can do', () => {
  test('before anybody asked it: what the product lacks is no, the rest is not known, and nothing is promised', () => {
    const unasked = matrix();
    expect(states(unasked)).toEqual({
      Patient: ['not known', 'not known', 'not known', 'no', 'not known'],
      Appointment: ['not known', 'not known', 'with a condition', 'no', 'not known'],
      Encounter: ['not known', 'not known', 'no', 'no', 'not known'],
      Observation: ['not known', 'not known', 'not known', 'not known', 'not known'],
      DocumentReference: ['not known', 'not known', 'not known', 'not known', 'not known'],
    });
    expect(unasked.observed).toEqual({});
    expect(cell(unasked, 'Encounter', 'create').alternative).toContain('ADT^A04');
  });

  test('asked and granted: every cell has a ground, every "no" an alternative', () => {
    const asked = matrix({ metadata: metadata(), scopes: everything });
    expect(states(asked)).toEqual({
      Patient: ['yes', 'yes', 'with a condition', 'no', 'yes'],
      Appointment: ['yes', 'yes', 'with a condition', 'no', 'yes'],
      Encounter: ['yes', 'yes', 'no', 'no', 'yes'],
      Observation: ['yes', 'yes', 'with a condition', 'with a condition', 'yes'],
      DocumentReference: ['yes', 'yes', 'with a condition', 'with a condition', 'yes'],
    });
    for (const { cells } of asked.rows) {
      for (const each of Object.values(cells)) {
        expect(each.grounds.length).toBeGreaterThan(0);
        expect(each.text).not.toBe('');
        if (each.state === 'no') expect(each.alternative ?? '').not.toBe('');
        if (each.state === 'with a condition') expect(each.conditions.length).toBeGreaterThan(0);
      }
    }
    expect(asked.ehr.version).toBe('May 2026');
    expect(cell(asked, 'Appointment', 'search').parameters).toEqual({
      native: ['date', 'identifier', 'patient', 'status', '_count', '_id'],
      filtered: ['location'],
      required: [['patient', 'date']],
    });
  });

  test('what the token does not grant is no, whatever the server lists; a part is a condition', () => {
    const some = matrix({
      metadata: metadata(),
      scopes: scopes(
        'system/Patient.read',
        'system/Observation.s?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs',
      ),
    });
    expect(cell(some, 'Patient', 'search').state).toBe('yes');
    expect(cell(some, 'Appointment', 'search')).toMatchObject({ state: 'no' });
    expect(cell(some, 'Appointment', 'search').alternative).toContain('Appointment (search)');
    expect(cell(some, 'Observation', 'search')).toMatchObject({
      state: 'with a condition',
      conditions: ['Only Observation with category=vital-signs.'],
    });
    const ways = cell(some, 'Appointment', 'trigger').ways ?? [];
    expect(ways.filter(({ state }) => state === 'no').map(({ name }) => name)).toEqual([
      'poll',
      'feed wakes read',
      'bulk',
    ]);
  });

  test('a question that was refused outweighs a scope that was granted', () => {
    const refused = matrix({
      metadata: metadata(),
      scopes: everything,
      trials: {
        observedAt: AT,
        from: FROM,
        trials: [{ what: 'Encounter (search)', answer: 'user may not', status: 403, codes: ['4118'] }],
      },
    });
    expect(cell(refused, 'Encounter', 'search')).toMatchObject({ state: 'no' });
    expect(cell(refused, 'Encounter', 'search').alternative).toContain('user');
    expect(cell(refused, 'Encounter', 'read').state).toBe('yes');
  });

  test('a server that offers more than the product is known for is believed', () => {
    const more = matrix({
      metadata: metadata({ Appointment: { interactions: ['create', 'read', 'search-type'] } }),
      scopes: everything,
    });
    expect(cell(more, 'Appointment', 'create').state).toBe('yes');
  });

  test('creating an appointment goes by the route that the record chose', () => {
    const observed = { metadata: metadata(), scopes: everything };
    const book = matrix(observed, { epic: { do: { 'appointment.create': { route: 'book' } } } });
    expect(cell(book, 'Appointment', 'create')).toMatchObject({
      state: 'with a condition',
      chosen: '$find + $book',
    });
    const siu = (accepts: string[]) =>
      matrix(observed, {
        epic: { do: { 'appointment.create': { route: 'siu', via: 'siu-out' } } },
        connections: { 'siu-out': { connector: 'mllp', send: { host: 'h', port: 1 } } },
        site: { hl7: { accepts: { 'siu-out': accepts } } },
      });
    expect(cell(siu(['SIU^*']), 'Appointment', 'create')).toMatchObject({ state: 'yes', chosen: 'SIU^S12' });
    expect(cell(siu(['ADT^A04']), 'Appointment', 'create').state).toBe('no');
    expect(cell(siu(['ADT^A04']), 'Appointment', 'create').alternative).toContain('$book');
    expect(cell(siu(['ADT^A04']), 'Encounter', 'create')).toMatchObject({ state: 'with a condition' });
  });

  test('triggers: by which methods, and what each lacks here', () => {
    const observed = { metadata: metadata(), scopes: everything };
    const ways = (from: CapabilityMatrix, resource: string) =>
      Object.fromEntries(
        (cell(from, resource, 'trigger').ways ?? []).map(({ name, state }) => [name, state]),
      );
    expect(ways(matrix(observed), 'Appointment')).toEqual({
      poll: 'yes',
      feed: 'not known',
      'feed wakes read': 'not known',
      bulk: 'with a condition',
    });
    const told = matrix(observed, {
      site: { hl7: { sends: { 'adt-in': ['SIU^S12', 'SIU^S13', 'SIU^S14', 'SIU^S15', 'SIU^S26'] } } },
    });
    expect(ways(told, 'Appointment')).toMatchObject({ feed: 'yes', 'feed wakes read': 'yes' });
    expect(ways(told, 'DocumentReference')).toMatchObject({ feed: 'no' });
    const alone = matrix(observed, { site: { roster: { from: [] } } });
    expect(ways(alone, 'Appointment')).toMatchObject({ poll: 'with a condition' });
    const lost = matrix({ metadata: metadata({ Appointment: { search: ['patient'] } }), scopes: everything });
    expect(ways(lost, 'Appointment')).toMatchObject({ poll: 'no' });
    const chosen = matrix(observed, {
      site: { learn: { Appointment: { method: 'poll', from: 'epic', every: '30s' } } },
    });
    expect(cell(chosen, 'Appointment', 'trigger')).toMatchObject({
      chosen: 'poll',
      latency: expect.stringContaining('30s'),
    });
  });

  test('services: Subscriptions are absent at Epic and said so; CDS Hooks waits for a connection', () => {
    const services = matrix({ metadata: metadata(), scopes: everything }).services;
    expect(services.Subscription).toMatchObject({ state: 'no' });
    expect(services.Subscription.alternative).toContain('HL7 feed');
    expect(services['bulk export'].state).toBe('with a condition');
    expect(services['patient match'].state).toBe('yes');
  });
});

describe('other EHRs', () => {
  test('each is found by its names, says where it is known from, and that nobody verified it', () => {
    for (const vendor of [
      'Cerner',
      'Oracle Health',
      'athenahealth',
      'eClinicalWorks',
      'MEDITECH',
      'Allscripts',
      'Veradigm',
    ]) {
      const profile = profileOf(vendor);
      expect(profile.id).not.toBe('fhir');
      expect(profile.verified).toBe(false);
      expect(Object.values(profile.sources).every(({ address }) => /^https:\/\//.test(address ?? ''))).toBe(
        true,
      );
    }
    expect(profileOf('homemade').id).toBe('fhir');
  });

  test('every fact names a source that the profile has, and only Epic’s are called confirmed', () => {
    for (const profile of ehrProfiles) {
      const facts = [
        ...Object.values(profile.resources).flatMap(({ read, search, create, update, lastUpdated }) => [
          read,
          search,
          create,
          update,
          lastUpdated,
        ]),
        ...Object.values(profile.services),
      ];
      for (const fact of facts) {
        expect(Object.keys(profile.sources)).toContain(fact.source);
        if (!profile.verified) expect(fact.mark).toBe('not verified');
        if (fact.state === 'with a condition') expect(fact.conditions?.length ?? 0).toBeGreaterThan(0);
      }
      for (const note of profile.notes) expect(Object.keys(profile.sources)).toContain(note.source);
    }
  });

  test('they feed the matrix: a read-only API has no create, and what writes instead is named', () => {
    const allscripts = matrix({}, { vendor: 'Allscripts' });
    expect(allscripts.ehr).toMatchObject({ profile: 'veradigm', verified: false });
    expect(cell(allscripts, 'Patient', 'create')).toMatchObject({ state: 'no' });
    expect(cell(allscripts, 'Patient', 'create').alternative).toContain('Unity');
    expect(cell(matrix({}, { vendor: 'Cerner' }), 'Appointment', 'create').state).toBe('not known');
  });
});

test('scopes in every spelling', () => {
  const actions = (text: string): string => [...(parseScope(text)?.actions ?? [])].join('');
  expect(actions('system/Patient.rs')).toBe('rs');
  expect(actions('system/Observation.read')).toBe('rs');
  expect(actions('Patient.search')).toBe('s');
  expect(actions('user/Binary.Read')).toBe('rs');
  expect(actions('system/Observation.write')).toBe('cud');
  expect(actions('system/*.*')).toBe('cruds');
  for (const other of [
    'openid',
    'launch/patient',
    'offline_access',
    'epic.scanning.dmsusername',
    'system/Patient.xyz',
  ])
    expect(parseScope(other)).toBeNull();
  expect(
    allowance(['system/Condition.c?category=x|problem-list-item', 'system/Condition.r'], 'Condition', 'c'),
  ).toEqual({
    allowed: 'in part',
    only: ['category=problem-list-item'],
  });
});

test('drift: what is gone, new or other than it was', () => {
  const before: Observed = {
    metadata: metadata(),
    scopes: scopes('system/Patient.rs', 'system/Appointment.rs'),
  };
  const now: Observed = {
    metadata: {
      ...metadata({ Appointment: { search: ['date', 'patient'] } }),
      software: { name: 'Epic', version: 'August 2026' },
    },
    scopes: scopes('system/Patient.rs', 'system/Slot.r'),
  };
  const found = drift(before, now).map(driftText);
  expect(found).toContain('software version was May 2026 and is August 2026 now');
  expect(found).toContain('Appointment: search parameter status is gone');
  expect(found).toContain('scope system/Appointment.rs is gone');
  expect(found).toContain('scope system/Slot.r is new');
  expect(drift(before, before)).toEqual([]);
  expect(drift(before, {})).toEqual([]);
});
