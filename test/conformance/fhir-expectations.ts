/** What a client may expect of a FHIR R4 server, each as something to do and what is seen. Run on ours and on others. */

// biome-ignore lint/suspicious/noExplicitAny: every shape of answer is looked into
export type Json = any;

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A server under examination. */
export class Examined {
  readonly base: string;
  #last = 0;

  constructor(base: string) {
    this.base = base;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Seen> {
    const address = path.startsWith('http') ? path : `${this.base}/${path}`;
    const typed = body === undefined ? {} : { 'content-type': 'application/fhir+json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(address, {
      method,
      headers: { accept: 'application/fhir+json', ...typed, ...headers },
      ...(body === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: answer === '' ? undefined : JSON.parse(answer),
    };
  }

  /** An MRN that nobody had before. */
  mrn(): string {
    this.#last += 1;
    return `mrn-${this.#last}`;
  }

  /** The resources of a search, through all its pages, and how many pages there were. */
  async all(path: string): Promise<{ ids: string[]; pages: number }> {
    const ids: string[] = [];
    let pages = 0;
    for (let next: string | undefined = path; next !== undefined && pages < 50; pages += 1) {
      const { body }: Seen = await this.ask('GET', next);
      ids.push(...(body.entry ?? []).map((entry: Json) => entry.resource.id));
      const link = body.link?.find((each: Json) => each.relation === 'next')?.url;
      next =
        link === undefined
          ? undefined
          : new URL(link, `${this.base}/`).href.replace(/^.*?\/(fhir\/R4|generic\/R4)/, this.base);
    }
    return { ids, pages };
  }
}

export interface Expectation {
  readonly name: string;
  /** Does it, and tells what was seen in plain values. */
  readonly run: (server: Examined) => Promise<unknown>;
  readonly expected: unknown;
  /** What Medplum's server does instead, and how a client lives with it. */
  readonly medplum?: { readonly seen: unknown; readonly because: string };
}

const person = (mrn: string, family = 'Marlow') => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:mrn', value: mrn }],
  name: [{ family, given: ['Ada'] }],
});
const isIssue = ({ body }: Seen) => body?.resourceType === 'OperationOutcome';
const statuses = ({ body }: Seen) =>
  body.entry?.map((entry: Json) => String(entry.response.status).slice(0, 3));

