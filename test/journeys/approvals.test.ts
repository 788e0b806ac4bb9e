/** What waits for a person (questions, codes that no map has, writes whose outcome is unknown): in a real browser, and on the command line. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../../src/api/index.ts';
import { buildConsole, consoleFolder } from '../../src/cli/console-build.ts';
import { person } from '../../src/cli/person.ts';
import { flow, hl7 } from '../../src/flow/index.ts';
import { readValueSet, type ValueSets, valueSetsOf } from '../../src/mapping/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { admission } from '../crash/traffic.ts';
import { browserPath, openBrowser, picture, shots } from './browser.ts';
import { suture } from './command-line.ts';
import { app, type Told, told } from './delivery.fixture.ts';
import { type RunningEngine, startEngine, testKey, testSite, until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const referral = flow('referral')
  .on(hl7.message('ADT^A01'))
  .approve('doctor', {
    ask: 'May the referral go to the partner clinic?',
    deadline: '2 days',
    show: { name: 'hl7:PID-5', mrn: 'hl7:PID-3[5=MR].1' },
    cancelOn: ['ADT^A11'],
  })
  .wait('pause', { on: 'ADT^A03', atMost: '7 days', cancelOn: ['ADT^A11'] })
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: {
      path: { value: '/told' },
      'body.id': 'hl7:MSH-10',
      'body.patient': 'doctor.who',
      'body.sequence': 'pause.came',
    },
  });

const visits = flow('visits')
  .on(hl7.message('ADT^A04'))
  .map('visit', { kind: { from: 'hl7:PV1-4.1', valueSet: 'visit-types' }, id: 'hl7:MSH-10' })
  .send('tell', { connection: 'app', do: 'send', args: { path: { value: '/visits' }, body: 'visit' } });

const newcomers = flow('newcomers')
  .on(hl7.message('ADT^A28'))
  .create('enter', {
    connection: 'ehr',
    do: 'patient.create',
    args: {
      'resource.name[0].family': 'hl7:PID-5.1',
      'resource.name[0].given[0]': 'hl7:PID-5.2',
      'resource.birthDate': 'event.patient.birthDate',
      'resource.gender': 'event.patient.gender',
    },
  });

const setsOf = (...rows: readonly string[]): ValueSets => {
  const text = `source,target\n${rows.join('\n')}\n`;
  const read = readValueSet(new TextEncoder().encode(text), 'visit-types.csv').rows;
  return valueSetsOf({ names: ['visit-types'], rows: () => read });
};

let folder: string;
let receiver: Receiver;
/** A FHIR server that makes what it is asked for, cannot be searched, and loses the answers about Lost. */
let ehr: Receiver;
let loses = true;
let maps = setsOf('FU,follow-up');
let running: RunningEngine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-approvals-'));
  receiver = await startReceiver();
  ehr = await startReceiver(({ method, body }) => {
    if (method !== 'POST') return { status: 400, body: { resourceType: 'OperationOutcome', issue: [] } };
    if (loses && body.includes('Lost')) return 'reset';
    return { status: 201, body: { resourceType: 'Patient', id: `p${ehr.asked.length}` } };
  });
  running = await start();
});
afterAll(async () => {
  await running?.close();
  await receiver?.close();
  await ehr?.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (): Promise<RunningEngine> =>
  startEngine(join(folder, 'data'), {
    site: testSite({
      'hl7-in': { connector: 'mllp', listen: { port: 0 } },
      app: app(receiver),
      ehr: { connector: 'fhir', fhirBase: ehr.url },
    }),
    flows: [referral, visits, newcomers],
    valueSets: () => maps,
    secrets: { app: 'a-secret-of-the-test' },
  });

async function send(controlId: string, patient: number, type = 'ADT^A01'): Promise<void> {
  const peer = await connectPeer(running.mllpPort);
  const text = admission(controlId, patient, 1).replaceAll('ADT^A01', type);
  expect(msa(await peer.send(text))?.code).toBe('AA');
  peer.close();
}
/** Lines behind a message's header, each with its control id, type and the rest. */
async function tell(
  ...messages: readonly (readonly [id: string, type: string, lines: string])[]
): Promise<void> {
  const peer = await connectPeer(running.mllpPort);
  for (const [id, type, lines] of messages) {
    const head = `MSH|^~\\&|A|B|||20260105120000||${type}|${id}|P|2.5.1`;
    expect(msa(await peer.send(`${head}\r${lines}\r`))?.code).toBe('AA');
  }
  peer.close();
}
const visit = (id: string, patient: string, kind: string) =>
  [id, 'ADT^A04', `PID|1||${patient}^^^X^MR||Test^Ida\rPV1|1|O||${kind}`] as const;
const asked = (count: number) =>
  until(async () => {
    const { rows } = await running.engine.approvals({ limit: 50 });
    return rows.length === count && rows;
  }, `${count} questions`);

describe.skipIf(!browserPath)('in the console', () => {
  let api: Api;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    const problem = await new Promise<string | null>((resolve) => void buildConsole(resolve));
    expect(problem).toBeNull();
    api = await createApi({
      engine: running.engine,
      clock: systemClock,
      port: 0,
      cliToken: 'a-token-of-the-test-that-nobody-uses-0123456789',
      consoleFolder,
      log: () => undefined,
    });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // Nothing can be deployed on this engine, and one answer is made to fail below.
      const meant = /\/api\/(deploys|maps\/gaps)$/.test(message.location().url);
      if (message.type() === 'error' && !meant && !/401/.test(message.text())) faults.push(message.text());
    });
    await page.goto((await api.firstUserLink()) as string);
    await page.locator('#name').fill('analyst');
    await page.locator('#password').fill('a sentence is fine');
    await page.getByTestId('create-user').click();
    await page.getByTestId('nav-approvals').waitFor({ timeout: 120_000 });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  test('questions stand on a page of their own, masked until their details are asked for', async () => {
    await page.getByTestId('nav-approvals').click();
    await page.getByTestId('empty').waitFor();
    await send('Q-1', 1);
    await send('Q-2', 2);
    const [first] = await asked(2);
    // It comes by itself.
    const card = page.getByTestId(`approval-${first?.delivery.id}`);
    await card.waitFor({ timeout: 10_000 });
    expect(await card.innerText()).toContain('May the referral go to the partner clinic?');
    expect(await card.innerText()).not.toContain('MERIDIAN');
    await picture(page, 'console-approvals.png');
    await card.getByTestId('show').click();
    await card.getByTestId('shown').waitFor();
    expect(await card.getByTestId('shown').innerText()).toContain('MERIDIAN');
    await picture(page, 'console-approval-shown.png');
    const acts = (await running.store.auditTrail({ limit: 5 })).rows.map(({ act, who }) => `${act} ${who}`);
    expect(acts).toContain('message.reveal analyst');
  });

  test('an answer needs a reason; the message’s page then tells what the delivery sleeps for', async () => {
    const [first, second] = await asked(2);
    const card = page.getByTestId(`approval-${first?.delivery.id}`);
    await card.getByTestId('approve').click();
    expect(await page.getByTestId('answer-submit').isDisabled()).toBe(true);
    await page.getByTestId('answer-reason').fill('spoken with the clinic');
    await picture(page, 'console-approval-answer.png');
    await page.getByTestId('answer-submit').click();
    await card.waitFor({ state: 'detached' });
    const other = page.getByTestId(`approval-${second?.delivery.id}`);
    await other.getByTestId('refuse').click();
    await page.getByTestId('answer-reason').fill('not this one');
    await page.getByTestId('answer-submit').click();
    await page.getByTestId('empty').waitFor();

    await until(
      async () => (await running.store.sleepers({ limit: 5 })).rows[0]?.delivery.step === 'pause',
      'the delivery to wait for its event',
    );
    await page.goto(`${api.url}/messages/${first?.message.id}`);
    const steps = page.getByTestId(`delivery-${first?.delivery.id}`);
    await steps.getByTestId('state-sleeping').waitFor();
    const text = await steps.innerText();
    expect(text).toContain('approved by analyst: “spoken with the clinic”');
    expect(text).toContain('wakes by ADT^A03 of the same patient');
    expect(text).toContain('ended by ADT^A11 of the same patient');
    await picture(page, 'console-sleeping.png', { fullPage: true });
    await page.goto(`${api.url}/messages/${second?.message.id}`);
    await page.getByTestId('state-filtered').last().waitFor();
    expect(await page.getByTestId('step-doctor').innerText()).toContain('refused by analyst: “not this one”');

    await send('Q-3', 1, 'ADT^A11');
    await page.goto(`${api.url}/messages/${first?.message.id}`);
    await page.getByTestId('state-filtered').last().waitFor();
    const ended = page.getByTestId('step-pause');
    expect(await ended.innerText()).toMatch(/ended by message \d+ of the same patient/);
    await picture(page, 'console-cancelled.png', { fullPage: true });
    await ended.getByRole('link').click();
    await page.getByTestId('summary').filter({ hasText: 'Q-3' }).waitFor();
    expect(receiver.asked).toEqual([]);
  });

  /** A word of the person who is signed in, in a dialog with a reason. */
  const decide = async (name: 'reason' | 'settle', reason: string): Promise<void> => {
    await page.getByTestId(name === 'reason' ? 'reason' : 'settle-reason').fill(reason);
    await page.getByTestId(`${name}-submit`).click();
    await page.getByTestId(`${name}-dialog`).waitFor({ state: 'detached' });
  };
  /** On a narrow screen, too, nothing stands beside it. All of it is pictured for people, with SUTURE_TEST_PICTURES=all. */
  const shoot = async (name: string): Promise<void> => {
    const all = process.env.SUTURE_TEST_PICTURES === 'all';
    if (!all) await picture(page, `console-${name}.png`);
    for (const colorScheme of all ? (['light', 'dark'] as const) : []) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `console-${name}-${colorScheme}.png`, { fullPage: true });
    }
    if (all) await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    if (all) await picture(page, `console-${name}-phone.png`, { fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    const menu = await page.getByTestId('user-menu').boundingBox();
    expect([name, wide <= 0, menu && menu.x + menu.width <= 390]).toEqual([name, true, true]);
    await page.setViewportSize({ width: 1280, height: 860 });
  };
  const audit = async () =>
    (await running.store.auditTrail({ limit: 8 })).rows.map(({ act, who, on }) => `${act} ${who} ${on}`);

  test('a code that no map has: what waits, the row to add, and letting it go on once it is mapped', async () => {
    await page.getByTestId('nav-codes').click();
    await page.getByTestId('empty').waitFor();
    await tell(
      ['N-1', 'ADT^A28', 'PID|1||1^^^X^MR||Newcomer^Ida||19840506|F'],
      ['N-2', 'ADT^A28', 'PID|1||2^^^X^MR||Lost^Ida||19840507|F'],
      visit('V-1', '77', 'ZZ^Urgent, today'),
      visit('V-2', '77', 'FU'),
      visit('V-3', '88', 'ZZ'),
      visit('V-4', '99', '=1+<b>'),
      visit('V-5', '66', 'MERIDIAN ALDER of Elm Street 5, born 1970, called'),
    );
    const card = page.getByTestId('gap-mercy-visit-types-ZZ');
    await card.getByText('2 held').waitFor({ timeout: 15_000 });
    expect(await card.innerText()).toMatch(/flow visits · 1 stand behind them/);
    // A text that no code looks like is on no screen, and a code runs nowhere.
    await page.getByTestId('gap-mercy-visit-types-').waitFor();
    expect(await page.locator('#content').innerText()).not.toContain('MERIDIAN');
    await page.getByTestId('gap-mercy-visit-types-=1+<b>').waitFor();
    expect(await card.getByTestId('run-now').count()).toBe(0);

    await card.getByTestId('gap-open').focus();
    await page.keyboard.press('Enter');
    expect(await card.getByTestId('gap-open').getAttribute('aria-expanded')).toBe('true');
    expect(await card.getByTestId('gap-message').count()).toBe(2);
    const day = new Date().toISOString().slice(0, 10);
    const row = card.getByTestId('row-line');
    await expect.poll(() => row.innerText(), { timeout: 15_000 }).toBe(`ZZ,,,,analyst,${day}`);
    expect(await card.getByTestId('row-fault').innerText()).toContain('still missing');
    await card.getByLabel('Means').fill('urgent');
    expect(await card.innerText()).not.toContain('Urgent');
    await card.getByTestId('show-names').click();
    await card.getByRole('button', { name: 'Take as display: Urgent, today' }).click();
    expect((await audit())[0]).toMatch(/^message\.reveal analyst message /);
    await expect
      .poll(() => row.innerText(), { timeout: 15_000 })
      .toBe(`ZZ,urgent,"Urgent, today",,analyst,${day}`);
    expect(await card.getByTestId('row-file').innerText()).toBe('sites/mercy/maps/visit-types.csv');
    expect(await card.getByTestId('row-command').innerText()).toBe(
      "suture maps add --display 'Urgent, today' --by analyst mercy visit-types ZZ urgent",
    );
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await card.getByRole('button', { name: 'Copy: Row' }).click();
    await card.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('ZZ,urgent,"Urgent, today"');
    await shoot('codes');

    maps = setsOf('FU,follow-up', 'ZZ,urgent');
    await page.getByTestId('nav-home').click();
    await page.getByTestId('nav-codes').click();
    await card.getByText('mapped by now').waitFor({ timeout: 15_000 });
    await card.getByTestId('run-now').click();
    await picture(page, 'console-codes-run.png');
    await decide('reason', 'the row is there');
    await card.waitFor({ state: 'detached', timeout: 15_000 });
    await until(async () => receiver.asked.length === 3, 'what waited to be told');
    expect(await audit()).toContainEqual(expect.stringMatching(/^delivery\.release analyst /));
    receiver.asked.length = 0;
  });

  test('a write whose outcome is unknown: found from Home, masked until asked for, decided with a reason', async () => {
    await page.getByTestId('nav-home').click();
    const lost = page.getByTestId('attention-writes');
    await lost.waitFor({ timeout: 15_000 });
    await expect
      .poll(() => page.getByTestId('attention-codes').innerText(), { timeout: 15_000 })
      .toMatch(/^2\s*unmapped codes hold 2/);
    await shoot('attention');
    await lost.getByRole('link').click();
    const list = page.getByTestId('undecided-writes');
    await list.waitFor();
    expect(await list.innerText()).toMatch(
      /unknown\s+patient\.create\s+mercy \/ ehr\s+FHIR\s+newcomers \/ enter/,
    );
    await list.getByTestId('write-open').click();
    expect(await list.innerText()).not.toContain('Lost');
    await list.getByTestId('write-show').click();
    await list.getByTestId('write-shown').waitFor();
    await list.getByTestId('write-shown').getByText('Lost').waitFor();
    const [open] = (await running.store.writes({ limit: 5 })).rows;
    expect(await audit()).toContain(`message.reveal analyst write ${open?.id}`);
    await list
      .getByText('The server cannot')
      .or(list.getByText('cannot be found out'))
      .waitFor({ timeout: 15_000 });
    await shoot('writes-undecided');
    await list.getByTestId('write-show-hide').click();
    await list.getByTestId('write-shown').waitFor({ state: 'detached' });
    expect(await list.innerText()).not.toContain('Lost');

    // From its message, too.
    await list.getByRole('link', { name: `Message ${open?.messageId}` }).click();
    await page.getByTestId('to-writes').click();
    const own = page.getByTestId('message-writes');
    await own.getByTestId('write-open').click();
    loses = false;
    await own.getByTestId('settle-again').click();
    expect(await page.getByTestId('settle-submit').isDisabled()).toBe(true);
    await picture(page, 'console-writes-settle.png');
    await decide('settle', 'it is not in the registry');
    await own.getByTestId('write-done').waitFor({ timeout: 15_000 });
    expect(await audit()).toContain(`write.settle analyst write ${open?.id}`);
    await page.getByTestId('writes-clear').click();
    const ended = page.getByTestId('ended-writes');
    await expect.poll(() => ended.getByTestId('write-done').count(), { timeout: 15_000 }).toBe(2);
    expect(await ended.innerText()).toMatch(/done\s+patient\.create\s+created\s+mercy/);
    expect(ehr.asked.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  test('settled writes a page at a time, by flow and time; answered calls beside them; a viewer sees neither content', async () => {
    const { store } = running;
    await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const key = `old ${at}`;
        await store.planWrite({
          ...{ key, identity: key, site: 'mercy', connection: 'ehr', what: 'observation.create' },
          ...{ deliveryId: '11', messageId: '1', flow: 'older', step: 'file', at: at + 1, idleSince: 0 },
          body: { family: 'MERIDIAN' },
        });
        await store.moveWrite({ key, from: ['planned'], to: 'refused', at: 1_000 + at });
      }),
    );
    await store.keepExchange(
      {
        ...{
          kind: 'call',
          at: Date.now(),
          ms: 12,
          site: 'mercy',
          connection: 'cds',
          flow: 'card',
          flowVersion: 'v1',
        },
        ...{ service: 'follow-up', hook: 'patient-view', outcome: 'answered', cards: 1, code: null },
      },
      { request: { context: { patientId: 'MERIDIAN' } }, cards: [] },
    );
    const rows = page.getByTestId('ended-writes').locator('tbody tr');
    await page.getByTestId('nav-home').click();
    await page.getByTestId('nav-writes').click();
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(50);
    await page.getByTestId('older').click();
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(2);
    await page.getByTestId('newer').click();
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(50);
    await shoot('writes');
    await page.getByTestId('writes-flow').selectOption('newcomers');
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(2);
    await page.getByTestId('writes-state').selectOption('refused');
    await page.getByTestId('empty').waitFor();
    await page.getByTestId('writes-clear').click();
    await page.getByTestId('writes-to').fill('1970-01-02T00:00');
    await page.getByTestId('writes-submit').click();
    await expect.poll(() => rows.first().innerText(), { timeout: 15_000 }).toContain('older');
    await rows
      .first()
      .getByRole('link', { name: /^Message/ })
      .waitFor();

    await page.getByTestId('writes-answered').click();
    await page.getByTestId('exchange-open').click();
    expect(await page.getByTestId('exchanges').innerText()).not.toContain('MERIDIAN');
    await page.getByTestId('exchange-show').click();
    await page.getByTestId('exchange-shown').getByText('MERIDIAN').waitFor();
    expect((await audit())[0]).toMatch(/^message\.reveal analyst exchange /);
    await shoot('exchanges');

    await page.route('**/api/me', (route) => route.fulfill({ json: { name: 'ward', role: 'viewer' } }));
    await page.goto(`${api.url}/writes`);
    await page.getByTestId('write-open').first().click();
    await page.getByTestId('write-masked').waitFor();
    expect(await page.getByTestId('write-show').count()).toBe(0);
    await page.getByTestId('nav-codes').click();
    await page.getByTestId('gap-open').first().waitFor();
    // The text that is not kept may be tried again, by who may.
    expect(await page.getByTestId('run-now').count()).toBe(0);
    await page.route('**/api/maps/gaps', (route) =>
      route.fulfill({
        status: 503,
        json: { error: { code: 'X', message: 'The store fails.', fix: 'Wait.' } },
      }),
    );
    await page.getByTestId('nav-home').click();
    await page.getByTestId('nav-codes').click();
    await page.getByTestId('failure').getByText('The store fails.').waitFor();
    await page.unroute('**/api/maps/gaps');
    await page.unroute('**/api/me');
  });

  test('made no error in the browser', () => expect(faults).toEqual([]));
});

