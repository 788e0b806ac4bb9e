import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createSimulator,
  type PatientTruth,
  type ReceiverOptions,
  type ResourceTruth,
  type Simulator,
} from '../index.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';
import { Sender } from '../testing/sender.ts';

// 2026-05-12 is a Tuesday; 15:00 UTC is 10:00 in Chicago.
const now = Date.UTC(2026, 4, 12, 15);
let hospital: Simulator;
let sender: Sender;
let listener: Receiver;
let lastId = 0;

async function open(receiver: Partial<ReceiverOptions> = {}): Promise<void> {
  listener = await Receiver.open();
  hospital = await createSimulator({
    patients: 30,
    now,
    eventsPerMinute: 0,
    feeds: [{ name: 'all', port: listener.port, kinds: ['ADT', 'SIU', 'ORU', 'MDM'] }],
    receiver: { port: 0, ...receiver },
  });
  sender = await Sender.open(hospital.receiver?.port as number);
}
async function close(): Promise<void> {
  await sender.close();
  await hospital.close();
  await listener.close();
}
beforeEach(() => open());
afterEach(close);

function msh(type: string, id = `C${++lastId}`): string {
  return `MSH|^~\\&|CAREAPP|CLINIC|EPIC|LGH|20260512100000||${type}|${id}|T|2.5.1`;
}
function pid(patient: PatientTruth): string {
  const name = `${patient.family.replace('&', '\\T\\')}^${patient.given}`.toUpperCase();
  return `PID|1||${patient.mrn}^^^EPI^MR||${name}||${patient.birthDate.replaceAll('-', '')}|${patient.gender === 'male' ? 'M' : 'F'}`;
}
function sch(placer: string, start: string, csn = ''): string {
  return `SCH|${placer}|${csn}||||^Rain|||30|MIN|^^30^${start}`;
}
const truth = (type: ResourceTruth['type'], patient: string) => hospital.truth({ type, patient });
const inside = () =>
  new Set(
    hospital
      .visits()
      .filter(({ endedAt }) => !endedAt)
      .map((each) => each.patientId),
  );
function someoneOut(index = 0): PatientTruth {
  return hospital.patients().filter(({ id }) => !inside().has(id))[index] as PatientTruth;
}

