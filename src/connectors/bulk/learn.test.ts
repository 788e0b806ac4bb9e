import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createHttp,
  type FhirResource,
  type Http,
  identifiersOf,
  unwatched,
  usualLimits,
} from '../../fhir/index.ts';
import { type Clock, type Json, systemClock } from '../../std/index.ts';
import { never, type TestContext, testContext, usualSettings } from '../context.fixture.ts';
import type { Learned, LearnSettings } from '../contract.ts';
import type { Learnable } from '../learn/learnable.ts';
import { createBulkLearner } from './index.ts';
import { type BulkPartner, openBulkPartner } from './partner.fixture.ts';

const MRN = 'urn:oid:1.2.3';
const DAY = 86_400_000;
const settings: LearnSettings = { ...usualSettings, method: 'bulk', every: DAY, group: 'e3iabh' };
const learnable = (resource: string): Learnable => ({
  resource,
  searches: () => [],
  fits: () => true,
  identify: (record: FhirResource) => ({ identity: `${identifiersOf(record)[0]?.value}`, joinable: true }),
});

let partner: BulkPartner;
let http: Http;
let now: number;
let context: TestContext;
let cursors: Map<string, Json>;
const clock: Clock = { ...systemClock, now: () => now };

beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 2);
  partner = await openBulkPartner();
  http = createHttp(systemClock, usualLimits);
  // Encounters are learnt by the same connection in another way.
  const learnt = ['Patient', 'Observation', 'Encounter'];
  context = {
    ...(await testContext({ clock, mrn: MRN })),
    learnt,
    exported: { e3iabh: ['Patient', 'Observation'] },
  };
  cursors = new Map();
  chart(70);
});
afterEach(async () => {
  await http.close();
  partner.close();
});

/** 1,500 patients and 2,400 results, so that one type is done before the other; every fiftieth result is `value`. */
function chart(value: number): void {
  const patients = Array.from({ length: 1_500 }, (_each, at) => ({
    resourceType: 'Patient',
    id: `p${at}`,
    identifier: [{ system: MRN, value: `M${at}` }],
  }));
  const results = Array.from({ length: 2_400 }, (_each, at) => ({
    resourceType: 'Observation',
    id: `o${at}`,
    identifier: [{ system: 'urn:order', value: `R${at}` }],
    subject: { reference: `Patient/p${at % 1_500}` },
    valueQuantity: { value: at % 50 === 0 ? value : 70 },
  }));
  partner.files = [
    { type: 'Patient', lines: patients.map((each) => JSON.stringify(each)) },
    { type: 'Observation', lines: results.map((each) => JSON.stringify(each)) },
  ];
}

const open = (neverAlone: Readonly<Record<string, string>> = {}) =>
  createBulkLearner({
    neverAlone,
    http,
    random: { fraction: () => 0 },
    fhirBase: partner.base,
    token: async () => 'token',
    watch: unwatched,
    context,
    learnables: [learnable('Patient'), learnable('Observation')],
  });

/** One turn, committed as the engine does, but for turns that a crash takes away. */
async function turn(learner: ReturnType<typeof open>, resource: string, crash = false) {
  const answer = await learner.learn({
    resource,
    settings,
    cursor: cursors.get(resource) ?? null,
    signal: never,
  });
  if (!crash) {
    context.commit(answer);
    cursors.set(resource, JSON.parse(JSON.stringify(answer.cursor)));
  }
  return answer;
}

/** Both resources until the export is over; every `dying`th turn the process dies before it has committed. */
async function round(dying = 0): Promise<Learned[]> {
  const learnt: Learned[] = [];
  let learner = open();
  for (let at = 1; at < 400; at++) {
    for (const resource of ['Observation', 'Patient']) {
      const crash = dying > 0 && at % dying === 0;
      const answer = await turn(learner, resource, crash);
      if (crash) learner = open();
      else learnt.push(...answer.inbound);
      if (!answer.more) now += 15_000;
    }
    if (partner.deleted) return learnt;
  }
  return learnt;
}
const exports = (): number => partner.asked.filter(({ path }) => path.includes('$export')).length;

test('what an export has is learnt once, with its patients; the next tells only what has changed', async () => {
  const first = await round();
  expect(first.filter(({ resource }) => resource === 'Patient')).toHaveLength(1_500);
  expect(first.every(({ change }) => change === 'created')).toBe(true);
  expect(new Set(first.map(({ identity }) => identity)).size).toBe(3_900);
  // Records go into their patients' lanes, and the patients onto the roster.
  expect(first.find(({ identity }) => identity === 'R7')?.patient).toBe(context.patientKey(MRN, 'M7'));
  expect(context.entries.size).toBe(1_500);
  expect(context.entries.get(context.patientKey(MRN, 'M7'))?.fhirId).toBe('p7');
  expect(exports()).toBe(1);
  now += DAY;
  chart(99);
  const second = await round();
  expect(second).toHaveLength(48);
  expect(second.every(({ change, resource }) => change === 'updated' && resource === 'Observation')).toBe(
    true,
  );
  expect(exports()).toBe(2);
});

test('patients are in every export, for the lanes of what is theirs; alone they are joined by a type that the server wants', async () => {
  const askedFor = async (learnt: readonly string[]): Promise<string | null> => {
    context = { ...(await testContext({ clock, mrn: MRN })), exported: { e3iabh: learnt } };
    const learner = open({ Patient: 'Encounter' });
    await turn(learner, learnt[0] as string, true);
    const kickOff = partner.asked.findLast(({ path }) => path.includes('$export'));
    return new URL(kickOff?.path ?? '', partner.base).searchParams.get('_type');
  };
  expect(await askedFor(['Observation'])).toBe('Observation,Patient');
  expect(await askedFor(['Patient'])).toBe('Patient,Encounter');
});

test('a process that dies again and again before it commits learns the same, from the same export', async () => {
  const learnt = await round(3);
  expect(learnt.map(({ resource, identity }) => `${resource} ${identity}`).sort()).toEqual(
    [...new Set(learnt.map(({ resource, identity }) => `${resource} ${identity}`))].sort(),
  );
  expect(learnt).toHaveLength(3_900);
  expect(exports()).toBe(1);
});

test('a change of method seeds: everything is marked, nothing is told', async () => {
  const learner = open();
  let seeded = false;
  for (let at = 0; at < 40 && !seeded; at++) {
    const answer = await learner.learn({
      resource: 'Patient',
      settings,
      cursor: cursors.get('Patient') ?? null,
      seed: true,
      signal: never,
    });
    expect(answer.inbound).toEqual([]);
    context.commit(answer);
    cursors.set('Patient', answer.cursor);
    seeded = answer.seeded ?? false;
    if (!answer.more) now += 15_000;
  }
  expect(seeded).toBe(true);
  expect(context.hashes.size).toBe(1_500);
});