describe('on the command line', () => {
  test('questions are listed and answered, also while no engine runs', { timeout: 180_000 }, async () => {
    await send('C-1', 3);
    await send('C-2', 4);
    const [first, second] = await asked(2);
    await running.close();
    const env = { SUTURE_KEY: testKey.toString('base64'), SUTURE_DATA: join(folder, 'data') };
    const run = (...words: string[]) => suture(words, { env });
    const list = await run('approvals');
    expect(list).toMatchObject({ code: 0, errors: '' });
    expect(list.out).toContain(`delivery ${first?.delivery.id}  mercy / referral / doctor`);
    expect(list.out).toContain('May the referral go to the partner clinic?');
    const json = (await run('approvals', '--json')).out.trim().split('\n');
    expect(json.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { step: 'doctor' },
      { late: false },
    ]);
    const id = first?.delivery.id as string;
    expect(await run('approve', id)).toMatchObject({ code: 2, errors: expect.stringContaining('--reason') });
    expect(await run('approve', id, '--reason', 'by telephone')).toMatchObject({
      code: 0,
      out: `approved delivery ${id}.\n`,
    });
    expect(await run('approve', id, '--reason', 'by telephone')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('asks nobody'),
    });
    expect((await run('refuse', second?.delivery.id as string, '--reason', 'not now', '--json')).out).toBe(
      `${JSON.stringify({ delivery: second?.delivery.id, approved: false })}\n`,
    );
    expect((await run('approvals')).out).toBe('nobody is asked.\n');
    running = await start();
    await send('C-3', 3, 'ADT^A03');
    await until(async () => receiver.asked.length === 1, 'the approved one');
    expect(told(receiver)).toMatchObject([{ id: 'C-1', patient: person() }] satisfies Partial<Told>[]);
  });
});