describe('scheduling', () => {
  test('an appointment is booked by S12, moved, changed and cancelled; the feed tells of each', async () => {
    const patient = someoneOut();
    const booked = await sender.send(
      msh('SIU^S12^SIU_S12', 'B1'),
      sch('APP-77', '20260520093000'),
      'NTE|1||wheelchair \\T\\ oxygen',
      pid(patient),
      'RGS|1|A',
      'AIS|1|A|1016^New Patient',
      `AIP|1|A|${npiOfSomeone()}^X^Y`,
    );
    expect(booked).toMatchObject({ code: 'AA', controlId: 'B1' });
    const [made] = truth('Appointment', patient.id).filter(({ log }) => log.length > 0);
    expect(made?.state).toMatchObject({
      status: 'booked',
      start: '2026-05-20T14:30:00.000Z',
      visitType: '1016',
      note: 'wheelchair & oxygen',
      provider: npiOfSomeone(),
    });
    expect(made?.log).toMatchObject([{ via: 'hl7', kind: 'appointment-booked', user: 'INTERCON' }]);

    // By their number, and by ours.
    await sender.send(msh('SIU^S13'), sch('APP-77', '20260521100000'), pid(patient));
    await sender.send(msh('SIU^S14'), sch('', '20260521100000', made?.key), pid(patient), 'AIS|1|U|1023');
    await sender.send(msh('SIU^S15'), sch('', '', `V${made?.key}`), pid(patient));
    const [after] = truth('Appointment', patient.id).filter(({ log }) => log.length > 0);
    expect(after?.state).toMatchObject({
      status: 'cancelled',
      start: '2026-05-21T15:00:00.000Z',
      visitType: '1023',
      reason: 'Rain',
    });
    await hospital.settled();
    expect(listener.messages.map((message) => fieldsOf(message, 'MSH')[9]?.split('^')[1])).toEqual([
      'S12',
      'S13',
      'S14',
      'S15',
    ]);
    // The feed carries their number beside ours, so that the sender learns which appointment became of its message.
    expect(fieldsOf(listener.messages[0] as string, 'SCH').slice(1, 3)).toEqual(['APP-77', made?.key]);
  });

  test('what it cannot book it refuses, and nothing is changed', async () => {
    const patient = someoneOut();
    const refused: [string, string[]][] = [
      ['NO-PATIENT-FOUND', [sch('A', '20260520093000'), 'PID|1||NOBODY^^^EPI^MR']],
      ['cannot be read', [sch('A', 'tomorrow'), pid(patient)]],
      ['no visit type', [sch('A', '20260520093000'), pid(patient), 'AIS|1|A|9999']],
      ['AIP-3', [sch('A', '20260520093000'), pid(patient), 'AIP|1|A|NOBODY']],
      ['no PID', [sch('A', '20260520093000')]],
      ['no SCH', [pid(patient)]],
    ];
    for (const [reason, lines] of refused) {
      const answer = await sender.send(msh('SIU^S12'), ...lines);
      expect([answer?.code, answer?.text]).toEqual(['AE', expect.stringContaining(reason)]);
      expect(answer?.raw).toMatch(/\rERR\|/);
    }
    expect(await sender.send(msh('SIU^S15'), sch('NONE', ''), pid(patient))).toMatchObject({ code: 'AE' });
    expect(await sender.send(msh('SIU^S99'), sch('NONE', ''), pid(patient))).toMatchObject({ code: 'AE' });
    expect(await sender.send(msh('DFT^P03'), pid(patient))).toMatchObject({ code: 'AR' });
    expect(hospital.changes()).toEqual([]);
  });

  test('the same booking again is refused, or makes a second one, as the site is set up', async () => {
    const patient = someoneOut();
    const lines = [sch('APP-1', '20260520093000'), pid(patient)];
    expect(await sender.send(msh('SIU^S12'), ...lines)).toMatchObject({ code: 'AA' });
    expect(await sender.send(msh('SIU^S12'), ...lines)).toMatchObject({ code: 'AE' });
    const count = () => truth('Appointment', patient.id).filter(({ log }) => log.length > 0).length;
    expect(count()).toBe(1);
    if (hospital.receiver) {
      hospital.receiver.rules = { ...hospital.receiver.rules, repeated: 'file again' };
    }
    expect(await sender.send(msh('SIU^S12'), ...lines)).toMatchObject({ code: 'AA' });
    expect(count()).toBe(2);
  });
});

