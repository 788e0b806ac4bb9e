import { createHash, randomBytes } from 'node:crypto';
import type { Simulator } from '../index.ts';
import type { Json } from './application.ts';

/** A person at a browser without pictures: follows what the pages say, keeps nothing else. */
export class Person {
  readonly #hospital: Simulator;

  constructor(hospital: Simulator) {
    this.#hospital = hospital;
  }

  /** The address an application sends people to. What is given as undefined is left out. */
  authorizeUrl(parameters: Readonly<Record<string, string | undefined>>): string {
    const all: Record<string, string | undefined> = {
      response_type: 'code',
      aud: this.#hospital.fhirBase,
      state: 'state of the test',
      scope: 'launch/patient offline_access',
      ...parameters,
    };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(all)) if (value !== undefined) query.append(name, value);
    return `${this.#hospital.authorizeUrl}?${query}`;
  }

  open(address: string): Promise<Response> {
    return fetch(address, { redirect: 'manual' });
  }

  /** Fills the form on a page in and sends it. */
  async send(page: Response, fields: Readonly<Record<string, string>>): Promise<Response> {
    const text = await page.text();
    const action = /action="([^"]+)"/.exec(text)?.[1];
    const session = /name="session" value="([^"]+)"/.exec(text)?.[1];
    if (!action || !session) throw new Error(`no form on the page: ${text.slice(-400)}`);
    return fetch(`${this.#hospital.url}${action}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ session, ...fields }),
    });
  }

  /** Signs in and allows everything; gives the code. */
  async consent(address: string, login: string, duration = 'quarter'): Promise<string> {
    const first = await this.send(await this.open(address), { login, password: 'larkfield' });
    const last = first.status === 302 ? first : await this.send(first, { decision: 'allow', duration });
    const code = landing(last).searchParams.get('code');
    if (!code) throw new Error(`no code: ${last.headers.get('location')}`);
    return code;
  }
}

/** Where a redirect goes. */
export function landing(response: Response): URL {
  const location = response.headers.get('location');
  if (response.status !== 302 || !location) throw new Error(`no redirect but ${response.status}`);
  return new URL(location);
}

/** A pair of PKCE. */
export function proofKey(): { verifier: string; challenge: string } {
  const verifier = randomBytes(48).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Asks the token endpoint. */
export async function ask(
  hospital: Simulator,
  form: Readonly<Record<string, string>>,
  authorization?: string,
): Promise<{ status: number; body: Json }> {
  const response = await fetch(hospital.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(form),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
  return { status: response.status, body: await response.json() };
}
