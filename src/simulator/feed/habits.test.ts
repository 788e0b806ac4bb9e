import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createSimulator,
  type FeedOptions,
  type Habits,
  type Happening,
  type KindName,
  oldHabits,
  type Simulator,
  type SimulatorOptions,
} from '../index.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';

const now = Date.UTC(2026, 4, 12, 15);
let receiver: Receiver;
let hospital: Simulator;
const everything: FeedOptions['kinds'] = ['ADT', 'SIU', 'ORU', 'MDM'];

async function open(habits: Partial<Habits> = {}, more: SimulatorOptions = {}): Promise<void> {
  hospital = await createSimulator({
    now,
    eventsPerMinute: 0,
    habits,
    feeds: [{ name: 'all', port: receiver.port, kinds: everything }],
    ...more,
  });
}
beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  await hospital.close();
  await receiver.close();
});

/** What went out about one event. */
async function about(kind: KindName, event: { patient?: string; csn?: string; other?: string } = {}) {
  const before = receiver.messages.length;
  const happening = hospital.happen({ kind, ...event });
  await hospital.settled();
  return { happening, messages: receiver.messages.slice(before) };
}
const triggers = (messages: readonly string[]) =>
  messages.map((message) => fieldsOf(message, 'MSH')[9]?.split('^').slice(0, 2).join('^'));
const lines = (message: string, name: string) =>
  message.split('\r').filter((line) => line.startsWith(`${name}|`));

test('a transfer tells where the patient is and where they were', async () => {
  await open();
  const { happening } = await about('admit');
  const [before] = receiver.messages.map((message) => fieldsOf(message, 'PV1')[3]);
  const { messages } = await about('transfer', { patient: happening.mrn });
  const pv1 = fieldsOf(messages[0] as string, 'PV1');
  expect(triggers(messages)).toEqual(['ADT^A02']);
  expect(pv1[6]).toBe(before);
  expect(pv1[3]).not.toBe(before);
  expect(pv1[19]).toBe(happening.csn);
});

test('a merge names the chart that ended, an unlink both', async () => {
  await open();
  const [one, other] = hospital.patients();
  const merge = await about('merge', { patient: one?.mrn as string, other: other?.mrn as string });
  expect(triggers(merge.messages)).toEqual(['ADT^A40']);
  const [message] = merge.messages as [string];
  expect(fieldsOf(message, 'MSH')[9]).toBe('ADT^A40^ADT_A39');
  expect(fieldsOf(message, 'PID')[3]).toContain(`${one?.mrn}^^^EPI^MR`);
  expect(fieldsOf(message, 'MRG')[1]).toMatch(
    new RegExp(`^${other?.mrn}\\^\\^\\^EPI\\^MR~${other?.externalId}\\^`),
  );
  expect(merge.happening).toMatchObject({ otherMrn: other?.mrn, otherPatientId: other?.id });
  const unlink = await about('unlink');
  expect(triggers(unlink.messages)).toEqual(['ADT^A37']);
  expect(lines(unlink.messages[0] as string, 'PID').map((line) => line.split('|')[3]?.split('^')[0])).toEqual(
    [one?.mrn, other?.mrn],
  );
});

test('a result carries its order, its rows and its ranges; a correction says that it is one', async () => {
  await open();
  const { happening, messages: none } = await about('order');
  expect(none).toEqual([]);
  const { messages } = await about('result', { patient: happening.mrn });
  const [message] = messages as [string];
  expect(triggers(messages)).toEqual(['ORU^R01']);
  expect(
    message
      .split('\r')
      .map((line) => line.slice(0, 3))
      .filter((name) => name !== 'OBX'),
  ).toEqual(['MSH', 'PID', 'ZPD', 'PV1', 'ORC', 'OBR', '']);
  expect(fieldsOf(message, 'OBR')[2]).toBe(fieldsOf(message, 'ORC')[2]);
  for (const line of lines(message, 'OBX')) {
    const [, , type, code = '', , value = '', unit, range, , , , status] = line.split('|');
    expect([type, status]).toEqual(['NM', 'F']);
    expect(code).toMatch(/^\d+\^[^^]+\^LAB\^[\d-]+\^[^^]+\^LN$/);
    expect(value).toMatch(/^\d+(\.\d+)?$/);
    expect(unit).not.toBe('');
    expect(range).toMatch(/^[\d.]+-[\d.]+$/);
  }
  const corrected = await about('correct', { patient: happening.mrn });
  expect(fieldsOf(corrected.messages[0] as string, 'OBX')[11]).toBe('C');
  expect(fieldsOf(corrected.messages[0] as string, 'OBR')[25]).toBe('C');
});

test('vital signs go out as two rows of pressure, as one text, or not at all', async () => {
  await open();
  const pressures = (message: string) =>
    lines(message, 'OBX').filter((line) => /8480-6|8462-4|85354-9/.test(line));
  const { messages } = await about('vitals');
  expect(pressures(messages[0] as string).map((line) => line.split('|')[2])).toEqual(['NM', 'NM']);
  await hospital.close();
  await open({ bloodPressure: 'one text' });
  const text = pressures((await about('vitals')).messages[0] as string);
  expect(text.map((line) => line.split('|').slice(2, 6).filter(Boolean))).toMatchObject([
    ['ST', expect.stringContaining('85354-9'), expect.any(String), expect.stringMatching(/^\d+\/\d+$/)],
  ]);
  await hospital.close();
  await open({ flowsheets: false });
  const silent = await about('vitals');
  expect([silent.messages, silent.happening.message, silent.happening.announced]).toEqual([[], '', []]);
});

