/** A question to a person, from the flow to the answer: in a real browser, and on the command line. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../../src/api/index.ts';
import { buildConsole, consoleFolder } from '../../src/cli/console-build.ts';
import { person } from '../../src/cli/person.ts';
import { flow, hl7 } from '../../src/flow/index.ts';
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

let folder: string;
let receiver: Receiver;
let running: RunningEngine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-approvals-'));
  receiver = await startReceiver();
  running = await start();
});
afterAll(async () => {
  await running?.close();
  await receiver?.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (): Promise<RunningEngine> =>
  startEngine(join(folder, 'data'), {
    site: testSite({ 'hl7-in': { connector: 'mllp', listen: { port: 0 } }, app: app(receiver) }),
    flows: [referral],
    secrets: { app: 'a-secret-of-the-test' },
  });

async function send(controlId: string, patient: number, type = 'ADT^A01'): Promise<void> {
  const peer = await connectPeer(running.mllpPort);
  const text = admission(controlId, patient, 1).replaceAll('ADT^A01', type);
  expect(msa(await peer.send(text))?.code).toBe('AA');
  peer.close();
}
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
      if (message.type() === 'error' && !/401/.test(message.text())) faults.push(message.text());
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
