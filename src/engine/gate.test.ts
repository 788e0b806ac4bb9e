import { beforeEach, expect, test } from 'vitest';
import type { TestResult } from '../connectors/index.ts';
import { Failure, type FailureKind, manualClock, seededRandom } from '../std/index.ts';
import { OPENS_AFTER, TEST_EVERY } from './circuit.ts';
import { createGate, type Gate, type Pass } from './gate.ts';

const place = { site: 'mercy', connection: 'app' };
const failure = (kind: FailureKind) => new Failure({ code: 'X', kind, message: 'What.', fix: 'Do.' });

let clock: ReturnType<typeof manualClock>;
let woken: string[];
let logged: string[];
let tests: TestResult[];
let gate: Gate;
beforeEach(() => {
  clock = manualClock(1_769_860_800_000);
  woken = [];
  logged = [];
  tests = [];
  gate = createGate({
    clock,
    random: seededRandom(1),
    changed: () => undefined,
    log: (level, text) => void logged.push(`${level} ${text}`),
    test: async () => tests,
    wake: async (_, ids) => void woken.push(...ids),
  });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const enter = (id: string): Pass & { open: true } => {
  const pass = gate.enter(place, id);
  if (!pass.open) throw new Error('it may not call');
  return pass;
};
/** Asks, is refused, and stands in its lane again. */
const refused = (id: string): number => {
  const pass = gate.enter(place, id);
  if (pass.open) throw new Error('it may call');
  gate.givenBack(id);
  return pass.dueAt;
};
const open = (): void => {
  for (let i = 0; i < OPENS_AFTER.unreachable; i++) enter(`first ${i}`).ended(failure('unreachable'));
};

test('while it is open nothing is tried; thousands that wait look again about once a second between them', () => {
  open();
  expect(logged).toEqual(['warn the connection fails, only probes go out: What.']);
  const due = Array.from({ length: 10_000 }, (_, index) => refused(`d${index}`));
  const within = (ms: number): number => due.filter((at) => at - clock.now() <= ms).length;
  expect(within(10_000)).toBeGreaterThan(0); // somebody will be the probe soon
  expect(within(10_000)).toBeLessThan(500);
  expect(within(301_500)).toBe(10_000); // and nobody is forgotten should we be
  expect(gate.state(place).text).toMatch(/10000 lanes wait/);
});

test('the first that looks after the time has come is the probe; its failure is not its own', () => {
  open();
  refused('d1');
  clock.advance(1_000);
  const probe = enter('d2');
  expect(gate.enter(place, 'd3').open).toBe(false);
  expect(probe.ended(failure('unreachable'))).toMatchObject({ whose: 'connection', tell: false });
  expect(logged).toHaveLength(1);
});

test('with its success everyone goes on at once, also who was on its way back', async () => {
  open();
  for (let index = 0; index < 1_200; index++) refused(`d${index}`);
  const onItsWay = gate.enter(place, 'late');
  expect(onItsWay.open).toBe(false);
  clock.advance(60_000);
  expect(enter('d7').ended(null)).toEqual({ whose: 'delivery' });
  await turn();
  expect(woken).toHaveLength(1_199);
  gate.givenBack('late');
  await turn();
  expect(woken).toHaveLength(1_200);
  expect(woken).toContain('late');
  expect(gate.state(place).text).toBeNull();
  expect(logged.at(-1)).toBe('info the connection works again');
});

test('one alert for many refused sign-ins; the first tells it, the others wait untried, until a person resumes', async () => {
  const passes = Array.from({ length: 64 }, (_, index) => enter(`d${index}`));
  const verdicts = passes.map((pass) => pass.ended(failure('auth')));
  for (const index of passes.keys()) gate.givenBack(`d${index}`);
  expect(verdicts.filter((one) => one.whose === 'connection')).toHaveLength(64);
  expect(verdicts.filter((one) => one.whose === 'connection' && one.tell)).toHaveLength(1);
  expect(logged).toEqual(['error the connection is stopped until it is resumed: What.']);
  expect(gate.notices()).toEqual(['mercy / app: stopped since 2026-01-31T12:00:00.000Z (X)']);
  expect(gate.enter(place, 'more').open).toBe(false);
  expect(gate.resume(place)).toBe(true);
  await turn();
  expect(woken).toHaveLength(64);
  expect(gate.notices()).toEqual([]);
  expect(gate.resume(place)).toBe(false);
});

test('a stopped connection is tested now and then, and goes on when all its checks are fine', async () => {
  enter('d1').ended(failure('auth'));
  gate.givenBack('d1');
  tests = [
    { check: 'route', ok: true, text: '' },
    { check: 'sign-in', ok: false, text: '' },
  ];
  clock.advance(TEST_EVERY);
  await turn();
  expect(gate.state(place).circuit.state).toBe('stopped');
  tests = [{ check: 'sign-in', ok: true, text: '' }];
  clock.advance(TEST_EVERY - 1);
  await turn();
  expect(gate.state(place).circuit.state).toBe('stopped');
  clock.advance(1);
  await turn();
  expect(gate.state(place).circuit.state).toBe('closed');
  expect(woken).toEqual(['d1']);
});

test('one connection’s trouble is nobody else’s', () => {
  open();
  expect(gate.enter({ ...place, connection: 'other' }, 'd1').open).toBe(true);
});

test('what waits is due at the next start when the engine is stopped in order', async () => {
  open();
  refused('d1');
  await gate.close();
  expect(woken).toEqual(['d1']);
});
