/** One hospital's day, learnt by engines side by side, each by another method. */
import { join } from 'node:path';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import type { SiteRecord } from '../../src/site/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { type RunningEngine, startEngine, testSite } from './engine.ts';
import { startReceiver } from './receiver.ts';

export const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
export const RESOURCES = ['Patient', 'Appointment', 'Encounter', 'Observation', 'DocumentReference'] as const;
/**
 * `lastUpdated` and `generic bulk` ask the hospital's other server, which is not Epic's: by time of change, and by exports.
 */
export type Method = 'poll' | 'feed' | 'feed wakes read' | 'bulk' | 'lastUpdated' | 'generic bulk';

/** One event as a flow would get it. */
export interface Told {
  readonly resource: string;
  readonly change: 'created' | 'updated';
  /** Shared by all versions of one record. */
  readonly controlId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Learner {
  readonly method: Method;
  readonly running: RunningEngine;
  /** Events in their order, of a resource. */
  told(resource: string): Promise<readonly Told[]>;
  /** Ends it and starts it again on the same data, by another method. */
  switchTo(method: Method): Promise<Learner>;
}

export interface Day {
  readonly hospital: Simulator;
  start(method: Method): Promise<Learner>;
  close(): Promise<void>;
}

/** A Group of everybody, at both servers. */
async function groupsOf(hospital: Simulator): Promise<{ readonly epic: string; readonly generic: string }> {
  const answer = await fetch(`${hospital.adminUrl}/bulk`);
  const { groups } = (await answer.json()) as { groups: { id: string }[] };
  const member = hospital.patients().map(({ id }) => ({ entity: { reference: `Patient/${id}` } }));
  await fetch(`${hospital.genericBase}/Group/everyone`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Group', id: 'everyone', type: 'person', actual: true, member }),
  });
  return { epic: groups[0]?.id ?? '', generic: 'everyone' };
}

const bodyOf = (bytes: Uint8Array | null): Told['body'] =>
  JSON.parse(Buffer.from(bytes ?? []).toString()) as Told['body'];

export async function openDay(folder: string, learners: number, patients = 6): Promise<Day> {
  const closing: (() => Promise<unknown> | undefined)[] = [];
  const ports = await freePorts(learners);
  const hospital = await createSimulator({
    seed: 'one day',
    patients,
    eventsPerMinute: 0,
    // Exports as often as wanted, and with a word on when to ask again.
    behaviour: { bulkWindowHours: 0, bulkRetryAfterSeconds: 1 },
    feeds: ports.map((port, at) => ({
      name: `all ${at}`,
      port,
      kinds: ['ADT', 'SIU', 'ORU', 'MDM'],
      firstPauseMs: 20,
      longestPauseMs: 50,
    })),
  });
  closing.push(() => hospital.close());
  let started = 0;

  const groups = await groupsOf(hospital);
  const siteOf = (method: Method, port: number): SiteRecord => {
    const isGeneric = method === 'lastUpdated' || method === 'generic bulk';
    const isBulk = method === 'bulk' || method === 'generic bulk';
    return testSite(
      {
        hl7: { connector: 'mllp', listen: { port } },
        ehr: isGeneric
          ? { connector: 'fhir', fhirBase: hospital.genericBase }
          : {
              connector: 'epic',
              fhirBase: hospital.fhirBase,
              clientId: `suture-${port}`,
              auth: { method: 'backend' },
            },
      },
      {
        identifiers: { mrn: { system: MRN, hl7: { field: 'PID-3', type: 'MR' } } },
        roster: { from: ['hl7'] },
        budget: { requestsPerSecond: 5_000 },
        learn: Object.fromEntries(
          RESOURCES.map((resource) => [
            resource,
            {
              method: isBulk ? 'bulk' : method === 'lastUpdated' ? 'poll' : method,
              from: method === 'feed' ? 'hl7' : 'ehr',
              every: isBulk ? '1s' : isGeneric || learners > 3 ? '500ms' : '100ms',
              ...(isBulk ? { group: isGeneric ? groups.generic : groups.epic } : { rarely: '100ms' }),
              window: { back: '30d', ahead: '60d' },
            },
          ]),
        ),
      },
    );
  };

  async function start(method: Method, at: { port: number; place: string }): Promise<Learner> {
    let running: RunningEngine | null = null;
    const keys = await startReceiver(async () => ({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: (await running?.engine.jwks()) ?? { keys: [] },
    }));
    closing.push(keys.close);
    hospital.addClient({ clientId: `suture-${at.port}`, jwksUrl: `${keys.url}/jwks.json` });
    running = await startEngine(at.place, { site: siteOf(method, at.port) });
    const own = running;
    let open = true;
    const bodies = new Map<string, Told['body']>();
    closing.push(() => (open ? own.close() : undefined));
    return {
      method,
      running: own,
      async told(resource) {
        const found: Told[] = [];
        let before: string | null = null;
        do {
          const page = await own.store.search({
            type: `${resource}.*`,
            limit: 500,
            ...(before === null ? {} : { before }),
          });
          for (const row of page.rows) {
            const [, change] = row.type.split('.') as [string, 'created' | 'updated'];
            const body = bodies.get(row.id) ?? bodyOf(await own.store.payload(row.id));
            bodies.set(row.id, body);
            found.push({ resource, change, controlId: row.controlId ?? '', body });
          }
          before = page.before;
        } while (before !== null);
        return found.reverse();
      },
      async switchTo(next) {
        open = false;
        await own.close();
        return start(next, at);
      },
    };
  }

  return {
    hospital,
    start(method) {
      const port = ports[started++];
      if (port === undefined) throw new Error('the day was opened for fewer learners');
      return start(method, { port, place: join(folder, `learner-${started}`) });
    },
    async close() {
      for (const end of closing.reverse()) await end();
    },
  };
}
