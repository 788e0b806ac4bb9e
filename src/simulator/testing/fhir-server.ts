import { type FastifyInstance, fastify } from 'fastify';
import type { Caller, Version } from '../fhir/declaration.ts';
import { Fhir } from '../fhir/fhir.ts';
import { isAllowed } from '../oauth/scopes.ts';
import { type Behaviour, Switchboard } from '../profile/index.ts';
import { Hospital } from '../world/hospital.ts';
import type { Patient, Visit } from '../world/records.ts';
import type { Json } from './application.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface Ask {
  readonly method?: string;
  readonly version?: Version;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

interface Opened {
  readonly patients?: number;
  readonly behaviour?: Partial<Behaviour>;
}

/** The hospital's FHIR servers on a real socket, with the truth at hand and a clock that a test moves. */
export class FhirServer {
  readonly hospital: Hospital;
  readonly switchboard: Switchboard;
  readonly fhir: Fhir;
  /** By token: the scopes of the client, and the patient it speaks for. `all` may do everything. */
  readonly callers = new Map<string, { scopes?: readonly string[]; patient?: string }>([['all', {}]]);
  now = Date.UTC(2026, 4, 12, 15);
  readonly #app: FastifyInstance;
  #url = '';

  private constructor({ patients = 40, behaviour = {} }: Opened) {
    this.hospital = new Hospital({ seed: 'stories', patients, now: this.now, timeZone: 'America/Chicago' });
    this.hospital.now = () => this.now;
    this.switchboard = new Switchboard('sandbox-2026-05', behaviour);
    this.fhir = new Fhir(
      { hospital: this.hospital, behaviour: this.switchboard.behaviour, now: () => this.now },
      {
        wallNow: () => this.now,
        caller: (token) => this.#caller(token),
        addresses: () => ({
          fhirBase: this.base('R4'),
          authorizeUrl: `${this.#url}/authorize`,
          tokenUrl: `${this.#url}/token`,
        }),
        discovery: () => ({ issuer: this.#url }),
      },
    );
    this.#app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
    this.#app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    this.#app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  }

  static async open(options: Opened = {}): Promise<FhirServer> {
    const server = new FhirServer(options);
    await server.#app.register(async (scope) => server.fhir.routes(scope), { prefix: '/api/FHIR' });
    server.#url = await server.#app.listen({ port: 0, host: '127.0.0.1' });
    return server;
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  base(version: Version): string {
    return `${this.#url}/api/FHIR/${version}`;
  }

  set(changes: Partial<Behaviour>): void {
    this.switchboard.change(changes);
  }
  /** Puts every switch back. */
  reset(): void {
    this.switchboard.choose('sandbox-2026-05');
  }

  /** A call. `path` may be a whole address. The body is undefined where it is no JSON. */
  async ask(
    path: string,
    { method = 'GET', version = 'R4', token = 'all', headers, body }: Ask = {},
  ): Promise<Answer> {
    const response = await fetch(path.startsWith('http') ? path : `${this.base(version)}/${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/fhir+json',
        ...(body === undefined || body instanceof URLSearchParams
          ? {}
          : { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : {
            body: typeof body === 'string' || body instanceof URLSearchParams ? body : JSON.stringify(body),
          }),
    });
    const text = await response.text();
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  }

  post(path: string, body: unknown, more: Ask = {}): Promise<Answer> {
    return this.ask(path, { ...more, method: 'POST', body });
  }

  /** Someone with visits, readings and notes. */
  someone(index = 0): Patient {
    const rich = this.hospital.patients.filter(
      (patient) =>
        patient.standing === 'active' &&
        this.hospital.chart('Observation', patient).length > 2 &&
        this.hospital.chart('DocumentReference', patient).length > 0 &&
        this.hospital.chart('Appointment', patient).length > 1,
    );
    return rich[index] as Patient;
  }

  /** A visit that is under way. */
  openVisit(): Visit {
    return this.hospital.stays.open()[0] as Visit;
  }

  #caller(token: string): Caller | undefined {
    const found = this.callers.get(token);
    if (!found) return undefined;
    const { scopes, patient } = found;
    return {
      clientId: token,
      allows: (type, interaction, category) => isAllowed({ scopes }, type, interaction, category),
      patient,
    };
  }
}

/** The numbers of an outcome, or of the outcome entries of a searchset. */
export function numbersIn(body: Json): string[] {
  const outcomes =
    body.resourceType === 'OperationOutcome'
      ? [body]
      : (body.entry ?? [])
          .filter((entry: Json) => entry.search.mode === 'outcome')
          .map((entry: Json) => entry.resource);
  return outcomes.flatMap((outcome: Json) =>
    outcome.issue.map((issue: Json) => issue.details.coding[0].code as string),
  );
}

/** The ids of what matched. */
export function idsIn(body: Json): string[] {
  return (body.entry ?? [])
    .filter((entry: Json) => entry.search.mode === 'match')
    .map((entry: Json) => entry.resource.id as string);
}