export const expectations: readonly Expectation[] = [
  {
    name: 'create answers 201 with id, version, lastUpdated, ETag and Location',
    async run(server) {
      const { status, headers, body } = await server.ask('POST', 'Patient', person(server.mrn()));
      const { id, meta } = body;
      return {
        status,
        etag: headers.get('etag') === `W/"${meta.versionId}"`,
        location: headers.get('location')?.endsWith(`Patient/${id}/_history/${meta.versionId}`),
        recent: Math.abs(Date.parse(meta.lastUpdated) - Date.now()) < 60_000,
      };
    },
    expected: { status: 201, etag: true, location: true, recent: true },
  },
  {
    name: 'an id that never was is 404 with an OperationOutcome',
    async run(server) {
      const seen = await server.ask('GET', 'Patient/11111111-2222-4333-8444-555555555555');
      return [seen.status, isIssue(seen)];
    },
    expected: [404, true],
  },
  {
    name: 'an update makes a new version, and the old one can still be read',
    async run(server) {
      const { body: first } = await server.ask('POST', 'Patient', person(server.mrn()));
      const changed = { ...first, name: [{ family: 'Hale' }] };
      const second = await server.ask('PUT', `Patient/${first.id}`, changed);
      const old = await server.ask('GET', `Patient/${first.id}/_history/${first.meta.versionId}`);
      const history = await server.ask('GET', `Patient/${first.id}/_history`);
      return {
        status: second.status,
        newVersion: second.body.meta.versionId !== first.meta.versionId,
        old: old.body.name[0].family,
        newestFirst: history.body.entry.map((entry: Json) => entry.resource.name[0].family),
      };
    },
    expected: { status: 200, newVersion: true, old: 'Marlow', newestFirst: ['Hale', 'Marlow'] },
  },
  {
    name: 'a second update with the same content',
    async run(server) {
      const { body: first } = await server.ask('POST', 'Patient', person(server.mrn()));
      const again = await server.ask('PUT', `Patient/${first.id}`, first);
      return { status: again.status, newVersion: again.body?.meta.versionId !== first.meta.versionId };
    },
    expected: { status: 200, newVersion: true },
  },
  {
    name: 'If-Match with a version that is no longer is refused',
    async run(server) {
      const { body: first, headers } = await server.ask('POST', 'Patient', person(server.mrn()));
      const match = { 'if-match': headers.get('etag') ?? '' };
      const second = await server.ask('PUT', `Patient/${first.id}`, { ...first, active: true }, match);
      const third = await server.ask('PUT', `Patient/${first.id}`, { ...first, active: false }, match);
      const { body } = await server.ask('GET', `Patient/${first.id}`);
      return [second.status, third.status, body.active];
    },
    expected: [200, 412, true],
  },
  {
    name: 'a conditional create happens once, and several matches are refused',
    async run(server) {
      const mrn = server.mrn();
      const condition = { 'if-none-exist': `identifier=urn:mrn|${mrn}` };
      const first = await server.ask('POST', 'Patient', person(mrn), condition);
      const second = await server.ask('POST', 'Patient', person(mrn), condition);
      await server.ask('POST', 'Patient', person(mrn));
      const third = await server.ask('POST', 'Patient', person(mrn), condition);
      return [first.status, second.status, second.body.id === first.body.id, third.status];
    },
    expected: [201, 200, true, 412],
  },
  {
    name: 'a conditional update creates, then updates',
    async run(server) {
      const mrn = server.mrn();
      const path = `Patient?identifier=urn:mrn|${mrn}`;
      const first = await server.ask('PUT', path, person(mrn));
      const second = await server.ask('PUT', path, { ...person(mrn, 'Hale'), id: first.body.id });
      return [first.status, second.status, second.body.id === first.body.id];
    },
    expected: [201, 200, true],
  },
  {
    name: 'an update of an id that is not there',
    async run(server) {
      const id = 'aaaaaaaa-2222-4333-8444-555555555555';
      const seen = await server.ask('PUT', `Patient/${id}`, { ...person(server.mrn()), id });
      return seen.status;
    },
    expected: 201,
    medplum: {
      seen: 200,
      because: 'it creates and says 200: a client tells by versions, not by the status',
    },
  },
  {
    name: 'a JSON Patch changes one element; its test guards it',
    async run(server) {
      const { body: first } = await server.ask('POST', 'Patient', person(server.mrn()));
      const patch = (operations: unknown) =>
        server.ask('PATCH', `Patient/${first.id}`, operations, {
          'content-type': 'application/json-patch+json',
        });
      const changed = await patch([{ op: 'add', path: '/active', value: true }]);
      const refused = await patch([{ op: 'test', path: '/active', value: false }]);
      return [changed.status, changed.body.active, refused.status >= 400];
    },
    expected: [200, true, true],
  },
  {
    name: 'what is deleted is gone from reads and searches',
    async run(server) {
      const mrn = server.mrn();
      const { body: first } = await server.ask('POST', 'Patient', person(mrn));
      const removed = await server.ask('DELETE', `Patient/${first.id}`);
      const read = await server.ask('GET', `Patient/${first.id}`);
      const { ids } = await server.all(`Patient?identifier=${mrn}`);
      return [removed.status < 300, read.status, ids];
    },
    expected: [true, 410, []],
    medplum: {
      seen: [true, 404, []],
      because: 'its repository in memory forgets what it deletes: 404 for a known id is gone, too',
    },
  },
  {
    name: 'a search by identifier takes system and value, or the value alone',
    async run(server) {
      const mrn = server.mrn();
      await server.ask('POST', 'Patient', person(mrn));
      const count = async (token: string) => (await server.all(`Patient?identifier=${token}`)).ids.length;
      return [await count(`urn:mrn|${mrn}`), await count(mrn), await count(`urn:other|${mrn}`)];
    },
    expected: [1, 1, 0],
  },
  {
    name: 'pages of a search by _lastUpdated hold every resource once, in order',
    async run(server) {
      const tag = `family-${server.mrn()}`;
      const made: string[] = [];
      for (let count = 0; count < 7; count += 1) {
        const { body } = await server.ask('POST', 'Patient', person(server.mrn(), tag));
        made.push(body.id);
      }
      const { ids, pages } = await server.all(`Patient?family=${tag}&_sort=_lastUpdated&_count=3`);
      return { every: [...ids].sort().join() === [...made].sort().join(), pages };
    },
    expected: { every: true, pages: 3 },
    medplum: {
      seen: { every: false, pages: 1 },
      because: 'its repository in memory gives no next link: only total tells that the page was not all',
    },
  },
  {
    name: '_lastUpdated with two bounds is a window',
    async run(server) {
      const { body } = await server.ask('POST', 'Patient', person(server.mrn()));
      const at = body.meta.lastUpdated;
      const within = await server.all(`Patient?_id=${body.id}&_lastUpdated=ge${at}&_lastUpdated=le${at}`);
      const before = await server.all(
        `Patient?_id=${body.id}&_lastUpdated=ge2000-01-01&_lastUpdated=lt${at}`,
      );
      const after = await server.all(`Patient?_id=${body.id}&_lastUpdated=gt${at}`);
      return [within.ids.length, before.ids.length, after.ids.length];
    },
    expected: [1, 0, 0],
  },
  {
    name: 'a search by patient and date finds what a poll by business dates needs',
    async run(server) {
      const { body: patient } = await server.ask('POST', 'Patient', person(server.mrn()));
      const subject = { reference: `Patient/${patient.id}` };
      const coding = [{ system: 'http://loinc.org', code: '8867-4' }];
      const pulse = (effectiveDateTime: string) => ({
        resourceType: 'Observation',
        status: 'final',
        code: { coding },
        subject,
        effectiveDateTime,
      });
      for (const day of ['10', '11', '12']) {
        await server.ask('POST', 'Observation', pulse(`2026-05-${day}T10:00:00.000Z`));
      }
      const { ids } = await server.all(
        `Observation?patient=${patient.id}&date=ge2026-05-11&code=http://loinc.org|8867-4`,
      );
      return ids.length;
    },
    expected: 2,
  },
  {
    name: '_summary=count counts and sends nothing',
    async run(server) {
      const tag = `counted-${server.mrn()}`;
      for (let count = 0; count < 2; count += 1)
        await server.ask('POST', 'Patient', person(server.mrn(), tag));
      const { body } = await server.ask('GET', `Patient?family=${tag}&_summary=count`);
      return [body.total, body.entry?.length ?? 0];
    },
    expected: [2, 0],
  },
  {
    name: 'a search parameter that the server does not know',
    async run(server) {
      const { status } = await server.ask('GET', 'Patient?shoe-size=9');
      return status;
    },
    expected: 200,
  },
  {
    name: 'a transaction resolves its own references and creates once',
    async run(server) {
      const mrn = server.mrn();
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
            resource: person(mrn),
            request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=urn:mrn|${mrn}` },
          },
          {
            fullUrl: 'urn:uuid:22222222-2222-4222-8222-222222222222',
            resource: {
              resourceType: 'Encounter',
              status: 'planned',
              class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
              subject: { reference: 'urn:uuid:11111111-1111-4111-8111-111111111111' },
            },
            request: { method: 'POST', url: 'Encounter' },
          },
        ],
      };
      const first = await server.ask('POST', '', bundle);
      const second = await server.ask('POST', '', bundle);
      const { ids } = await server.all(`Patient?identifier=${mrn}`);
      const visits = await server.all(`Encounter?patient=${ids[0]}`);
      return {
        first: statuses(first),
        second: statuses(second),
        patients: ids.length,
        visits: visits.ids.length,
      };
    },
    expected: { first: ['201', '201'], second: ['200', '201'], patients: 1, visits: 2 },
  },
  {
    name: 'a transaction of which one entry fails leaves nothing',
    async run(server) {
      const mrn = server.mrn();
      const { body: other } = await server.ask('POST', 'Patient', person(server.mrn()));
      const ifMatch = 'W/"00000000-0000-4000-8000-000000000000"';
      const seen = await server.ask('POST', '', {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          { resource: person(mrn), request: { method: 'POST', url: 'Patient' } },
          {
            resource: { ...other, active: true },
            request: { method: 'PUT', url: `Patient/${other.id}`, ifMatch },
          },
        ],
      });
      const { ids } = await server.all(`Patient?identifier=${mrn}`);
      return [seen.status, ids.length];
    },
    expected: [412, 0],
    medplum: {
      seen: [412, 1],
      because: 'its repository in memory takes nothing back: a failed transaction must be looked after',
    },
  },
  {
    name: 'a batch carries out what it can',
    async run(server) {
      const seen = await server.ask('POST', '', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { resource: person(server.mrn()), request: { method: 'POST', url: 'Patient' } },
          { request: { method: 'GET', url: 'Patient/11111111-2222-4333-8444-555555555555' } },
        ],
      });
      return [seen.status, statuses(seen)];
    },
    expected: [200, ['201', '404']],
  },
  {
    name: 'a body that is no JSON, and one of another type, are refused as FHIR',
    async run(server) {
      const broken = await server.ask('POST', 'Patient', '{"resourceType":"Pat');
      const other = await server.ask('POST', 'Patient', { resourceType: 'Encounter', status: 'planned' });
      return [broken.status, isIssue(broken), other.status, isIssue(other)];
    },
    expected: [400, true, 400, true],
  },
  {
    name: 'a type that does not exist is refused as FHIR',
    async run(server) {
      const seen = await server.ask('GET', 'Shoe/1');
      return [seen.status, isIssue(seen)];
    },
    expected: [404, true],
  },
  {
    name: 'If-None-Match spares a read',
    async run(server) {
      const { body, headers } = await server.ask('POST', 'Patient', person(server.mrn()));
      const { status } = await server.ask('GET', `Patient/${body.id}`, undefined, {
        'if-none-match': headers.get('etag') ?? '',
      });
      return status;
    },
    expected: 304,
    medplum: {
      seen: 200,
      because: 'a router alone knows no conditional read',
    },
  },
];
