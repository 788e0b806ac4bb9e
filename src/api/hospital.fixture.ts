/**
 * A hospital's synthetic messages, put into a real store in every state. Every patient value begins with
 * `CANARY`, so that a test can prove where none of them appears.
 */
import type { StepRecord } from '../message/index.ts';
import type { Clock, FailureRecord } from '../std/index.ts';
import type { Leased, NewMessage, Settlement, Store } from '../store/index.ts';

export const CANARY = 'CANARY';
/** What a careless page would run. */
export const HOSTILE = '<img src=x onerror=alert(1)>';

/** HL7's time of a moment, UTC. */
const hl7Time = (at: number): string => new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14);

export function adt(options: {
  event: string;
  controlId: string;
  mrn: string;
  family: string;
  at: number;
  patientClass?: string;
}): Uint8Array {
  const { event, controlId, mrn, family, at } = options;
  const time = hl7Time(at);
  return Buffer.from(
    [
      `MSH|^~\\&|EPICADT|MERCY|SUTURE|CARE|${time}||ADT^${event}^ADT_A01|${controlId}|P|2.5.1|||AL|NE||UNICODE UTF-8`,
      `EVN|${event}|${time}`,
      `PID|1||${mrn}^^^MERCY^MR~${CANARY}-SSN-1^^^SSA^SS||${family}^${CANARY}-GIVEN^Q||19610412|F|||${CANARY} Street 1^^Springfield^IL^62701^USA||(217)555-0143`,
      `NK1|1|${family}^${CANARY}-KIN|SPO^Spouse`,
      `PV1|1|${options.patientClass ?? 'I'}|4W^412^A^MERCY||||1003^${CANARY}-DOCTOR^Amelia|||MED||||7|||1003^${CANARY}-DOCTOR^Amelia|INP|${CANARY}-CSN-${controlId}|||||||||||||||||||||||||${time}`,
      `OBX|1|ST|8302-2^Body height^LN||172|cm|||||F`,
      `ZPD|1|${CANARY}-SITE-DEFINED`,
      '',
    ].join('\r'),
    'utf8',
  );
}

export function appointment(id: string, at: number): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      resourceType: 'Appointment',
      id,
      status: 'booked',
      start: new Date(at + 86_400_000).toISOString(),
      description: `${CANARY} knee, follow-up`,
      participant: [
        { actor: { reference: 'Patient/p1', display: `${CANARY}-FAMILY, Ada` }, status: 'accepted' },
      ],
    }),
  );
}

const refused: FailureRecord = {
  code: 'WEBHOOK_REFUSED',
  kind: 'validation',
  message: 'The care application refused the content with 422.',
  fix: 'Compare the body of step notify with what the application expects; a required field is usually missing.',
  at: { site: 'mercy', connection: 'care-app', flow: 'admissions-to-care-app', step: 'notify' },
  retry: { again: false },
};
const lost: FailureRecord = {
  code: 'WEBHOOK_NO_REPLY',
  kind: 'unknown-outcome',
  message: 'The connection ended after the request was sent; whether it arrived is not known.',
  fix: 'Ask the care application whether it has this admission, then release or give up.',
  at: { site: 'mercy', connection: 'care-app', flow: 'admissions-to-care-app', step: 'notify' },
  retry: { again: true },
};
const unreachable: FailureRecord = {
  code: 'WEBHOOK_UNREACHABLE',
  kind: 'unreachable',
  message: 'Nothing listens at the address of care-app.',
  fix: 'See whether the care application runs; Suture tries again by itself.',
  at: { site: 'mercy', connection: 'care-app', flow: 'admissions-to-care-app', step: 'notify' },
  retry: { again: true },
};

