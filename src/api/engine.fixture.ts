/** The other side of the contract for the tests of this room: an `EngineControl` that does no work, over a real store. */
import {
  approvalDesk,
  type Change,
  type ConnectionState,
  type EngineControl,
  type Readiness,
  type RunRequest,
  writeDesk,
} from '../engine/index.ts';
import type { Flow, TraceEntry } from '../flow/index.ts';
import { type Clock, Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { CANARY } from './hospital.fixture.ts';
import { replaysFixture } from './replays.fixture.ts';

const admissions: Flow = {
  name: 'admissions-to-care-app',
  about: 'Tells the care application of every admission.',
  sites: 'all',
  order: 'patient',
  trigger: { kind: 'hl7', type: 'ADT^A0*' },
  steps: [
    { id: 'inpatient', kind: 'filter', that: { path: 'hl7:PV1-2', equals: 'I' } },
    { id: 'contact', kind: 'map', fields: { name: 'event.patient.name[0].family', mrn: 'hl7:PID-3.1' } },
    { id: 'notify', kind: 'send', connection: 'care-app', do: 'send', args: { body: 'contact' } },
  ],
  giveUpAfter: 86_400_000,
};
const reminders: Flow = {
  name: 'appointment-reminder',
  about: 'Keeps the reminder list of the outpatient clinic.',
  sites: ['mercy'],
  order: 'patient',
  trigger: { kind: 'event', resource: 'Appointment', changes: ['created', 'updated'] },
  steps: [
    {
      id: 'patient',
      kind: 'find',
      connection: 'epic',
      do: 'patient.read',
      args: { id: 'event.participant[0].actor.reference' },
    },
    {
      id: 'remind',
      kind: 'create',
      connection: 'care-app',
      do: 'reminder.create',
      args: { at: 'event.start' },
    },
  ],
  giveUpAfter: 86_400_000,
};

export const connections: readonly ConnectionState[] = [
  {
    site: 'mercy',
    connection: 'adt-in',
    connector: 'mllp',
    roles: ['in'],
    address: '127.0.0.1:6661',
    state: 'running',
    text: null,
  },
  {
    site: 'mercy',
    connection: 'epic',
    connector: 'epic',
    roles: ['learn', 'out'],
    address: null,
    state: 'running',
    text: null,
  },
  {
    site: 'mercy',
    connection: 'care-app',
    connector: 'webhook',
    roles: ['out'],
    address: null,
    state: 'failing',
    text: 'Refused 3 of 10 calls since 10:02 with 422. Look at the dead letters of admissions-to-care-app first.',
  },
  {
    site: 'mercy',
    connection: 'scheduling-in',
    connector: 'mllp',
    roles: ['in'],
    address: '127.0.0.1:6662',
    state: 'paused',
    text: 'Paused by an operator at 09:40. Resume it when the clinic has confirmed.',
  },
  {
    site: 'lakeside',
    connection: 'adt-in',
    connector: 'mllp',
    roles: ['in'],
    address: '127.0.0.1:6663',
    state: 'running',
    text: null,
  },
  {
    site: 'lakeside',
    connection: 'lab-hook',
    connector: 'webhook',
    roles: ['in'],
    address: null,
    state: 'running',
    text: null,
  },
];

export interface EngineFixture extends EngineControl {
  change(change: Change): void;
  ready: Readiness;
  /** Every request that a hook was given. */
  readonly hooked: { site: string; connection: string; path: string; body: string; method: string }[];
  readonly resumed: { site: string; connection: string; who: string; reason: string }[];
  readonly replayed: { deliveryIds: readonly string[]; fromStep?: string; who: string; reason: string }[];
  readonly released: { deliveryIds: readonly string[]; to: string; who: string; reason: string }[];
  readonly runs: RunRequest[];
}

export function createEngineFixture(store: Store, clock: Clock): EngineFixture {
  const listeners = new Set<(change: Change) => void>();
  const fixture: EngineFixture = {
    store,
    flows: [
      { flow: admissions, version: 'v1' },
      { flow: reminders, version: 'v8' },
    ],
    startedAt: clock.now() - 3_600_000,
    ...writeDesk({
      store,
      clock,
      keyedHash: (...parts) => JSON.stringify(parts),
      nudge: () => fixture.change({ messages: false, deliveries: true, health: false }),
    }),
    runs: [],
    async run(request) {
      fixture.runs.push(request);
      return { messageId: '1', deliveryId: '11' };
    },
    async dryRun(request) {
      fixture.runs.push(request);
      return [{ step: 'notify', kind: 'would', connection: 'care-app', do: 'send', args: { body: CANARY } }];
    },
    connections: () => connections,
    ready: {
      ready: true,
      checks: [{ name: 'store', ok: true, text: 'writes are committed' }],
      notices: ['mercy / care-app: fails since 2026-01-31T12:00:00.000Z (WEBHOOK_UNREACHABLE)'],
    },
    cursors: async () => [],
    rewind: async ({ site, resource }) => ({
      site,
      resource,
      method: 'poll',
      connection: 'epic',
      phase: 'live',
      since: null,
      position: 'nothing yet',
      movedAt: null,
    }),
    service: () => [
      {
        ...{ site: 'mercy', flow: 'admissions', promise: 'silence', state: 'broken', code: 'FLOW_SILENT' },
        ...{ since: clock.now() - 3 * 3_600_000, lastAt: clock.now() - 3 * 3_600_000 },
        text: 'no ADT^A0* for the flow "admissions" has come since 2026-01-31 09:00 UTC, longer than 2h',
        fix: 'Look at the connection adt-in ("suture connections"), then ask the site whether it still sends.',
      },
      {
        ...{ site: 'mercy', flow: 'reminders', promise: 'end to end', state: 'kept', code: null },
        ...{ since: null, lastAt: null, fix: null },
        text: 'deliveries are done in the time that it promises',
      },
    ],
    readiness: () => fixture.ready,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change(change) {
      for (const listener of listeners) listener(change);
    },
    async test() {
      return [
        { check: 'route', ok: true, text: 'The host answers.' },
        {
          check: 'sign-in',
          ok: false,
          text: 'The key is not accepted.',
          failure: new Failure({
            code: 'EPIC_KEY',
            kind: 'auth',
            message: 'The key is not accepted.',
            fix: 'Register the key at the app.',
            detail: `${CANARY}-TEST-DETAIL`,
          }),
        },
      ];
    },
    resumed: [],
    async resume(request) {
      fixture.resumed.push(request);
      return request.connection === 'care-app';
    },
    stuckLanes: (query) => store.stuckLanes(query),
    hooked: [],
    async http(site, connection, request) {
      if (!connections.some((one) => one.site === site && one.connection === connection)) return null;
      fixture.hooked.push({
        site,
        connection,
        path: request.path,
        method: request.method,
        body: Buffer.from(request.body).toString('utf8'),
      });
      return { status: 202, headers: { 'content-type': 'application/json' }, body: '{"id":"1"}' };
    },
    jwks: async () => ({ keys: [{ kty: 'EC', crv: 'P-384', kid: 'k1', x: 'x', y: 'y' }] }),
    signIns: {
      list: async () => [],
      invite: async () => refuse('SIGN_IN_NOT_OFFERED'),
      invited: async () => refuse('SIGN_IN_INVITATION'),
      begin: async () => refuse('SIGN_IN_NOT_OFFERED'),
      beginLaunch: async () => refuse('SIGN_IN_ISSUER'),
      finish: async () => refuse('SIGN_IN_STATE'),
      disconnect: async () => refuse('SIGN_IN_NOT_OFFERED'),
    },
    signingKeys: { list: async () => [], rotate: async () => refuse('KEY_UNKNOWN') },
    patientKeys: (asked) =>
      typeof asked === 'string'
        ? [`key:${asked}`, `other:${asked}`]
        : [`person:${asked.family} ${asked.born}`],
    replayed: [],
    async replay(request) {
      fixture.replayed.push(request);
      const at = clock.now();
      const audit = {
        at,
        who: request.who,
        act: 'delivery.replay',
        on: request.deliveryIds.join(' '),
        facts: { reason: request.reason },
      };
      return store.replay({
        deliveryIds: request.deliveryIds,
        versions: { [admissions.name]: 'v1', [reminders.name]: 'v8' },
        at,
        audit,
      });
    },
    replays: replaysFixture(store, clock),
    capabilities: {
      sites: () => [],
      of: () => null,
      probe: () => Promise.reject(new Error('nothing to ask')),
      tryWrites: () => Promise.reject(new Error('nothing to try')),
    },
    shapes: () => Promise.resolve(null),
    cds: {
      services: () => [],
      call: async () => ({ status: 200, body: { cards: [] } }),
      feedback: async () => ({ status: 200, body: {} }),
    },
    released: [],
    async release(request) {
      fixture.released.push(request);
      const at = clock.now();
      const audit = {
        at,
        who: request.who,
        act: 'delivery.release',
        on: request.deliveryIds.join(' '),
        facts: { reason: request.reason },
      };
      return store.release({ deliveryIds: request.deliveryIds, to: request.to, at, audit });
    },
    gaps: () => Promise.resolve([]),
    resumeMapped: () => Promise.resolve(0),
    codeFile: async (site, map) => ({ file: `sites/${site}/maps/${map}.csv`, head: null, known: true }),
    ...approvalDesk({ store, clock, answered: () => undefined }),
    async trace(deliveryId) {
      const history = await store.history(deliveryId);
      if (!history) return null;
      const running = fixture.flows.find(({ flow }) => flow.name === history.delivery.flow);
      const outputs = new Map(history.steps.map(({ step, output }) => [step, output]));
      const entries = (running?.flow.steps ?? []).map((step): TraceEntry => {
        const failed =
          history.delivery.failure !== null &&
          history.delivery.failure.at.step === step.id &&
          !outputs.has(step.id);
        return {
          step: step.id,
          kind: step.kind,
          state:
            history.delivery.state === 'filtered'
              ? step.kind === 'filter'
                ? 'filtered'
                : 'skipped'
              : failed
                ? 'failed'
                : 'done',
          ...('connection' in step ? { connection: step.connection, do: step.do } : {}),
          input: { name: `${CANARY}-INPUT`, mrn: `${CANARY}-MRN-IN` },
          ...(outputs.has(step.id) ? { output: outputs.get(step.id) } : {}),
        };
      });
      return { entries, sameVersion: running?.version === history.delivery.flowVersion };
    },
    necessary: async (site) =>
      [{ site: 'riverside', rule: null, since: 0, counts: [] }].filter(
        (one) => (site ?? one.site) === one.site,
      ),
    async fhirView(messageId) {
      const found = await store.message(messageId);
      if (found?.message.format !== 'hl7' || found.message.state === 'rejected') return null;
      return {
        patient: {
          resourceType: 'Patient',
          identifier: [{ value: `${CANARY}-MRN-FHIR` }],
          name: [{ family: `${CANARY}-FAMILY`, given: ['Ada'] }],
          gender: 'female',
          birthDate: '1961-04-12',
        },
        encounter: { resourceType: 'Encounter', status: 'in-progress', class: { code: 'IMP' } },
      };
    },
  };
  return fixture;
}

function refuse(code: string): never {
  throw new Failure({ code, kind: 'config', message: 'Not here.', fix: 'Look elsewhere.' });
}
