import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from './engine.ts';
import { type Day, type Learner, type Method, openDay, RESOURCES, type Told } from './methods.fixture.ts';

let folder: string;
let day: Day | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-methods-'));
});
afterEach(async () => {
  await day?.close();
  day = null;
  rmSync(folder, { recursive: true, force: true });
});

type Body = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Body[] => (Array.isArray(value) ? (value as Body[]) : []);
const upper = (value: unknown): string => String(value ?? '').toUpperCase();
const at = (value: unknown): number => Date.parse(String(value));
const numbers = (body: Body): string[] => list(body.identifier).map(({ value }) => String(value).trim());
const loinc = (body: Body): unknown =>
  list((body.code as Body | undefined)?.coding).find(({ system }) => system === 'http://loinc.org')?.code;

/** What a record is known by and what it says, as far as every method can tell it. */
const views: Readonly<Record<string, (body: Body) => readonly [string[], string]>> = {
  Appointment: (body) => [numbers(body), `${body.status} ${at(body.start)}`],
  Encounter: (body) => [numbers(body), `${body.status}`],
  Patient: (body) => {
    const [name] = list(body.name);
    const given = list(name?.given).map(upper).join(' ');
    return [numbers(body), `${upper(name?.family)} ${given} ${body.birthDate} ${body.gender}`];
  },
  Observation: (body) => [
    [`${loinc(body)} ${at(body.effectiveDateTime)}`],
    `${body.status} ${(body.valueQuantity as Body | undefined)?.value ?? ''}`,
  ],
  DocumentReference: (body) => [
    [...numbers(body), String((body.masterIdentifier as Body | undefined)?.value ?? '')],
    `${body.status} ${body.docStatus}`,
  ],
};

/** A message tells the two values of a blood pressure each by itself; a server has them as parts of one. */
function parts(told: Told): readonly Told[] {
  const components = told.resource === 'Observation' ? list(told.body.component) : [];
  if (components.length === 0) return [told];
  return components.map((component, nth) => ({
    ...told,
    controlId: `${told.controlId} ${nth}`,
    body: { ...told.body, ...component },
  }));
}

/** By record, its states in the order in which they were told; a state told again right away counts once. */
function histories(told: readonly Told[]): { known: string[]; states: string[] }[] {
  const found: { known: string[]; states: string[]; key: string }[] = [];
  for (const { resource, controlId, body } of told.flatMap(parts)) {
    const [known, state] = (views[resource] as (body: Body) => readonly [string[], string])(body);
    const one = found.find(({ key }) => key === controlId);
    if (one === undefined) found.push({ key: controlId, known: [...known], states: [state] });
    else if (one.states.at(-1) !== state) one.states.push(state);
  }
  return found;
}

const isSubsequence = (part: readonly string[], whole: readonly string[]): boolean => {
  let next = 0;
  for (const one of whole) if (next < part.length && one === part[next]) next += 1;
  return next === part.length;
};

const secondCreated = (told: readonly Told[]): number => {
  const created = told.filter(({ change }) => change === 'created').map(({ controlId }) => controlId);
  return created.length - new Set(created).size;
};

/** Records that messages told of, and that a read has in another state, or came to by a way no message tells. */
function disagreeing(resource: string, byFeed: readonly Told[], byRead: readonly Told[]): string[] {
  const read = histories(byRead);
  return histories(byFeed).flatMap(({ known, states }) => {
    const same = read.filter((one) => one.known.some((id) => id !== '' && known.includes(id)));
    const last = states.at(-1);
    // Of several observations of a code at a time one is meant.
    const fitting = same.find((one) => one.states.at(-1) === last);
    if (fitting === undefined) {
      return [`${resource}: ${last} by feed, ${same.map((one) => one.states.at(-1)).join(' or ')} by read`];
    }
    // What a read found before the day's first message of it no message tells.
    const from = fitting.states.indexOf(states[0] ?? '');
    const part = from < 0 ? fitting.states.slice(-1) : fitting.states.slice(from);
    return isSubsequence(part, states)
      ? []
      : [`${resource}: read ${part.join(', ')}; fed ${states.join(', ')}`];
  });
}

const EVENTS = [
  'admit',
  'update',
  'book',
  'order',
  'result',
  'vitals',
  'transfer',
  'note',
  'reschedule',
  'discharge',
  'cancel',
] as const;