/** What the deliveries of a hospital look like after a working hour: most sent, and one of everything else. */
export async function seedHospital(
  store: Store,
  clock: Clock,
  options: { messages?: number } = {},
): Promise<void> {
  const now = clock.now();
  const count = options.messages ?? 12;
  const base = (
    at: number,
  ): Pick<NewMessage, 'door' | 'format' | 'receivedAt' | 'state' | 'reason' | 'flags'> => ({
    door: 'feed',
    format: 'hl7',
    receivedAt: at,
    state: 'accepted',
    reason: null,
    flags: [],
  });
  const one = async (site: string, connection: string, message: NewMessage): Promise<void> => {
    await store.append({ site, connection, messages: [message] });
  };
  for (let index = 0; index < count; index += 1) {
    const at = now - Math.round(((count - index) * 55 * 60_000) / count);
    const event = (['A01', 'A08', 'A03', 'A01', 'A04'] as const)[index % 5] as string;
    const family = index === count - 2 ? HOSTILE : `${CANARY}-FAMILY-${index}`;
    const bytes = adt({ event, controlId: `MERCY${100 + index}`, mrn: `${CANARY}-MRN-${index}`, family, at });
    await one('mercy', 'adt-in', {
      ...base(at),
      type: `ADT^${event}`,
      controlId: `MERCY${100 + index}`,
      flags: index === 3 ? ['control-id-reused'] : [],
      bytes,
      patients: [`key:${CANARY}-MRN-${index}`],
      deliveries: [{ flow: 'admissions-to-care-app', flowVersion: 'v1', lanes: [`lane-${index}`] }],
    });
  }
  await one('mercy', 'adt-in', {
    ...base(now - 70_000),
    type: 'ORU^R01',
    controlId: 'MERCY900',
    bytes: adt({
      event: 'R01',
      controlId: 'MERCY900',
      mrn: `${CANARY}-MRN-900`,
      family: `${CANARY}-F`,
      at: now - 70_000,
    }),
    patients: [],
    deliveries: [],
  });
  await one('lakeside', 'adt-in', {
    ...base(now - 50 * 60_000),
    type: '',
    controlId: null,
    state: 'rejected',
    reason: 'It has no usable MSH segment.',
    bytes: Buffer.from(`${CANARY} free text that is no message\rSMI|${CANARY}-LINE`),
    patients: [],
    deliveries: [],
  });
  await one('mercy', 'epic', {
    ...base(now - 4 * 60_000),
    door: 'poll',
    format: 'fhir',
    type: 'Appointment',
    controlId: 'Appointment/a1',
    bytes: appointment('a1', now),
    patients: [`key:${CANARY}-MRN-1`],
    deliveries: [{ flow: 'appointment-reminder', flowVersion: 'v7', lanes: ['lane-a1'] }],
  });
  await store.countNoise([{ site: 'mercy', connection: 'adt-in', kind: 'garbage', count: 2, bytes: 14 }]);

  // Leases come by due time; the appointment, which is older than the last admissions, ends the list.
  const leased = [...(await store.lease({ now, limit: 1000 }))].sort(
    (a, b) => a.delivery.flow.localeCompare(b.delivery.flow) || a.message.receivedAt - b.message.receivedAt,
  );
  for (const [index, lease] of leased.entries())
    await store.settle(settlementOf(index, leased.length, lease, now));
}

function settlementOf(index: number, of: number, lease: Leased, now: number): Settlement {
  const steps: StepRecord[] = [
    {
      step: 'contact',
      startedAt: lease.message.receivedAt + 12,
      ms: 1,
      output: { name: `${CANARY}-OUTPUT`, mrn: `${CANARY}-MRN-OUT` },
    },
  ];
  const common = {
    deliveryId: lease.delivery.id,
    epoch: lease.epoch,
    at: lease.message.receivedAt + 240,
    ms: 228,
    steps,
  };
  const detail = `{"error":"${CANARY}-DETAIL: birth date of ${CANARY}-FAMILY is missing"}`;
  if (index === of - 2) return { ...common, to: 'dead', failure: refused, detail };
  if (index === of - 3)
    return { ...common, to: 'held', reason: 'unknown outcome', step: 'notify', failure: lost, detail: null };
  if (index === of - 4)
    return { ...common, to: 'waiting', dueAt: now + 90_000, failure: unreachable, detail: null };
  if (index % 5 === 2) return { ...common, steps: [], to: 'filtered', step: 'inpatient' };
  const sent: StepRecord = {
    step: 'notify',
    startedAt: lease.message.receivedAt + 20,
    ms: 210,
    output: { status: 202, body: { id: `${CANARY}-REPLY` } },
  };
  return { ...common, steps: [...steps, sent], to: 'delivered' };
}
