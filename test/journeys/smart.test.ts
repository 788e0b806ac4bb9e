/** Signing in at an EHR: a person's consent in the browser, a launch from the EHR, keys that are exchanged, tokens that end. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InvitationAnswer, SignInsAnswer } from '../../src/api/index.ts';
import { landing } from '../../src/simulator/testing/person.ts';
import { browserPath, openBrowser, picture, shots } from './browser.ts';
import { until } from './engine.ts';
import { startReceiver } from './receiver.ts';
import { CLI_TOKEN, CLIENT, cli, linkOn, type SmartWorld, smartWorld, Window } from './smart.fixture.ts';

let folder: string;
let world: SmartWorld;
const opened: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-smart-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Parameters<typeof smartWorld>[1] = {}): Promise<Window> {
  world = await smartWorld(folder, options);
  opened.push(world.close);
  return new Window(world.api.url);
}

const invite = (): Promise<InvitationAnswer> =>
  cli<InvitationAnswer>(world.api, '/api/sign-ins/mercy/epic/invitation', {});
const signIns = (): Promise<SignInsAnswer> => cli<SignInsAnswer>(world.api, '/api/sign-ins');

/** From the invitation to the link that leads to the EHR. */
async function begin(window: Window, url: string): Promise<URL> {
  const page = await (await window.open(url)).text();
  const invitation = /name="invitation" value="([^"]+)"/.exec(page)?.[1] ?? '';
  return linkOn(await (await window.open('/smart/start', { invitation })).text());
}

/** The person agrees at the EHR, and the browser is sent back. */
async function agree(address: URL, login = 'FHIRTWO'): Promise<URL> {
  const { person } = world;
  const page = await person.open(address.href);
  // Inside the EHR somebody is signed in already, and clinicians are not asked.
  if (page.status === 302) return landing(page);
  const first = await person.send(page, { login, password: 'larkfield' });
  const last =
    first.status === 302 ? first : await person.send(first, { decision: 'allow', duration: 'quarter' });
  return landing(last);
}

async function connect(window: Window): Promise<string> {
  const back = await agree(await begin(window, (await invite()).url));
  return (await window.open(back.href)).text();
}