test('a draft, its signature, what is added and what is taken back', async () => {
  await open();
  const drafts = async (): Promise<{ happening: Happening; messages: string[] }> => {
    for (;;) {
      const made = await about('note');
      if (fieldsOf(made.messages[0] as string, 'TXA')[17] === 'IP') return made;
    }
  };
  const { happening, messages } = await drafts();
  const number = fieldsOf(messages[0] as string, 'TXA')[12];
  expect(triggers(messages)).toEqual(['MDM^T02']);
  expect(lines(messages[0] as string, 'OBX').every((line) => line.split('|')[11] === 'P')).toBe(true);
  const seen = new Set<string>();
  for (let turn = 0; turn < 200 && seen.size < 2; turn += 1) {
    const each = await about('addend', { patient: happening.mrn });
    const [message] = each.messages as [string];
    if (fieldsOf(message, 'TXA')[12] !== number) continue;
    seen.add(triggers(each.messages)[0] as string);
    expect(fieldsOf(message, 'TXA')[17]).toBe('AU');
    if (triggers(each.messages)[0] === 'MDM^T08') expect(message).toContain('ADDENDUM 2026');
  }
  expect([...seen]).toEqual(['MDM^T04', 'MDM^T08']);
  const withdrawn = await about('withdraw', { patient: happening.mrn });
  expect(triggers(withdrawn.messages)).toEqual(['MDM^T11']);
  expect(lines(withdrawn.messages[0] as string, 'OBX')).toEqual([]);
});

test('a site with an old interface writes everything in its own way', async () => {
  await open(oldHabits);
  const out = hospital
    .patients()
    .find(({ id }) => !hospital.visits().some(({ patientId, endedAt }) => patientId === id && !endedAt));
  const { happening, messages } = await about('admit', { patient: out?.mrn as string });
  const [message] = messages as [string];
  expect(fieldsOf(message, 'MSH').slice(9, 13)).toEqual(['ADT^A01', happening.controlId, 'P', '2.3']);
  const pid = fieldsOf(message, 'PID');
  expect(pid[2]).toBe(out?.mrn);
  expect(pid[3]).toMatch(new RegExp(`^${out?.mrn}\\^\\^\\^MRN\\^MRN~E\\d+\\^\\^\\^EPIC\\^MRN$`));
  const pv1 = fieldsOf(message, 'PV1');
  expect([pv1[2], pv1[19], pid[18]]).toEqual(['I', `V${happening.csn}`, `V${happening.csn}`]);
  // ZPD stands after NTE here.
  expect(message.indexOf('\rZPD')).toBeGreaterThan(message.indexOf('\rNTE'));
  expect(message.split('\r')[2]).not.toMatch(/\|\|$/);
  expect(triggers((await about('update', { patient: out?.mrn as string })).messages)).toEqual(['ADT^A31']);
  expect(triggers((await about('vitals')).messages)).toEqual([]);
  expect(triggers((await about('merge')).messages).at(-1)).toBe('ADT^A18');
  // The end of the day sends the same discharge again under another mnemonic.
  const discharged = await about('discharge', { patient: out?.mrn as string });
  expect(triggers(discharged.messages)).toEqual(['ADT^A03', 'ADT^A03']);
  expect(discharged.messages.map((each) => fieldsOf(each, 'EVN')[4])).toEqual([
    'ADT_EVENT',
    'APPT_EOD_COMPLETE',
  ]);
  expect(discharged.happening.announced).toHaveLength(2);
  expect(fieldsOf((await about('book')).messages[0] as string, 'MSH')[3]).toBe('SCHED');
});

test('a change of demographics may fan out to every visit of interest', async () => {
  await open({ visitFanOut: true, mnemonics: { A08: 'SITE_EVENT' } });
  const visit = hospital.visits().find(({ endedAt }) => !endedAt);
  const { messages } = await about('update', { patient: visit?.patientId as string });
  expect(new Set(triggers(messages))).toEqual(new Set(['ADT^A08']));
  expect(messages.length).toBeGreaterThanOrEqual(2);
  expect(messages.slice(1).map((message) => fieldsOf(message, 'PV1')[19])).toContain(visit?.csn);
  expect(fieldsOf(messages[0] as string, 'EVN')[4]).toBe('SITE_EVENT');
});

test('a site sends what its list says, with segments and rows of its own', async () => {
  await open({
    triggers: ['ADT^A01', 'SIU'],
    siteItems: true,
    furtherSegments: ['ZDK|1|x'],
    accountIs: 'empty',
  });
  const { messages } = await about('admit');
  const [message] = messages as [string];
  expect(lines(message, 'OBX')).toHaveLength(2);
  expect(message.endsWith('\rZDK|1|x\r')).toBe(true);
  expect(fieldsOf(message, 'PID')[18]).toBe('');
  expect((await about('discharge')).messages).toEqual([]);
  expect(triggers((await about('book')).messages)).toEqual(['SIU^S12']);
});

test('one interface may differ from the others of its site', async () => {
  const old = await Receiver.open();
  await open(
    {},
    {
      feeds: [
        { name: 'new', port: receiver.port, kinds: ['ADT'] },
        { name: 'old', port: old.port, kinds: ['ADT'], habits: { version: '2.3', demographics: 'A31' } },
      ],
    },
  );
  const { happening } = await about('update');
  expect(triggers(receiver.messages)).toEqual(['ADT^A08']);
  expect(triggers(old.messages)).toEqual(['ADT^A31']);
  expect(fieldsOf(old.messages[0] as string, 'MSH')[12]).toBe('2.3');
  expect(happening.announced).toMatchObject([
    { message: 'ADT^A08', feeds: ['new'] },
    { message: 'ADT^A31', feeds: ['old'] },
  ]);
  expect(happening.feeds).toEqual(['new', 'old']);
  await old.close();
});
