/** What a person sees and does in the console when something does not move. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { browserPath, openBrowser, picture, shots } from './browser.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { connectPeer, msa } from './peer.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const flowFile = `import { flow, hl7 } from 'suture';

export default flow('notice', { about: 'Tells the application of every admission.', attempts: 2 })
  .on(hl7.message('ADT^A01'))
  .send('tell', { connection: 'app', do: 'send', args: { path: { value: '/told' }, 'body.id': 'hl7:MSH-10' } });
`;

describe.skipIf(!browserPath)('the console, when something does not move', () => {
  let folder: string;
  let suture: Running;
  let browser: Browser;
  let page: Page;
  let app: Receiver;
  let port: number;
  const faults: string[] = [];

  const admit = async (...ids: string[]): Promise<void> => {
    const peer = await connectPeer(port);
    for (const id of ids) expect(msa(await peer.send(admission(id, 1, 1)))?.code).toBe('AA');
    peer.close();
  };
  const decide = async (reason: string): Promise<void> => {
    await page.getByTestId('reason').fill(reason);
    await page.getByTestId('reason-submit').click();
    await page.getByTestId('reason-dialog').waitFor({ state: 'detached' });
  };

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'suture-stuck-'));
    app = await startReceiver(() => ({ status: 500 }));
    const [http, mllp] = (await freePorts(2)) as [number, number];
    port = mllp;
    suture = startSuture(
      ['start', '--project', makeProject(join(folder, 'project'), { 'flows/notice.ts': flowFile })],
      plainEnvironment({
        SUTURE_DATA: join(folder, 'data'),
        SUTURE_KEY: newMasterKey(),
        SUTURE_SECRET_APP: 'a-secret-of-the-test',
        PORT: String(http),
        MLLP_PORT: String(mllp),
        APP_URL: app.url,
      }),
    );
    const [, link] = (await suture.printed(/Sign in\s+(\S+first-user\S+)/)) as unknown as [string, string];
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(link);
    await page.locator('#name').fill('analyst');
    await page.locator('#password').fill('a sentence is fine');
    await page.getByTestId('create-user').click();
    await page.getByTestId('feeds').waitFor({ timeout: 180_000 });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await suture?.stop();
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows a stopped lane with what its head failed with; given up, the next one is the head', {
    timeout: 180_000,
  }, async () => {
    expect(await page.getByTestId('stuck-lanes').count()).toBe(0);
    await admit('STUCK-1', 'STUCK-2');
    const lanes = page.getByTestId('stuck-lanes');
    await lanes.getByText('held: stopped lane').waitFor({ timeout: 120_000 });
    const text = await lanes.innerText();
    expect(text).toMatch(/mercy \/ notice/);
    expect(text).toMatch(/2 attempts .* 1 behind it/);
    expect(text).toMatch(/WEBHOOK_FAILED at step tell: The application answered with 500\. Look at/);
    expect(text).toContain('ADT^A01 STUCK-1');
    await picture(page, 'console-stuck-lane.png');

    app.answer = () => ({ status: 401 });
    await page.getByTestId('give-up-lane').click();
    await decide('it was entered there by hand');
    await page.getByTestId('stuck-message').getByText('STUCK-2').waitFor({ timeout: 120_000 });
  });

  test('shows a stopped connection; resumed, what waited goes on and nothing is shown any more', {
    timeout: 180_000,
  }, async () => {
    const destination = page.getByTestId('destination-mercy-app');
    await destination.getByTestId('connection-stopped').waitFor({ timeout: 120_000 });
    // It is said before the delivery that found it out is back in its lane.
    await destination
      .getByText(/Stopped since .* 1 lane waits for it, untried\./)
      .waitFor({ timeout: 120_000 });
    await picture(page, 'console-stopped-connection.png', { fullPage: true });
    app.answer = () => ({ status: 204 });
    await destination.getByTestId('resume').click();
    await picture(page, 'console-resume.png');
    await decide('the secret was renewed');
    await destination.getByTestId('connection-running').waitFor({ timeout: 120_000 });
    await page.getByTestId('stuck-lanes').waitFor({ state: 'detached', timeout: 120_000 });
    expect(app.asked.at(-1)?.body).toBe('{"id":"STUCK-2"}');
    expect(faults).toEqual([]);
  });
});
