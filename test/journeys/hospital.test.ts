/** The demo hospital in a real browser: a newcomer registers a client, a patient lets it in, staff launch it. */

import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator, testPassword } from '../../src/simulator/index.ts';
import { browserPath, openBrowser, picture, shots } from './browser.ts';

describe.skipIf(!browserPath)('the demo hospital', () => {
  let hospital: Simulator;
  let application: Server;
  let origin: string;
  let browser: Browser;
  let page: Page;
  let clientId: string;
  let secret: string;
  const arrived: URL[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    application = createServer((request, response) => {
      arrived.push(new URL(request.url ?? '/', origin));
      response.setHeader('content-type', 'text/html').end('<h1 id="welcome">Welcome back</h1>');
    });
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    const address = application.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    hospital = await createSimulator({ patients: 6, eventsPerMinute: 0 });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1100, height: 860 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await hospital?.close();
    await new Promise((resolve) => application.close(resolve));
  });

  async function register(name: string, usedBy: string): Promise<void> {
    await page.goto(`${hospital.adminUrl}/clients`);
    await page.fill('#name', name);
    await page.selectOption('#usedBy', usedBy);
    await page.fill('#redirectUris', `${origin}/back`);
    await page.fill('#launchUrl', `${origin}/launch`);
    await page.check('[name=confidential]');
    await page.click('#register');
    clientId = await page.innerText('#client-id');
    secret = await page.innerText('#client-secret');
  }
  function authorize(scope: string): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: `${origin}/back`,
      aud: hospital.fhirBase,
      state: 'journey',
      scope,
    });
    return `${hospital.authorizeUrl}?${query}`;
  }
  async function redeem(): Promise<Record<string, string>> {
    const back = arrived.findLast(({ pathname }) => pathname === '/back');
    const response = await fetch(hospital.tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(secret)}`).toString('base64')}`,
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: back?.searchParams.get('code') ?? '',
        redirect_uri: `${origin}/back`,
      }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, string>;
  }

  test('a client is registered on its page, and a proxy of patients lets it in', async () => {
    await register('Step counter', 'patients');
    await picture(page, 'hospital-registered.png');
    await page.goto(authorize('launch/patient openid offline_access'));
    await picture(page, 'hospital-sign-in.png');
    await page.fill('#login', 'PROXY2');
    await page.fill('#password', 'not this');
    await page.click('#sign-in');
    await page.getByRole('alert').waitFor();
    await page.fill('#login', 'PROXY2');
    await page.fill('#password', testPassword);
    await page.click('#sign-in');
    await page.getByRole('radio').nth(1).check();
    await picture(page, 'hospital-chart.png');
    await page.click('#choose');
    await page.selectOption('#duration', 'year');
    await picture(page, 'hospital-consent.png');
    await page.click('#allow');
    await page.locator('#welcome').waitFor();
    const { patient, refresh_token: lasting } = await redeem();
    expect(patient).toBe(hospital.patients()[2]?.id);
    expect(lasting?.length).toBeGreaterThan(100);
  });

  test('staff launch it from a chart, without being asked anything', async () => {
    await register('Chart helper', 'clinicians');
    const row = page.locator('tr', { hasText: 'Chart helper' });
    await row.getByLabel('patient to launch with').fill('Z6103');
    await row.getByRole('button', { name: 'Launch' }).click();
    await page.locator('#welcome').waitFor();
    const launch = arrived.findLast(({ pathname }) => pathname === '/launch');
    expect(launch?.searchParams.get('iss')).toBe(hospital.fhirBase);
    await page.goto(`${authorize('launch openid')}&launch=${launch?.searchParams.get('launch')}`);
    await page.locator('#welcome').waitFor();
    expect((await redeem()).patient).toBe(hospital.patients()[2]?.id);
  });

  test('the page of the hospital shows what runs and breaks things at a click', async () => {
    await page.goto(hospital.adminUrl);
    await page.getByRole('button', { name: 'Step an hour' }).click();
    await page.getByRole('button', { name: '429 for the next 20 requests' }).click();
    await page.locator('#faults').waitFor();
    expect((await fetch(`${hospital.fhirBase}/metadata`)).headers.get('retry-after')).toBe('5');
    await picture(page, 'hospital-admin.png', { fullPage: true });
    await page.getByRole('button', { name: 'Clear all faults' }).click();
    expect((await fetch(`${hospital.fhirBase}/metadata`)).status).toBe(200);
    await page.getByRole('link', { name: 'Behaviour' }).click();
    await page.getByLabel('strict-proxy').check();
    await page.click('#choose');
    expect(hospital.behaviour.requestsPerSecond).toBe(10);
    await picture(page, 'hospital-behaviour.png');
  });

  test('nothing went wrong in the browser', () => {
    expect(faults).toEqual([]);
  });
});
