import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type FeedOptions, type Simulator, type SimulatorOptions } from '../index.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';

let receiver: Receiver;
let hospital: Simulator | undefined;

beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  await hospital?.close();
  await receiver.close();
});

async function open(feed: Partial<FeedOptions> = {}, more: SimulatorOptions = {}): Promise<Simulator> {
  hospital = await createSimulator({
    patients: 20,
    eventsPerMinute: 0,
    feeds: [
      {
        name: 'all',
        port: receiver.port,
        kinds: ['ADT', 'SIU', 'ORU', 'MDM'],
        firstPauseMs: 1,
        longestPauseMs: 5,
        ...feed,
      },
    ],
    ...more,
  });
  return hospital;
}
const controlIds = () => receiver.messages.map((message) => fieldsOf(message, 'MSH')[10]);

test('messages arrive in order, one at a time, over one connection', async () => {
  const open_ = await open({}, { eventsPerMinute: 10 });
  open_.advance(20 * 60_000);
  await open_.settled();
  const sent = open_
    .happenings()
    .flatMap(({ announced }) => announced)
    .map(({ controlId }) => controlId);
  expect(sent.length).toBeGreaterThan(100);
  expect(controlIds()).toEqual(sent);
  expect(receiver.connections).toBe(1);
  expect(receiver.mostInFlight).toBe(1);
  expect(open_.feeds()[0]).toMatchObject({ accepted: sent.length, repeated: 0, queued: 0, connected: true });
});

test('a message that was not answered before the connection broke is sent again, with the same id', async () => {
  receiver.behave = (_message, index) => (index === 1 ? 'close' : 'AA');
  const hospital = await open();
  const made = [1, 2, 3].map(() => hospital.happen({ kind: 'book' }).controlId);
  await hospital.settled();
  expect(controlIds()).toEqual([made[0], made[1], made[1], made[2]]);
  expect(receiver.connections).toBe(2);
  expect(hospital.feeds()[0]).toMatchObject({ accepted: 3, repeated: 1 });
});

test('what happened while nobody listened waits and comes in order', async () => {
  const { port } = receiver;
  await receiver.close();
  const hospital = await open({ port });
  const made = [1, 2, 3].map(() => hospital.happen({ kind: 'book' }).controlId);
  receiver = await Receiver.open(port);
  await hospital.settled();
  expect(controlIds()).toEqual(made);
});

test('silence and an answer to something else are no acknowledgement', async () => {
  receiver.behave = (_message, index) => (index === 0 ? 'silence' : index === 1 ? 'wrong id' : 'AA');
  const hospital = await open({ acknowledgementMs: 20 });
  const { controlId } = hospital.happen({ kind: 'book' });
  await hospital.settled();
  // A slow computer may need more than three, never fewer.
  expect(controlIds().length).toBeGreaterThanOrEqual(3);
  expect(new Set(controlIds())).toEqual(new Set([controlId]));
  expect(hospital.feeds()[0]).toMatchObject({ accepted: 1, strayAcknowledgements: 1 });
});

test('an error (AE) is recorded and the feed goes on', async () => {
  receiver.behave = (_message, index) => (index === 0 ? 'AE' : 'CA');
  const hospital = await open();
  const made = [1, 2].map(() => hospital.happen({ kind: 'book' }).controlId);
  await hospital.settled();
  expect(controlIds()).toEqual(made);
  expect(hospital.feeds()[0]).toMatchObject({ errors: 1, accepted: 1 });
});

test('a rejection (AR) is tried three times, then the feed goes on', async () => {
  receiver.behave = (_message, index) => (index < 3 ? 'AR' : 'AA');
  const hospital = await open();
  const made = [1, 2].map(() => hospital.happen({ kind: 'book' }).controlId);
  await hospital.settled();
  expect(controlIds()).toEqual([made[0], made[0], made[0], made[1]]);
  expect(hospital.feeds()[0]).toMatchObject({ rejected: 1, accepted: 1, repeated: 2 });
});

test('each feed carries its own kinds', async () => {
  const scheduling = await Receiver.open();
  const common = { firstPauseMs: 1 };
  const hospital = await open(
    {},
    {
      feeds: [
        { name: 'adt', port: receiver.port, kinds: ['ADT'], ...common },
        { name: 'siu', port: scheduling.port, kinds: ['SIU'], ...common },
      ],
    },
  );
  expect(hospital.happen({ kind: 'admit' }).feeds).toEqual(['adt']);
  expect(hospital.happen({ kind: 'book' }).feeds).toEqual(['siu']);
  await hospital.settled();
  expect(receiver.messages.map((message) => fieldsOf(message, 'MSH')[9])).toEqual(['ADT^A01^ADT_A01']);
  expect(scheduling.messages.map((message) => fieldsOf(message, 'MSH')[9])).toEqual(['SIU^S12^SIU_S12']);
  await scheduling.close();
});

test('a full queue loses the newest and says so', async () => {
  receiver.behave = () => 'silence';
  const hospital = await open({ capacity: 2 });
  const made = [1, 2, 3].map(() => hospital.happen({ kind: 'book' }));
  expect(made.map(({ feeds }) => feeds.length)).toEqual([1, 1, 0]);
  expect(hospital.feeds()[0]).toMatchObject({ queued: 2, overflowed: 1 });
});

test('closing in the middle of an exchange leaves no connection', async () => {
  receiver.behave = () => 'silence';
  const hospital = await open();
  hospital.happen({ kind: 'book' });
  await receiver.received(1);
  await hospital.close();
  expect(hospital.feeds()[0]).toMatchObject({ running: false, connected: false });
});
