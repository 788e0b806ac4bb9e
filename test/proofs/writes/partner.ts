/** An EHR that creates once for each POST, knows no conditional create, and loses answers. Real HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../../../src/std/index.ts';

export interface PartnerOptions {
  readonly random: Random;
  /** Of a hundred creates so many are done and their answer is lost. */
  readonly lostAfter: number;
  /** Of a hundred so many get lost before they are done. */
  readonly lostBefore: number;
  /** Of a hundred so many are done this long after the connection was cut; milliseconds. */
  readonly late: number;
  readonly lateBy: number;
}

export interface Partner {
  readonly url: string;
  /** By what it is, how often it is there. */
  readonly made: ReadonlyMap<string, number>;
  readonly mischief: Record<string, number>;
  close(): Promise<void>;
}

interface Stored {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

export async function startPartner(options: PartnerOptions): Promise<Partner> {
  const { random } = options;
  const byPatient = new Map<string, Stored[]>();
  const made = new Map<string, number>();
  const mischief: Record<string, number> = {};
  let ids = 0;
  const timers = new Set<NodeJS.Timeout>();

  function commit(body: Record<string, unknown>): string {
    const id = `o${++ids}`;
    const patient = (body.subject as { reference: string }).reference.slice('Patient/'.length);
    const list = byPatient.get(patient) ?? [];
    list.push({ id, body });
    byPatient.set(patient, list);
    const what = (body.valueString as string) ?? '';
    made.set(what, (made.get(what) ?? 0) + 1);
    return id;
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const [, type = '', id] = url.pathname.split('/');
    const json = (status: number, body: unknown, headers = {}): void => {
      response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (request.method === 'GET' && type === 'Patient') {
      return json(200, {
        resourceType: 'Patient',
        id,
        active: true,
        birthDate: '1980-01-01',
        gender: 'female',
      });
    }
    if (request.method === 'GET') {
      // Filters other than the patient are ignored, as by servers that do not know them.
      const all = byPatient.get(url.searchParams.get('patient') ?? '') ?? [];
      const entry = all.map((one) => ({ search: { mode: 'match' }, resource: { ...one.body, id: one.id } }));
      return json(200, { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      const dice = random.fraction() * 100;
      const happened = (what: string): void => {
        mischief[what] = (mischief[what] ?? 0) + 1;
      };
      if (dice < options.lostBefore) {
        happened('lost before it was done');
        return void request.socket.destroy();
      }
      if (dice < options.lostBefore + options.late) {
        happened('done late');
        request.socket.destroy();
        const timer = setTimeout(() => {
          timers.delete(timer);
          commit(body);
        }, options.lateBy);
        timers.add(timer);
        return;
      }
      const given = commit(body);
      if (dice < options.lostBefore + options.late + options.lostAfter) {
        happened('done and the answer lost');
        const how = random.fraction();
        if (how < 0.5) return void request.socket.destroy();
        if (how < 0.7) return json(503, undefined);
        if (how < 0.9) return json(504, undefined);
        response.writeHead(200, { 'content-type': 'text/html' });
        return void response.end('<html><body>Please sign in</body></html>');
      }
      json(201, undefined, { location: `${type}/${given}` });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    made,
    mischief,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
