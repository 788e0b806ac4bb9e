/** The site and the flows of the simulated engine: real flows, each with another order and shape. */
import { appointment, type Flow, flow, hl7 } from '../../src/flow/index.ts';
import { type SiteRecord, siteSchema } from '../../src/site/index.ts';

export const SITE = 'north';
export const SENDERS = ['adt', 'lab'] as const;
/** Asked by polling. */
export const SOURCE = 'calendar';
export const RECEIVERS = ['crm', 'ehr', 'log'] as const;

export const siteRecord: SiteRecord = siteSchema.parse({
  site: SITE,
  name: 'North',
  environment: 'sandbox',
  ehr: { vendor: 'epic' },
  timeZone: 'UTC',
  identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: {
    ...Object.fromEntries(SENDERS.map((name) => [name, { connector: 'simulated-sender' }])),
    [SOURCE]: { connector: 'simulated-source' },
    ...Object.fromEntries(RECEIVERS.map((name) => [name, { connector: 'simulated-receiver' }])),
  },
  learn: { Appointment: { method: 'poll', from: SOURCE, every: '2s' } },
});

/** One send in the patient's order. */
const notify = flow('notify', { about: 'Passes every ADT on.', order: 'patient', giveUpAfter: '20d' })
  .on(hl7.message('ADT^*'))
  .send('post', { connection: 'crm', do: 'send', args: {} });

/** A find that may be ambiguous, then two effects: what is done once is not done again. */
const book = flow('book', { about: 'Finds, then writes twice.', order: 'patient', giveUpAfter: '20d' })
  .on(hl7.message('ADT^A0*'))
  .filter('ours', { path: 'hl7:ZSQ-1', in: ['adt', 'lab'] })
  .find('patient', { connection: 'ehr', do: 'patient.find', args: { number: 'hl7:PID-3.1' } })
  .send('write', { connection: 'ehr', do: 'send', args: { id: 'patient.id' } })
  .send('tell', { connection: 'crm', do: 'send', args: {} });

/** Everything of a connection in one line; A03 is filtered. */
const journal = flow('journal', { about: 'A journal.', order: 'connection', giveUpAfter: '20d' })
  .on(hl7.message('ADT^A*'))
  .filter('no-discharge', { not: { path: 'hl7:MSH-9.2', equals: 'A03' } })
  .send('write', { connection: 'log', do: 'send', args: {} });

/** What polling finds, in the patient's order. */
const diary = flow('diary', { about: 'Passes appointments on.', order: 'patient', giveUpAfter: '20d' })
  .on(appointment.changed())
  .send('post', { connection: 'crm', do: 'send', args: { id: 'event.id' } });

/** Sleeps out of its lane: until a time, or an A08 of the patient; a discharge ends it. */
const remind = flow('remind', { about: 'Sends somewhat later.', order: 'patient', giveUpAfter: '20d' })
  .on(hl7.message('ADT^A01'))
  .wait('later', { on: ['ADT^A08'], atMost: '30s', cancelOn: ['ADT^A03'] })
  .send('post', { connection: 'crm', do: 'send', args: {} });

/** Asks a person first. */
const ask = flow('ask', { about: 'Sends what a person approves.', order: 'patient', giveUpAfter: '20d' })
  .on(hl7.message('ADT^A31'))
  .approve('sure', { ask: 'Send it?', role: 'operator', deadline: '15s', whenLate: 'hold' })
  .send('post', { connection: 'ehr', do: 'send', args: {} });

export const FLOWS: readonly Flow[] = [notify, book, journal, diary, remind, ask];

/** What sleeps comes when its sleep is over, not in the order of its messages. */
export const SLEEPING: ReadonlySet<string> = new Set(['remind', 'ask']);

/** Steps that must have arrived once a delivery of the flow is delivered, and where. */
export const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  notify: ['post'],
  book: ['write', 'tell'],
  journal: ['write'],
  diary: ['post'],
  remind: ['post'],
  ask: ['post'],
};