describe('one day of a hospital', () => {
  test('learnt by every method there is: the same in the end, and nothing created twice', async () => {
    const methods: readonly Method[] = [
      'feed',
      'poll',
      'feed wakes read',
      'bulk',
      'lastUpdated',
      'generic bulk',
    ];
    day = await openDay(folder, methods.length);
    const { hospital } = day;
    const learners: Learner[] = [];
    for (const method of methods) learners.push(await day.start(method));
    const [feed, ...readers] = learners as [Learner, ...Learner[]];
    for (const kind of EVENTS) {
      hospital.happen({ kind });
      await hospital.settled();
    }
    let disagreements: readonly string[] = [];
    await until(
      async () => {
        // Each look reads all that six engines have been told.
        await new Promise((resolve) => setTimeout(resolve, 250));
        disagreements = [];
        for (const resource of RESOURCES) {
          const fed = await feed.told(resource);
          for (const reader of readers) {
            const found = disagreeing(resource, fed, await reader.told(resource));
            disagreements = [...disagreements, ...found.map((each) => `${reader.method}: ${each}`)];
          }
        }
        const all = await Promise.all(learners.map((learner) => learner.told('Appointment')));
        const cancelled = all.every((told) =>
          histories(told).some(({ states }) => states.at(-1)?.startsWith('cancelled')),
        );
        return cancelled && disagreements.length === 0;
      },
      'all of them to agree',
      120,
    ).catch(() => undefined);
    expect(disagreements).toEqual([]);
    for (const learner of learners) {
      for (const resource of RESOURCES) {
        const told = await learner.told(resource);
        expect([learner.method, resource, told.length > 0]).toEqual([learner.method, resource, true]);
        expect([learner.method, resource, secondCreated(told)]).toEqual([learner.method, resource, 0]);
      }
    }
  }, 180_000);

  test('a change of method tells nothing of what is there, and everything that comes', async () => {
    day = await openDay(folder, 1);
    const { hospital } = day;
    let learner = await day.start('feed');
    hospital.happen({ kind: 'book' });
    hospital.happen({ kind: 'admit' });
    await hospital.settled();
    await until(async () => (await learner.told('Appointment')).length === 1, 'the booking');
    await until(async () => (await learner.told('Encounter')).length === 1, 'the admission');
    const before = (await Promise.all(RESOURCES.map((resource) => learner.told(resource)))).flat().length;

    learner = await learner.switchTo('poll');
    const phases = async () => new Set((await learner.running.engine.cursors()).map(({ phase }) => phase));
    await until(async () => [...(await phases())].join() === 'live', 'the seeding');
    const seeded = (await Promise.all(RESOURCES.map((resource) => learner.told(resource)))).flat();
    expect(seeded.length).toBe(before);

    hospital.happen({ kind: 'discharge' });
    hospital.happen({ kind: 'book' });
    await until(
      async () =>
        (await learner.told('Encounter')).at(-1)?.body.status === 'finished' &&
        (await learner.told('Appointment')).length >= 2,
      'what comes after it',
    );
    const encounters = await learner.told('Encounter');
    expect(encounters.map(({ change }) => change)).toEqual(['created', 'updated']);
    expect(new Set(encounters.map(({ controlId }) => controlId)).size).toBe(1);

    // And back: messages are read from now on, not those of before.
    learner = await learner.switchTo('feed');
    const count = (await learner.told('Appointment')).length;
    hospital.happen({ kind: 'book' });
    await hospital.settled();
    await until(async () => (await learner.told('Appointment')).length > count, 'the next booking');
    expect(secondCreated(await learner.told('Appointment'))).toBe(0);
    expect((await learner.told('Appointment')).length).toBe(count + 1);
  }, 180_000);

  test('a cursor is shown, set back and recorded; what was told is not told again', async () => {
    day = await openDay(folder, 1);
    const { hospital } = day;
    const learner = await day.start('poll');
    hospital.happen({ kind: 'book' });
    await hospital.settled();
    await until(async () => (await learner.told('Appointment')).length >= 1, 'the booking');
    const { engine, store } = learner.running;
    const shown = await engine.cursors('mercy');
    expect(shown.map(({ resource }) => resource).sort()).toEqual([...RESOURCES].sort());
    expect(shown[0]).toMatchObject({ method: 'poll', connection: 'ehr', phase: 'live' });
    const before = (await learner.told('Appointment')).length;
    const rewound = await engine.rewind({
      site: 'mercy',
      resource: 'Appointment',
      to: Date.now() - 400 * 86_400_000,
      who: 'ana',
      reason: 'the interface was down',
    });
    expect(rewound.position).toContain('all: ');
    await until(
      async () =>
        !(await engine.cursors('mercy'))
          .find(({ resource }) => resource === 'Appointment')
          ?.position.includes('all: '),
      'the walk over everybody',
    );
    // Older ones than the window of days may be found now; none that was told is told again.
    const told = await learner.told('Appointment');
    expect(told.length).toBeGreaterThanOrEqual(before);
    expect(secondCreated(told)).toBe(0);
    expect((await store.auditTrail({ limit: 20 })).rows.map(({ act }) => act)).toContain('learning.rewind');
    await expect(
      engine.rewind({ site: 'mercy', resource: 'Coverage', to: 0, who: 'ana', reason: 'a mistake' }),
    ).rejects.toMatchObject({ code: 'CURSOR_UNKNOWN' });
  }, 180_000);
});
