/** An engine with its API beside a pretend hospital, for journeys of signing in; and a browser without pictures. */
import { join } from 'node:path';
import { type Api, createApi } from '../../src/api/index.ts';
import {
  type Behaviour,
  type ClientOptions,
  createSimulator,
  type Simulator,
} from '../../src/simulator/index.ts';
import { Person } from '../../src/simulator/testing/person.ts';
import { systemClock } from '../../src/std/index.ts';
import { type RunningEngine, startEngine, testSite } from './engine.ts';

export const CLI_TOKEN = 'journey-token-of-the-command-line-0123456789';
export const CLIENT = 'suture-journey';

export interface SmartWorld {
  readonly hospital: Simulator;
  readonly person: Person;
  readonly running: RunningEngine;
  readonly api: Api;
  close(): Promise<void>;
}

export async function smartWorld(
  folder: string,
  options: {
    readonly auth?: Readonly<Record<string, unknown>>;
    readonly client?: Partial<ClientOptions>;
    readonly behaviour?: Partial<Behaviour>;
    readonly secrets?: Readonly<Record<string, string>>;
  } = {},
): Promise<SmartWorld> {
  const hospital = await createSimulator({
    seed: 'smart',
    patients: 6,
    eventsPerMinute: 0,
    ...(options.behaviour ? { behaviour: options.behaviour } : {}),
  });
  const site = testSite(
    {
      epic: {
        connector: 'epic',
        fhirBase: hospital.fhirBase,
        clientId: CLIENT,
        // An EC key is made in no time.
        auth: { method: 'consent', algorithm: 'ES384', ...options.auth },
        mrnSystem: 'urn:oid:1.2.3',
      },
    },
    { budget: { requestsPerSecond: 2_000 } },
  );
  const running = await startEngine(join(folder, 'data'), {
    site,
    ...(options.secrets ? { secrets: options.secrets } : {}),
  });
  const api = await createApi({ engine: running.engine, clock: systemClock, port: 0, cliToken: CLI_TOKEN });
  hospital.addClient({
    clientId: CLIENT,
    name: 'Suture',
    usedBy: 'clinicians',
    redirectUris: [`${api.url}/smart/callback`],
    launchUrl: `${api.url}/smart/launch`,
    jwksUrl: `${api.url}/.well-known/jwks.json`,
    ...options.client,
  });
  return {
    hospital,
    person: new Person(hospital),
    running,
    api,
    async close() {
      await api.close();
      await running.close();
      await hospital.close();
    },
  };
}

/** One browser at our pages: keeps cookies, follows nothing by itself. */
export class Window {
  readonly #origin: string;
  readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(address: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const response = await fetch(new URL(address, this.#origin), {
      redirect: 'manual',
      headers: {
        'sec-fetch-site': 'same-origin',
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

/** What the command line asks of the API. */
export async function cli<Answer>(api: Api, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${api.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${CLI_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

/** The link of the page that says where it goes. */
export function linkOn(page: string): URL {
  const link = /data-testid="continue"[^>]* href="([^"]+)"/.exec(page)?.[1];
  if (link === undefined) throw new Error(`no link on the page: ${page.slice(-600)}`);
  return new URL(link.replaceAll('&#38;', '&'));
}