async function act(body: object): Promise<void> {
  const answer = await fetch(`${world.hospital.adminUrl}/actions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
}

async function asksOf(what: string): Promise<readonly { path: string; status: number }[]> {
  const answer = await fetch(`${world.hospital.adminUrl}/requests?limit=10000`);
  return ((await answer.json()) as { path: string; status: number }[]).filter((one) =>
    one.path.includes(what),
  );
}

describe('a person consents', () => {
  test('from a link, and the connection works in their name; nothing readable is kept', async () => {
    const window = await open();
    expect((await world.running.engine.test('mercy', 'epic')).find((one) => !one.ok)?.failure?.code).toBe(
      'FHIR_CONSENT_NEEDED',
    );
    const address = await begin(window, (await invite()).url);
    const asked = Object.fromEntries(address.searchParams);
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: CLIENT,
      redirect_uri: `${world.api.url}/smart/callback`,
      aud: world.hospital.fhirBase,
      code_challenge_method: 'S256',
      scope: expect.stringContaining('openid fhirUser offline_access'),
    });
    expect(asked.launch).toBeUndefined();
    expect(asked.state?.length).toBeGreaterThanOrEqual(32);
    expect(address.href.length).toBeLessThan(2_000);
    const back = await agree(address);
    const answer = await window.open(back.href);
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toContain('Connected by Practitioner/');
    // The code stood in the address: it goes nowhere from here.
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page).not.toContain(back.searchParams.get('code'));
    expect(answer.headers.getSetCookie().join()).not.toMatch(/ey[A-Za-z0-9]{8}/);

    const results = await world.running.engine.test('mercy', 'epic');
    expect(results.filter((one) => !one.ok)).toEqual([]);
    const { rows } = await signIns();
    expect(rows[0]?.consent).toMatchObject({
      renewable: true,
      ended: false,
      person: expect.stringMatching(/^Practitioner\//),
    });
    const trail = (await world.running.store.auditTrail({ limit: 20 })).rows;
    expect(trail.map((row) => row.act)).toEqual(
      expect.arrayContaining(['sign-in.invite', 'sign-in.connect']),
    );

    await world.running.store.backup(join(folder, 'copy'));
    const kept = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
      .join('');
    // Tokens here look like JWTs, as Epic's do.
    expect(kept).not.toMatch(/ey[A-Za-z0-9_-]{60}/);
    expect(world.running.logged.join()).not.toMatch(/ey[A-Za-z0-9_-]{20}/);
  });

  test('and the invitation works once, the answer once, and only in the browser that asked', async () => {
    const window = await open();
    const { url } = await invite();
    const back = await agree(await begin(window, url));
    const thief = new Window(world.api.url);
    const stolen = await thief.open(back.href);
    expect([stolen.status, await stolen.text()]).toEqual([400, expect.stringContaining('another browser')]);
    expect((await signIns()).rows[0]?.consent).toBeNull();

    expect((await window.open(back.href)).status).toBe(200);
    const again = await window.open(back.href);
    expect([again.status, await again.text()]).toEqual([
      400,
      expect.stringContaining('belongs to no sign-in'),
    ]);
    const used = await window.open(url);
    expect([used.status, await used.text()]).toEqual([400, expect.stringContaining('invitation')]);
    const made = await window.open(`/smart/callback?state=guessed-by-somebody&code=x`);
    expect(made.status).toBe(400);
  });

  test('or does not, and what the EHR wrote into the address is not repeated', async () => {
    const window = await open();
    const address = await begin(window, (await invite()).url);
    const state = address.searchParams.get('state') ?? '';
    const query = new URLSearchParams({
      state,
      error: 'access_denied',
      error_description: '<b>call 555-1234</b>',
    });
    const page = await (await window.open(`/smart/callback?${query}`)).text();
    expect(page).toContain('access_denied');
    expect(page).not.toContain('555');
    expect((await signIns()).rows[0]?.consent).toBeNull();
    expect((await world.running.store.auditTrail({ limit: 1 })).rows[0]).toMatchObject({
      act: 'sign-in.refused',
    });
  });

  test('but the record may say who: another person’s consent is not kept', async () => {
    const window = await open({ auth: { persons: ['Practitioner/nobody-here'] } });
    expect(await connect(window)).toContain('not one of those');
    expect((await signIns()).rows[0]?.consent).toBeNull();
  });

  test.each([
    ['public', { client: 'public' }, {}],
    [
      'secret basic',
      { client: 'secret basic', secret: 'epic-secret' },
      { secret: 's3cret/with+signs:and more' },
    ],
    [
      'secret post',
      { client: 'secret post', secret: 'epic-secret' },
      { secret: 's3cret/with+signs:and more' },
    ],
    ['key', { client: 'key', algorithm: 'ES384' }, {}],
    [
      'registers',
      { client: 'registers', scopes: ['openid', 'fhirUser', 'user/Patient.rs', 'user/Appointment.rs'] },
      { dynamicClients: true },
    ],
  ] as const)('for a client that proves itself by: %s', async (by, auth, client) => {
    const window = await open({
      auth,
      client: { ...client, ...(by === 'key' ? {} : { jwksUrl: undefined as never }) },
      secrets: { 'epic-secret': 's3cret/with+signs:and more' },
    });
    expect(await connect(window)).toContain('Connected by');
    expect((await world.running.engine.test('mercy', 'epic')).filter((one) => !one.ok)).toEqual([]);
    await act({ action: 'expire-access-tokens' });
    const again = (await world.running.engine.test('mercy', 'epic')).filter((one) => !one.ok);
    // Epic gives a client without a secret nothing to renew with; that is what registering is for.
    const lasts = by !== 'public';
    expect(again[0]?.failure?.code).toBe(lasts ? undefined : 'FHIR_CONSENT_ENDED');
    expect((await signIns()).rows[0]?.consent).toMatchObject({ renewable: lasts, ended: !lasts });
  });
});

describe('a launch from the EHR', () => {
  const launchAt = (iss: string, launch: string): string =>
    `/smart/launch?${new URLSearchParams({ iss, launch })}`;

  test('asks for the launch it was given, and connects', async () => {
    const window = await open({ auth: { begins: ['ehr'] } });
    const [patient] = world.hospital.patients();
    const launch = world.hospital.launch({ user: 'FHIRTWO', patient: patient?.id ?? '' });
    const sent = await window.open(launchAt(`${world.hospital.fhirBase}/`, launch));
    const address = landing(sent);
    expect(address.searchParams.get('launch')).toBe(launch);
    expect(address.searchParams.get('scope')?.split(' ')).toContain('launch');
    expect(await (await window.open((await agree(address)).href)).text()).toContain('Connected by');
  });

  test('from a server that is not ours is refused before anything is asked of it', async () => {
    const window = await open({ auth: { begins: ['ehr', 'standalone'] } });
    const foreign = await startReceiver(async () => ({ status: 200, body: {} }));
    opened.push(foreign.close);
    for (const iss of [
      foreign.url,
      'http://169.254.169.254/latest',
      `${world.hospital.fhirBase}.example.org`,
      'x',
    ]) {
      const answer = await window.open(launchAt(iss, 'token'));
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining('not one that this installation'),
      ]);
    }
    expect(foreign.asked).toHaveLength(0);
  });

  test('does not begin a connection that is only connected from our side', async () => {
    const window = await open();
    expect((await window.open(launchAt(world.hospital.fhirBase, 'token'))).status).toBe(400);
  });
});

describe('a token', () => {
  test('that is revoked is renewed once, however many ask; a consent that has ended says so', async () => {
    const window = await open();
    await connect(window);
    await world.running.engine.test('mercy', 'epic');
    const asked = (await asksOf('/oauth2/token')).length;
    await act({ action: 'expire-access-tokens' });
    const results = await world.running.engine.test('mercy', 'epic');
    expect(results.filter((one) => !one.ok)).toEqual([]);
    expect((await asksOf('/oauth2/token')).length - asked).toBe(1);

    await act({ action: 'revoke' });
    const [, signIn] = await world.running.engine.test('mercy', 'epic');
    // The old token was still good by the clock: the first question found out.
    const ended = (await world.running.engine.test('mercy', 'epic')).find((one) => !one.ok)?.failure;
    expect([signIn?.ok, ended?.code]).toEqual([true, 'FHIR_CONSENT_ENDED']);
    expect((await signIns()).rows[0]?.consent).toMatchObject({ ended: true });
    // The hospital signs with another key meanwhile: its set is fetched for each consent.
    await act({ action: 'rotate-keys' });
    expect(await connect(window)).toContain('Connected by Practitioner/');
    expect((await world.running.engine.test('mercy', 'epic')).filter((one) => !one.ok)).toEqual([]);
  });
});

describe('signing keys', () => {
  test('are exchanged without a sign-in that fails: published, then signing, then resting', async () => {
    await open({
      auth: { method: 'backend', algorithm: 'RS384' },
      client: { usedBy: 'backend', backgroundUser: true },
    });
    const { engine } = world.running;
    const allWell = async () => (await engine.test('mercy', 'epic')).filter((one) => !one.ok);
    expect(await allWell()).toEqual([]);
    const first = (await engine.jwks()).keys[0]?.kid;
    const asked = { site: 'mercy', connection: 'epic', who: 'kim', reason: 'yearly' };
    const begun = await engine.signingKeys.rotate({ ...asked, wait: 1_000, algorithm: 'ES384' });
    expect(begun.map((key) => key.state)).toEqual(['signing', 'waiting']);
    const both = await (await fetch(`${world.api.url}/.well-known/jwks.json`)).json();
    expect(both.keys).toHaveLength(2);
    expect(JSON.stringify(both)).not.toMatch(/"(d|p|q|dp|dq|qi|k)":/);
    await expect(engine.signingKeys.rotate({ ...asked })).rejects.toMatchObject({ code: 'KEY_ROTATING' });
    expect(await allWell()).toEqual([]);
    await until(
      async () => (await engine.signingKeys.list()).every((key) => key.state !== 'waiting'),
      'the new key to sign',
    );
    expect((await engine.signingKeys.list()).map((key) => key.state)).toEqual(['resting', 'signing']);
    expect(await allWell()).toEqual([]);
    const newest = (await engine.signingKeys.list())[1];
    expect(newest).toMatchObject({ algorithm: 'ES384' });
    // Known to others: withdrawn at once, and the new one signs.
    await engine.signingKeys.rotate({ ...asked, atOnce: true });
    const left = (await engine.jwks()).keys;
    expect(left).toHaveLength(1);
    expect([first, newest?.kid]).not.toContain(left[0]?.kid);
    expect(await allWell()).toEqual([]);
    const acts = (await world.running.store.auditTrail({ limit: 9 })).rows.map((row) => row.act);
    expect(acts.filter((act) => act === 'signing-key.rotate')).toHaveLength(2);
  });
});

describe.skipIf(!browserPath)('in a real browser', () => {
  test('a person goes from the console to the EHR, agrees, and comes back connected', {
    timeout: 180_000,
  }, async () => {
    const scopes = ['launch/patient', 'openid', 'fhirUser', 'offline_access', 'patient/Patient.rs'];
    await open({ auth: { scopes }, client: { usedBy: 'patients' } });
    mkdirSync(shots, { recursive: true });
    const browser = await openBrowser();
    opened.push(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    await page.goto((await world.api.firstUserLink()) as string);
    await page.locator('#name').fill('analyst');
    await page.locator('#password').fill('a sentence is fine');
    await page.getByTestId('create-user').click();
    await page.goto(`${world.api.url}/smart`);
    await picture(page, 'smart-connect.png');
    await page.getByTestId('connect').click();
    await picture(page, 'smart-leave.png');
    await page.getByTestId('continue').click();
    await page.locator('#login').fill('PORTAL1');
    await page.locator('#password').fill('larkfield');
    await page.locator('#sign-in').click();
    await page.locator('#allow').waitFor();
    await picture(page, 'smart-consent.png');
    await page.locator('#allow').click();
    await page.getByTestId('connected').waitFor();
    expect(await page.getByTestId('connected').innerText()).toContain('Connected by a patient');
    await picture(page, 'smart-connected.png');
    // The cookie of the sign-in is gone; the session's is as it was.
    expect((await page.context().cookies()).map((cookie) => cookie.name)).toEqual(['suture-session']);
    expect(CLI_TOKEN).toHaveLength(44);
  });
});