describe('nothing is written into the wrong chart', () => {
  test('a name or birth date that is not the chart’s is refused', async () => {
    const [one, other] = [someoneOut(0), someoneOut(1)];
    const wrong = pid(one).replace(one.mrn, other.mrn);
    const answer = await sender.send(msh('SIU^S12'), sch('A', '20260520093000'), wrong);
    expect(answer).toMatchObject({ code: 'AE' });
    expect(answer?.text).toMatch(/is not that of the chart/);
    const born = pid(one).replace(one.birthDate.replaceAll('-', ''), '19000101');
    expect(await sender.send(msh('SIU^S12'), sch('A', '20260520093000'), born)).toMatchObject({ code: 'AE' });
    expect(hospital.changes()).toEqual([]);
  });

  test('numbers that name two charts name nobody', async () => {
    const [one, other] = [someoneOut(0), someoneOut(1)];
    const both = pid(one).replace('^^^EPI^MR', `^^^EPI^MR~${other.externalId}^^^EXTERNAL^EXTID`);
    const answer = await sender.send(msh('SIU^S12'), sch('A', '20260520093000'), both);
    expect([answer?.code, answer?.text]).toEqual(['AE', expect.stringContaining('more than one')]);
  });

  test('two charts with one MRN, and twins, are told apart or refused', async () => {
    const one = someoneOut();
    const { family, birthDate, mrn } = one;
    const second = hospital.register({ family, given: 'Twin', birthDate, gender: 'female', mrn });
    const answer = await sender.send(msh('SIU^S12'), sch('A', '20260520093000'), pid(one));
    expect([answer?.code, answer?.text]).toEqual(['AE', expect.stringContaining('more than one')]);
    // With a number of its own each twin is reached, and never the other.
    const corrected = hospital.correct(second.id, { mrn: '990001' });
    for (const each of [one, corrected]) {
      const placer = `FOR-${each.mrn}`;
      expect(await sender.send(msh('SIU^S12'), sch(placer, '20260520093000'), pid(each))).toMatchObject({
        code: 'AA',
      });
      const booked = truth('Appointment', each.id).filter(({ log }) => log.length > 0);
      expect(booked).toHaveLength(1);
    }
  });

  test('the admin API registers and corrects people', async () => {
    const post = async (path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${hospital.adminUrl}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    const person = {
      family: 'Doe',
      given: 'Nell',
      birthDate: '1990-02-03',
      gender: 'female',
      ssn: '000000001',
    };
    const made = await post('/patients', person);
    expect(made).toMatchObject({ status: 200, body: { family: 'Doe', birthDate: '1990-02-03' } });
    expect(truth('Patient', '000000001').map(({ id }) => id)).toEqual([made.body.id]);
    const moved = await post(`/patients/${made.body.mrn}`, { street: '1 New St' });
    expect(moved.body).toMatchObject({ id: made.body.id, street: '1 New St' });
    for (const wrong of [{ ...person, birthDate: 'May' }, { ...person, gender: 'x' }, { family: 'Doe' }]) {
      expect((await post('/patients', wrong)).status).toBe(400);
    }
    expect((await post('/patients/nobody', { street: 'x' })).status).toBe(400);
    await hospital.settled();
    expect(listener.messages.map((message) => fieldsOf(message, 'MSH')[9]?.split('^')[1])).toEqual([
      'A28',
      'A08',
    ]);
    expect(fieldsOf(listener.messages[0] as string, 'PID')[3]).toContain('000000001^^^SSA^SS');
  });

  test('an appointment, a visit or a note of somebody else is left alone', async () => {
    const [one, other] = [someoneOut(0), someoneOut(1)];
    await sender.send(msh('SIU^S12'), sch('THEIRS', '20260520093000'), pid(one));
    const answer = await sender.send(msh('SIU^S15'), sch('THEIRS', ''), pid(other));
    expect([answer?.code, answer?.text]).toEqual(['AE', expect.stringContaining('another patient')]);
    expect(hospital.changes()).toHaveLength(1);
  });

  test('after a merge the old number leads to the chart that lives, and after the unlink back again', async () => {
    const [one, other] = [someoneOut(0), someoneOut(1)];
    const merge = [pid(one), `MRG|${other.mrn}^^^EPI^MR`];
    expect(await sender.send(msh('ADT^A40'), ...merge)).toMatchObject({ code: 'AA' });
    const oldNumber = pid(one).replace(one.mrn, other.mrn);
    await sender.send(msh('SIU^S12'), sch('A', '20260520093000'), oldNumber);
    const theirs = () =>
      truth('Appointment', one.id).filter(({ state }) => state.start === '2026-05-20T14:30:00.000Z');
    expect(theirs()).toHaveLength(1);
    hospital.happen({ kind: 'unlink', patient: one.id });
    const answer = await sender.send(msh('SIU^S12'), sch('B', '20260520093000'), oldNumber);
    expect(answer).toMatchObject({ code: 'AE' });
    expect(theirs()).toHaveLength(1);
  });
});

describe('people and visits', () => {
  test('someone unknown who arrives is registered and found by their number from then on', async () => {
    const person =
      'PID|1||X-1^^^CLINIC^PI||NEWCOMER^NELL^Q||19900203|F|||1 New St^^Larkfield^WI||^PRN^CP^^^608^5550123';
    const came = `PV1|1|E|||||||||||||||||V-9${'|'.repeat(25)}20260512093000`;
    const answer = await sender.send(msh('ADT^A04'), 'EVN|A04', person, came);
    expect(answer).toMatchObject({ code: 'AA' });
    const found = hospital.patients().find(({ family }) => family === 'NEWCOMER');
    expect(found).toMatchObject({
      given: 'NELL',
      birthDate: '1990-02-03',
      mobilePhone: '608-555-0123',
      city: 'Larkfield',
    });
    const [visit] = truth('Encounter', found?.id as string);
    // PV1-44: half an hour before it was told.
    const start = '2026-05-12T14:30:00.000Z';
    expect(visit?.state).toMatchObject({ kind: 'emergency', status: 'in-progress', start });
    // A03 names the visit by their number.
    const leaving = await sender.send(msh('ADT^A03'), 'EVN|A03', person, 'PV1|1|E|||||||||||||||||V-9');
    expect(leaving).toMatchObject({ code: 'AA' });
    expect(truth('Encounter', found?.id as string)[0]?.state.status).toBe('finished');
    await hospital.settled();
    expect(listener.messages.map((message) => fieldsOf(message, 'MSH')[9]?.split('^')[1])).toEqual([
      'A28',
      'A04',
      'A03',
    ]);
  });

  test('admitted, moved, and taken back; a visit that is another one is left alone', async () => {
    const patient = someoneOut();
    const pv1 = (place: string, number = '') => `PV1|1|I|${place}||||||||||||||||${number}`;
    await sender.send(msh('ADT^A01'), 'EVN|A01', pid(patient), pv1('ICU'));
    const [visit] = truth('Encounter', patient.id).filter(({ log }) => log.length > 0);
    expect(visit?.state).toMatchObject({ kind: 'inpatient', status: 'in-progress' });
    const before = visit?.state.bed;
    expect(await sender.send(msh('ADT^A02'), pid(patient), pv1('5SUR', visit?.key))).toMatchObject({
      code: 'AA',
    });
    expect(truth('Encounter', patient.id).at(-1)?.state.bed).not.toBe(before);
    expect(await sender.send(msh('ADT^A11'), pid(patient), pv1('', '1'))).toMatchObject({ code: 'AE' });
    expect(await sender.send(msh('ADT^A11'), pid(patient), pv1(''))).toMatchObject({ code: 'AA' });
    expect(truth('Encounter', patient.id).at(-1)?.state.status).toBe('cancelled');
    expect(await sender.send(msh('ADT^A03'), pid(patient), pv1(''))).toMatchObject({ code: 'AE' });
  });

  test('a blank field files nothing and two quotes delete', async () => {
    const patient = someoneOut();
    const blank = `PID|1||${patient.mrn}^^^EPI^MR||||||||`;
    expect(await sender.send(msh('ADT^A08'), blank)).toMatchObject({ code: 'AA' });
    expect(hospital.changes()).toEqual([]);
    await sender.send(msh('ADT^A08'), `${blank}""`);
    expect(hospital.patients().find(({ id }) => id === patient.id)?.street).toBe('');
  });
});

describe('results and documents', () => {
  test('readings are filed, answer their order, and are corrected', async () => {
    const happening = hospital.happen({ kind: 'order' });
    const patient = hospital.patients().find(({ id }) => id === happening.patientId) as PatientTruth;
    const order = truth('ServiceRequest', patient.id).findLast(({ log }) => log.length > 0);
    const obr = `OBR|1|${order?.key}|F1|80048^BMP|||20260512093000`;
    const potassium = (value: string, status = 'F') =>
      `OBX|1|NM|1520^K^LAB^2823-3^Potassium^LN||${value}|mmol/L|||||${status}`;
    expect(await sender.send(msh('ORU^R01'), pid(patient), obr, potassium('6.2'))).toMatchObject({
      code: 'AA',
    });
    const filed = () =>
      truth('Observation', patient.id).filter(({ log }) => log.some(({ via }) => via === 'hl7'));
    expect(filed().map(({ state }) => state)).toMatchObject([
      { code: '2823-3', value: 6.2, flag: 'H', order: order?.key, takenAt: '2026-05-12T14:30:00.000Z' },
    ]);
    await sender.send(msh('ORU^R01'), pid(patient), obr, potassium('4.1', 'C'));
    expect(filed().map(({ state }) => [state.value, state.status])).toEqual([[4.1, 'corrected']]);

    const vitals = [
      'OBR|1|||FLO^VITALS|||20260512094500',
      'OBX|1|NM|5^BP^LFLO^8480-6||141|mm[Hg]|||||F',
      'OBX|2|NM|5^BP^LFLO^8462-4||88|mm[Hg]|||||F',
    ];
    await sender.send(msh('ORU^R01'), pid(patient), ...vitals);
    expect(filed().at(-1)?.state).toMatchObject({ code: '85354-9', components: [141, 88] });
    const unknown = await sender.send(msh('ORU^R01'), pid(patient), obr, 'OBX|1|NM|99999-9^What^LN||1');
    expect([unknown?.code, unknown?.text]).toEqual(['AE', expect.stringContaining('40000')]);
    expect(filed()).toHaveLength(2);
  });

  test('a note is filed, added to and taken back', async () => {
    const patient = someoneOut();
    const txa = (id: string, parent = '') =>
      `TXA|1|1^Progress Notes|TX|20260512090000||||||||${id}|${parent}||||AU`;
    const obx = (text: string) => `OBX|1|TX|11506-3||${text}`;
    expect(await sender.send(msh('MDM^T02'), pid(patient), txa('D-1'), obx('one \\T\\ two'))).toMatchObject({
      code: 'AA',
    });
    const note = () => truth('DocumentReference', patient.id).find(({ log }) => log.length > 0);
    expect(note()?.state).toMatchObject({ text: 'one & two', status: 'final', code: '11506-3' });
    await sender.send(msh('MDM^T06'), pid(patient), txa('D-2', 'D-1'), obx('three'));
    expect(note()?.state).toMatchObject({ addenda: ['three'], status: 'amended' });
    await sender.send(msh('MDM^T11'), pid(patient), txa('D-1'));
    expect(note()?.state.status).toBe('entered-in-error');
    expect(await sender.send(msh('MDM^T06'), pid(someoneOut(1)), txa('D-3', 'D-1'), obx('x'))).toMatchObject({
      code: 'AE',
    });
  });
});

describe('acknowledgements', () => {
  const book = (id?: string) => [
    msh('SIU^S12', id),
    sch(`P${++lastId}`, '20260520093000'),
    pid(someoneOut()),
  ];
  const made = () => hospital.changes().length;

  test('AE and AR change nothing; no answer, another id, a closed and a cut connection hide what was done', async () => {
    const { receiver } = hospital;
    for (const answer of ['AE', 'AR', 'CE', 'CR'] as const) {
      receiver?.acknowledge({ answer });
      expect((await sender.send(...book()))?.code).toBe(answer);
    }
    expect(made()).toBe(0);
    receiver?.acknowledge({ answer: 'CA' });
    expect((await sender.send(...book()))?.code).toBe('CA');
    receiver?.acknowledge({ answer: 'other-id' });
    expect((await sender.send(...book('MINE')))?.controlId).toBe('MINE0');
    receiver?.acknowledge({ answer: 'none' });
    sender.write(...book('SILENT'));
    expect((await sender.send(...book('NEXT')))?.controlId).toBe('NEXT');
    expect(made()).toBe(4);

    receiver?.acknowledge({ answer: 'close' });
    expect(await sender.send(...book())).toBeUndefined();
    sender = await Sender.open(receiver?.port as number);
    receiver?.acknowledge({ answer: 'cut' });
    expect(await sender.send(...book())).toBeUndefined();
    expect(sender.rest).toContain('MSH');
    expect(made()).toBe(6);
    sender = await Sender.open(receiver?.port as number);
    expect((await sender.send(...book()))?.code).toBe('AA');
  });

  test('a late answer is still the answer, and what comes meanwhile waits its turn', async () => {
    hospital.receiver?.acknowledge({ answer: 'usual', delayMs: 60 });
    sender.write(...book('SLOW'));
    sender.write(...book('QUICK'));
    expect([(await sender.answer())?.controlId, (await sender.answer())?.controlId]).toEqual([
      'SLOW',
      'QUICK',
    ]);
  });

  test('a rule may be for one kind of message, for so many, and leave the message without effect', async () => {
    hospital.receiver?.acknowledge({ answer: 'AA', takesEffect: false, message: 'SIU^S12', count: 2 });
    const patient = someoneOut();
    await sender.send(msh('ADT^A08'), `${pid(patient)}|||9 Elsewhere St`);
    expect(made()).toBe(1);
    await sender.send(...book());
    await sender.send(...book());
    expect(made()).toBe(1);
    await sender.send(...book());
    expect(made()).toBe(2);
    expect(hospital.receiver?.received.newest(10).map(({ effect }) => effect !== '')).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('a site may be choosy about MSH-11 and MSH-12', async () => {
    await close();
    await open({ rules: { processing: ['P'], versions: ['2.3'] } });
    expect(await sender.send(...book())).toMatchObject({ code: 'AR' });
    const header = msh('SIU^S12').replace('|T|2.5.1', '|P|2.3');
    expect(await sender.send(header, sch('A', '20260520093000'), pid(someoneOut()))).toMatchObject({
      code: 'AA',
    });
  });

  test('the admin API sets all this, and lists what came', async () => {
    const post = (body: unknown) =>
      fetch(`${hospital.adminUrl}/hl7`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect(
      (await post({ acknowledge: { answer: 'AE', count: 1 }, rules: { registersUnknown: false } })).status,
    ).toBe(200);
    expect((await sender.send(...book('LISTED')))?.code).toBe('AE');
    const person = 'PID|1||X-1^^^CLINIC^PI||NEWCOMER^NELL||19900203|F';
    expect((await sender.send(msh('ADT^A28'), person))?.code).toBe('AE');
    const response = await fetch(`${hospital.adminUrl}/hl7/received`);
    expect(await response.json()).toMatchObject([
      { controlId: 'LISTED', answered: 'AE', effect: '', message: 'SIU^S12', sender: 'CAREAPP' },
      { message: 'ADT^A28', answered: 'AE', problem: expect.stringContaining('NO-PATIENT-FOUND') },
    ]);
    expect((await post({ acknowledge: { answer: 'perhaps' } })).status).toBe(400);
    expect((await post({ rules: { accepts: 'everything' } })).status).toBe(400);
  });
});

test('what is no message, or far too long, disturbs nobody else', async () => {
  sender.write('this is no HL7');
  expect((await sender.send(msh('SIU^S15'), sch('A', ''), pid(someoneOut())))?.code).toBe('AE');
  const other = await Sender.open(hospital.receiver?.port as number);
  other.write(`MSH|^~\\&|${'x'.repeat(17 * 2 ** 20)}`);
  expect((await sender.send(msh('SIU^S15'), sch('A', ''), pid(someoneOut())))?.code).toBe('AE');
  // The one who sent it is cut off.
  expect(await other.answer()).toBeUndefined();
  await other.close();
});

function npiOfSomeone(): string {
  const [first] = hospital.appointments();
  const found = hospital.truth({ type: 'Appointment' }).find(({ id }) => id === first?.id);
  return String(found?.state.provider);
}
