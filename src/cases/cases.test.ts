import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appointment, type Flow, flow, hl7 } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import type { Json } from '../std/index.ts';
import { answersOf, type Case, compare, expectationText, type Played, play, readCases } from './index.ts';

const site = siteSchema.parse({
  ...{
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: 'any' },
    timeZone: 'America/Chicago',
  },
  identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: { app: { connector: 'webhook' } },
});
const admission = 'MSH|^~\\&|A|B|||20260105120000||ADT^A01|1|P|2.5\rPID|1||77^^^X^MR||Test^Ida\r';
const notice = flow('notice', { about: 'Tells of admissions.' })
  .on(hl7.message('ADT^A01'))
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { 'query.mrn': 'hl7:PID-3[5=MR].1' },
    optional: true,
  })
  .filter('unknown', { path: 'known', exists: false })
  .map('record', { mrn: 'hl7:PID-3[5=MR].1', family: 'hl7:PID-5.1', hospital: 'site.name' })
  .create('made', { connection: 'app', do: 'create', args: { body: 'record' } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-cases-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const only = (): Case => {
  const { cases, faults } = readCases(folder);
  expect(faults).toEqual([]);
  return cases[0] as Case;
};
const played = (one: Case, of: Flow = notice): Promise<Played> =>
  play({
    flow: of,
    site,
    bytes: one.input.bytes,
    now: Date.parse(one.settings.now),
    answers: answersOf(one),
    ...(one.settings.type ? { type: one.settings.type } : {}),
  });
const answering = (
  answers: Readonly<Record<string, Json>>,
  later: Readonly<Record<string, Json>> = {},
  of: Flow = notice,
  input: string | object = admission,
) => {
  const answer = (step: string, after: boolean): Json | undefined =>
    after && step in later ? later[step] : answers[step];
  const bytes = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
  return play({
    flow: of,
    site,
    bytes,
    now: Date.parse('2026-01-05T15:00:00Z'),
    answers: ({ step }, after) => answer(step, after),
  });
};

describe('a case', () => {
  test('is a message, answers and an expectation; what was done as expected has no difference', async () => {
    write({
      'notice/new/in.hl7': admission,
      'notice/new/case.yaml': 'answers: { known: null }\n',
      'notice/new/expect.yaml': `format: 1
end: delivered
calls:
  - step: made
    does: app create
    with: { body: { mrn: "77", family: Test, hospital: Mercy } }
values:
  record: { mrn: "77", family: Test, hospital: Mercy }
`,
    });
    const one = only();
    expect(one).toMatchObject({ flow: 'notice', name: 'new' });
    const done = await played(one);
    expect(done.end).toBe('delivered');
    if (one.expected === null) throw new Error('it has an expectation');
    expect(compare(one.expected, done)).toEqual([]);
  });

  test('that is written down anew is what was done, values that were named kept up', async () => {
    const done = await answering({ known: null });
    const text = expectationText(done, { format: 1, end: 'x', calls: [], values: { record: {} } });
    expect(parse(text)).toEqual({
      format: 1,
      end: 'delivered',
      calls: [
        { step: 'known', asks: 'app find', with: { query: { mrn: '77' } } },
        {
          step: 'made',
          does: 'app create',
          with: { body: { mrn: '77', family: 'Test', hospital: 'Mercy' } },
        },
      ],
      values: { record: { mrn: '77', family: 'Test', hospital: 'Mercy' } },
    });
  });
});

describe('differences', () => {
  const expected = (calls: readonly object[], end = 'delivered') =>
    ({ format: 1, end, calls, values: {} }) as unknown as Parameters<typeof compare>[0];
  const made = (body: object) => ({ step: 'made', does: 'app create', with: { body } });

  test('are told field by field, with what there is in one of the two alone', async () => {
    const done = await answering({ known: null });
    expect(compare(expected([made({ mrn: '78', family: 'Test', given: 'Ida' })]), done)).toEqual([
      { place: 'made (app create): body.mrn', expected: '78', got: '77' },
      { place: 'made (app create): body.given', expected: 'Ida' },
      { place: 'made (app create): body.hospital', got: 'Mercy' },
    ]);
  });

  test('are an effect that nobody expected, one that did not come, and another end', async () => {
    const done = await answering({ known: null });
    expect(compare(expected([]), done).map(({ place }) => place)).toEqual(['made (app create)']);
    const ended = await answering({ known: { id: '1' } });
    expect(compare(expected([made({})]), ended)).toEqual([
      { place: 'end', expected: 'delivered', got: 'filtered at unknown' },
      { place: 'made (app create)', expected: { body: {} } },
    ]);
  });

  test('are another connection and another order of effects', async () => {
    const twice = flow('twice')
      .on(hl7.message('ADT^A01'))
      .send('one', { connection: 'app', do: 'send', args: {} })
      .send('two', { connection: 'app', do: 'send', args: {} });
    const done = await answering({}, {}, twice);
    const [one, two] = [
      { step: 'one', does: 'app send', with: {} },
      { step: 'two', does: 'app send', with: {} },
    ];
    expect(compare(expected([one, two]), done)).toEqual([]);
    expect(compare(expected([two, one]), done)).toEqual([
      { place: 'order of effects', expected: 'two, one', got: 'one, two' },
    ]);
    expect(compare(expected([{ ...one, does: 'crm send' }, two]), done)).toEqual([
      { place: 'one', expected: 'does crm send', got: 'does app send' },
    ]);
  });
});

describe('a flow that is played', () => {
  test('ends as the interpreter ends: held, failed with its place, or stopped where there is no answer', async () => {
    expect((await answering({})).end).toBe('stopped at known: there is no answer to app find');
    expect((await answering({ known: { fails: { code: 'APP_DOWN', kind: 'unreachable' } } })).end).toBe(
      'failed at known: APP_DOWN',
    );
    expect((await answering({ known: [{ id: 1 }, { id: 2 }] })).end).toBe('failed at known: SEVERAL_FOUND');
    expect((await answering({}, {}, notice, admission.replace('ADT^A01', 'ADT^A03'))).end).toBe(
      'does not start: it starts on ADT^A01, and this is ADT^A03',
    );
    const throwing = flow('throwing')
      .on(hl7.message('ADT^A01'))
      .code('sum', { reads: {}, run: () => JSON.parse('{') });
    expect(await answering({}, {}, throwing)).toMatchObject({ end: 'failed at sum: DEFECT' });
  });

  test('sleeps and wakes without waiting: by time, by a message, ended by one, with other answers after it', async () => {
    const reminder = flow('reminder')
      .on(appointment.created())
      .find('visit', { connection: 'app', do: 'find', args: { id: 'event.id' } })
      .wait('day-before', { until: 'event.start', before: '1 day', recheck: ['visit'] })
      .send('remind', { connection: 'app', do: 'send', args: { 'body.start': 'visit.start' } });
    const event = { resourceType: 'Appointment', id: 'a1', status: 'booked', start: '2026-02-10T15:30:00Z' };
    const woken = await answering({ visit: { start: 'then' } }, { visit: { start: 'now' } }, reminder, event);
    expect(woken.calls.map(({ step, args }) => [step, args])).toContainEqual([
      'remind',
      { body: { start: 'now' } },
    ]);
    expect((await answering({ visit: {}, 'day-before': 'cancelled' }, {}, reminder, event)).end).toBe(
      'filtered at day-before',
    );
    expect((await answering({ visit: {}, 'day-before': 'sleeps' }, {}, reminder, event)).end).toBe(
      'sleeping at day-before until 2026-02-09T15:30:00.000Z',
    );
    const asking = flow('asking')
      .on(hl7.message('ADT^A01'))
      .approve('nurse', { ask: 'Well?', show: {} })
      .send('go', { connection: 'app', do: 'send', args: {} });
    expect((await answering({}, {}, asking)).end).toBe('sleeping at nurse');
    expect((await answering({ nurse: 'approved' }, {}, asking)).end).toBe('delivered');
    expect((await answering({ nurse: 'refused' }, {}, asking)).end).toBe('filtered at nurse');
  });
});

describe('what cannot be read is told with file, line and what to do', () => {
  const faultOf = (files: Readonly<Record<string, string>>) => {
    write(files);
    const { cases, faults } = readCases(folder);
    expect(cases).toEqual([]);
    return faults.map(({ line, reason, fix }) => `${line}: ${reason}; ${fix}`);
  };

  test.each([
    [
      'another version of cases',
      { 'case.yaml': 'about: x\nformat: 2\n' },
      '2: is written in format 2 of cases, and this Suture reads format 1; update Suture, or record the case again',
    ],
    [
      'an older one',
      { 'expect.yaml': 'format: 0\nend: delivered\n' },
      '1: is written in format 0 of cases, and this Suture reads format 1; record the case again: suture test --record',
    ],
    [
      'a word that there is not',
      { 'case.yaml': 'format: 1\nanswrs: {}\n' },
      '2: there is no "answrs"; did you mean "answers"?',
    ],
    ['wrong YAML', { 'case.yaml': 'format: 1\n  about: [\n' }, /^1: not valid YAML: .*; correct the line/],
    [
      'a call that neither asks nor does',
      { 'expect.yaml': 'end: delivered\ncalls:\n  - step: a\n' },
      /^3: calls\.0: give asks \(a find\) or does \(an effect\)/,
    ],
  ])('%s', (_, files, told) => {
    const [fault] = faultOf({
      'f/c/in.hl7': admission,
      ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`f/c/${name}`, text])),
    });
    expect(fault).toMatch(
      told instanceof RegExp ? told : new RegExp(told.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    );
  });

  test('no message, and two of them', () => {
    expect(faultOf({ 'f/c/case.yaml': 'format: 1\n', 'f/d/in.hl7': admission, 'f/d/in.json': '{}' })).toEqual(
      [
        '0: has no message; put one of in.hl7, in.json or in.txt into it',
        '0: has in.hl7 and in.json, and one message is meant; put one of in.hl7, in.json or in.txt into it',
      ],
    );
  });
});
