/** Dead letters on screen: a group, its dry run, the replay with its progress, a corrected copy. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { browserPath, openBrowser, picture } from './browser.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { connectPeer, msa } from './peer.ts';
import { type Running, root, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const shots = join(root, 'test-output');
const MESSAGES = 24;

describe.skipIf(!browserPath)('dead letters on the console', () => {
  let home: string;
  let app: Receiver;
  let engine: Running;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    home = mkdtempSync(join(tmpdir(), 'suture-dead-'));
    const project = makeProject(join(home, 'project'));
    app = await startReceiver(() => ({ status: 422, body: { error: 'a ward is missing' } }));
    const [http, mllp] = (await freePorts(2)) as [number, number];
    engine = startSuture(
      ['start', '--project', project],
      plainEnvironment({
        SUTURE_DATA: join(home, 'data'),
        SUTURE_KEY: newMasterKey(),
        SUTURE_SECRET_APP: 'a-secret-of-the-test',
        PORT: String(http),
        MLLP_PORT: String(mllp),
        APP_URL: app.url,
      }),
    );
    const [, link] = (await engine.printed(/Sign in\s+(\S+first-user\S+)/)) as unknown as [string, string];
    const peer = await connectPeer(mllp);
    for (let nth = 1; nth <= MESSAGES; nth++) {
      expect(msa(await peer.send(admission(`DEAD-${nth}`, nth, nth)))?.code).toBe('AA');
    }
    peer.close();
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/401/.test(message.text())) faults.push(message.text());
    });
    await page.goto(link);
    await page.locator('#name').fill('analyst');
    await page.locator('#password').fill('a sentence is fine');
    await page.getByTestId('create-user').click();
    await page.getByTestId('feeds').waitFor({ timeout: 180_000 });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
    await app?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const shoot = async (name: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `console-${name}-${colorScheme}.png`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  };

  test('stand as one group with its cause and what to do first', { timeout: 180_000 }, async () => {
    await page.getByTestId('nav-dead').click();
    const group = page.locator('[data-testid^=group-]').first();
    await expect
      .poll(() => group.innerText(), { timeout: 120_000 })
      .toMatch(new RegExp(`^${MESSAGES}\\s*WEBHOOK_REFUSED`));
    expect(await group.innerText()).toContain('What to do first');
    await shoot('dead');
  });

  test('are replayed after a dry run, at a rate, can be stopped and go on', {
    timeout: 180_000,
  }, async () => {
    app.answer = () => ({ status: 204 });
    const asked = app.asked.length;
    await page.getByTestId('replay-group').click();
    await page.getByTestId('preview').waitFor();
    expect(await page.getByTestId('preview').innerText()).toContain(`${MESSAGES} would be replayed`);
    // What is in the message is not on the screen.
    expect(await page.getByTestId('replay-dialog').innerText()).not.toContain('MERIDIAN');
    await page.getByTestId('replay-version').selectOption('ran');
    await page.getByTestId('preview').waitFor();
    await page.getByTestId('replay-version').selectOption('present');
    await page.getByTestId('replay-rate').fill('4');
    await page.getByTestId('replay-reason').fill('the application was mended');
    await page.getByTestId('preview-sample').first().waitFor();
    await shoot('replay');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'console-replay-phone.png');
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(app.asked).toHaveLength(asked);
    await page.getByTestId('replay-start').click();
    const done = page.getByTestId('replay-count').first();
    await expect.poll(() => done.innerText()).toMatch(/^[1-9]\d* of 24$/);
    await page.getByTestId('replay-stop').click();
    await page.getByTestId('replay-stopped').waitFor();
    const stoppedAt = Number((await done.innerText()).split(' ')[0]);
    expect(stoppedAt).toBeLessThan(MESSAGES);
    expect(await page.locator('.dead-count').innerText()).toBe(String(MESSAGES - stoppedAt));
    await shoot('replay-stopped');
    await page.getByTestId('replay-resume').click();
    await expect.poll(() => done.innerText(), { timeout: 120_000 }).toBe('24 of 24');
    await page.getByTestId('empty').waitFor();
    await expect.poll(() => app.asked.length).toBe(asked + MESSAGES);
  });

  test('or one by a corrected copy, which leaves the original as it came', { timeout: 180_000 }, async () => {
    await page.getByTestId('nav-messages').click();
    await page.locator('[data-testid=messages] tr', { hasText: 'DEAD-3' }).getByRole('link').click();
    await page.getByTestId('summary').waitFor();
    expect(await page.getByTestId('edit').count()).toBe(0);
    await page.getByTestId('reveal').click();
    await page.getByTestId('edit').first().click();
    const text = page.getByTestId('edit-text');
    await text.fill((await text.inputValue()).replace('MERIDIAN^ALDER', 'MERIDIAN^BIRCH'));
    await page.getByTestId('edit-reason').fill('the name was wrong');
    await shoot('edit');
    const before = page.url();
    await page.getByTestId('edit-send').click();
    await expect.poll(() => page.url()).not.toBe(before);
    await page.getByTestId('flag-replayed').waitFor();
    await page.getByTestId('reveal').click();
    await expect
      .poll(async () => await page.getByTestId('raw').last().innerText())
      .toContain('MERIDIAN^BIRCH');
    await shoot('copy');
  });

  test('and nothing of it made an error in the browser', () => {
    expect(faults).toEqual([]);
  });
});
