/** The console in a real browser, on the demo: what a newcomer sees, and what an analyst does with it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admission } from '../crash/traffic.ts';
import { browserPath, openBrowser, picture, shots } from './browser.ts';
import { connectPeer, msa } from './peer.ts';
import { demoEnvironment, type Running, root, startSuture } from './process.ts';

/** With UPDATE_SCREENSHOTS=1 the README’s picture is made anew, after a while of traffic. */
const forReadme = Boolean(process.env.UPDATE_SCREENSHOTS);

describe.skipIf(!browserPath)('the console', () => {
  let folder: string;
  let demo: Running;
  let browser: Browser;
  let page: Page;
  let mllp: number;
  const faults: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'suture-console-'));
    const { env, ports } = await demoEnvironment(join(folder, 'data'));
    mllp = ports.mllp;
    demo = startSuture(['start', '--demo'], env);
    const [, link] = (await demo.printed(/Sign in\s+(\S+first-user\S+)/)) as unknown as [string, string];
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/401/.test(message.text())) faults.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${ports.http}/`);
    // Nothing is served without sign-in: the console's address shows the sign-in page.
    await page.getByTestId('sign-in').waitFor();
    await page.goto(link);
    await page.locator('#name').fill('analyst');
    await page.locator('#password').fill('a sentence is fine');
    await page.getByTestId('create-user').click();
    await page.getByTestId('feeds').waitFor({ timeout: 120_000 });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows each feed with its counters, live', { timeout: 120_000 }, async () => {
    const received = page.getByTestId('count-riverside-epic-hl7-received');
    const sent = page.getByTestId('count-riverside-epic-fhir-sent');
    await expect
      .poll(async () => Number(await received.innerText()), { timeout: 120_000 })
      .toBeGreaterThan(3);
    await expect.poll(async () => Number(await sent.innerText()), { timeout: 120_000 }).toBeGreaterThan(3);
    if (forReadme) await new Promise((resolve) => setTimeout(resolve, 75_000));
    await page.screenshot({ path: join(forReadme ? join(root, 'docs') : shots, 'console-home.png') });
  });

  test('shows a message sent by MLLP within a second; its PID-5 is read, its delivery seen', async () => {
    await page.getByTestId('nav-messages').click();
    await page.getByTestId('messages').waitFor();
    const peer = await connectPeer(mllp);
    const sentAt = performance.now();
    expect(msa(await peer.send(admission('BROWSER-1', 7, 1)))?.code).toBe('AA');
    const row = page.locator('[data-testid=messages] tr', { hasText: 'BROWSER-1' });
    await row.waitFor({ timeout: 5_000 });
    process.stdout.write(
      `the message stood on the page ${Math.round(performance.now() - sentAt)} ms after it was sent\n`,
    );
    peer.close();
    await picture(page, 'console-messages.png');

    await row.getByRole('link').click();
    await page.getByTestId('summary').waitFor();
    // Masked until someone asks.
    expect(await page.getByTestId('content').innerText()).not.toContain('MERIDIAN');
    await page.getByTestId('reveal').click();
    await page.locator('[data-testid=content][data-revealed=true]').waitFor();
    const raw = await page.getByTestId('raw').last().innerText();
    expect(raw).toContain('MERIDIAN^ALDER');
    // As it stands in the message, empty fields at the end included.
    expect(raw.split('\n').map((line) => line.trim())).toContain('ZPD||||||||||||||||||');
    await picture(page, 'console-message.png');
    await page.getByTestId('tab-tree').click();
    const tree = await page.getByTestId('tree').innerText();
    expect(tree).toContain('PID-5');
    expect(tree).toContain('MERIDIAN');
    await expect
      .poll(() => page.getByTestId('state-delivered').count(), { timeout: 10_000 })
      .toBeGreaterThan(0);
    await page.getByTestId('tab-fhir').click();
    expect(await page.getByTestId('fhir').innerText()).toContain('Patient');
  });

  test('finds a person by name and birth date, and a text within a time, with progress and without a trace in the address', async () => {
    const rows = page.locator('[data-testid=messages] tbody tr');
    await page.getByTestId('nav-messages').click();
    await page.getByTestId('search-family').fill('meridian');
    await page.getByTestId('search-submit').click();
    await page.getByText('goes with a name').waitFor();
    await page.getByTestId('search-born').fill('1970-01-01');
    await page.getByTestId('search-submit').click();
    await page.getByTestId('patient-filter').waitFor();
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.innerText()).toContain('BROWSER-1');

    await page.getByTestId('search-clear').click();
    await page.getByTestId('search-text').fill('meridian^ald');
    await page.getByTestId('search-submit').click();
    await page.getByText('a text needs a time').first().waitFor();
    await picture(page, 'console-search.png');
    await page.getByTestId('search-from').fill('2020-01-01T00:00');
    await page.getByTestId('search-to').fill('2200-01-01T00:00');
    await page.getByTestId('search-submit').click();
    await page
      .getByText(/All messages of this time were looked through: [\d,]+ looked through, 1 found/)
      .waitFor();
    expect(await rows.innerText()).toContain('BROWSER-1');
    expect(page.url().toLowerCase()).not.toContain('meridian');
    await picture(page, 'console-scan.png');
    // Stopped by hand: the answer to the next page is held back until Stop was pressed.
    await page.route('**/api/messages/scan', async (route) => {
      await page.getByTestId('scan-stop').click();
      // The page has given up the request by then: there may be nothing left to end.
      await route.abort().catch(() => undefined);
    });
    await page.getByTestId('search-text').fill('nobody');
    await page.getByTestId('search-submit').click();
    await page.getByText(/^Stopped: 0 looked through, 0 found/).waitFor();
    await page.unroute('**/api/messages/scan');
    await page.getByTestId('search-clear').click();
    await page.getByTestId('messages').waitFor();
  });

  test('shows what a site can do, each with its ground', async () => {
    await page.getByTestId('nav-sites').click();
    await page.getByTestId('site-riverside').getByRole('link').first().click();
    const matrix = page.getByTestId('matrix');
    await matrix.waitFor();
    expect(await matrix.innerText()).toContain('DocumentReference');
    await matrix.getByRole('button').first().click();
    await page.getByTestId('cell-detail').waitFor();
    await picture(page, 'console-sites.png', { fullPage: true });
  });

  test('has recorded who asked for the content', async () => {
    const trail = (await page.evaluate(async () => (await fetch('/api/audit')).json())) as {
      rows: { act: string; who: string }[];
    };
    expect(trail.rows.find((row) => row.act === 'message.reveal')?.who).toBe('analyst');
  });

  test('made no error in the browser', () => {
    expect(faults).toEqual([]);
  });
});
