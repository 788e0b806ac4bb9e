import { describe, expect, test } from 'vitest';
import {
  appointment,
  type Command,
  everyStep,
  flow,
  flowVersion,
  hl7,
  type ItemsThrough,
  lint,
  manual,
  needs,
  next,
  orderOfKeys,
  patient,
  prepare,
  schedule,
  trace,
} from './index.ts';
import { contextOf } from './stories.fixture.ts';

const booked = {
  resourceType: 'Appointment',
  status: 'booked',
  participant: [
    { actor: { reference: 'Patient/p1' }, status: 'accepted' },
    { actor: { reference: 'Practitioner/d1' }, status: 'declined' },
    { actor: { reference: 'Location/l1' }, status: 'accepted' },
  ],
};
const context = contextOf('fhir', booked);
const send = { connection: 'app', do: 'send', args: {} } as const;

/** Plays a flow: what each call is answered with; gives the calls by their keys, and how it ended. */
function play(
  value: Parameters<typeof prepare>[0],
  answers: (command: Extract<Command, { kind: 'call' }>) => unknown = () => null,
  remembered = new Map<string, unknown>(),
): {
  keys: string[];
  calls: Extract<Command, { kind: 'call' }>[];
  end: Command;
  remembered: Map<string, unknown>;
} {
  const prepared = prepare(value);
  const calls: Extract<Command, { kind: 'call' }>[] = [];
  const through: ItemsThrough = new Map();
  for (;;) {
    const command = next(prepared, context, remembered, through);
    expect(command).toEqual(next(prepared, context, remembered));
    if (command.kind !== 'call')
      return { keys: calls.map(({ step }) => step), calls, end: command, remembered };
    calls.push(command);
    remembered.set(command.step, answers(command));
  }
}

describe('a list', () => {
  const told = flow('told')
    .on(appointment.created())
    .forEach('each', { in: 'event.participant', as: 'who' }, (steps) =>
      steps
        .filter('coming', { path: 'who.status', equals: 'accepted' })
        .map('body', { ref: 'who.actor.reference', hospital: 'site.name' })
        .send('tell', { ...send, args: { body: 'body' } }),
    )
    .map('sum', { all: 'each[*].ok' })
    .send('done', { ...send, args: { body: 'sum' } });

  test('is done item by item, each effect under its own key; a filter in it ends its item alone', () => {
    const { calls, end } = play(told, ({ step }) => ({ ok: step }));
    expect(calls.map(({ step, args }) => [step, args])).toEqual([
      ['tell/0', { body: { ref: 'Patient/p1', hospital: 'Riverside Hospital' } }],
      ['tell/2', { body: { ref: 'Location/l1', hospital: 'Riverside Hospital' } }],
      ['done', { body: { all: ['tell/0', 'tell/2'] } }],
    ]);
    expect(end).toEqual({ kind: 'end', state: 'delivered' });
  });

  test('costs each item once, however many effects it has', () => {
    const many = contextOf('fhir', {
      ...booked,
      participant: Array.from({ length: 100 }, (_, at) => ({
        actor: { reference: `Patient/p${at}` },
        status: 'accepted',
      })),
    });
    const prepared = prepare(told);
    const through: ItemsThrough = new Map();
    let looks = 0;
    class Counted extends Map<string, unknown> {
      override has(key: string): boolean {
        looks++;
        return super.has(key);
      }
    }
    const remembered = new Counted();
    for (let command = next(prepared, many, remembered, through); command.kind === 'call'; ) {
      remembered.set(command.step, { ok: command.step });
      command = next(prepared, many, remembered, through);
    }
    expect(remembered.size).toBe(101);
    // Once to find that an item is to be done, once to find that it is.
    expect(looks).toBeLessThan(250);
  });

  test('goes on in the middle after a crash: what was done is not done again', () => {
    const { keys } = play(told, () => null, new Map([['tell/0', { ok: true }]]));
    expect(keys).toEqual(['tell/2', 'done']);
  });

  test('shows every item in the history, and what was not reached', () => {
    const entries = trace(prepare(told), context, new Map([['tell/0', { ok: 1 }]]));
    expect(entries.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'each next',
      'coming/0 done',
      'body/0 done',
      'tell/0 done',
      'coming/1 filtered',
      'coming/2 done',
      'body/2 done',
      'tell/2 next',
      'sum not reached',
      'done not reached',
    ]);
  });

  test('of more items than it says fails before the first is done', () => {
    const few = flow('few')
      .on(appointment.created())
      .forEach('each', { in: 'event.participant', as: 'who', atMost: 2 }, (steps) =>
        steps.send('tell', send),
      );
    expect(play(few)).toMatchObject({
      keys: [],
      end: { kind: 'fail', step: 'each', failure: { code: 'TOO_MANY_ITEMS' } },
    });
  });

  test('of nothing does nothing, and lists in lists have a key for both places', () => {
    const deep = flow('deep')
      .on(appointment.created())
      .forEach('none', { in: 'event.slot', as: 'slot' }, (steps) => steps.send('never', send))
      .forEach('outer', { in: 'event.participant', as: 'one' }, (steps) =>
        steps
          .find('known', {
            connection: 'app',
            do: 'patient.find',
            args: { ref: 'one.actor.reference' },
            optional: true,
          })
          .forEach('inner', { in: 'event.participant', as: 'two' }, (within) =>
            within.create('pair', {
              connection: 'app',
              do: 'pair.create',
              args: { a: 'one.actor.reference', b: 'two.actor.reference' },
              when: { path: 'known', exists: false },
              onUnknown: { findFirst: 'known' },
            }),
          ),
      );
    const { keys, calls, end } = play(deep, ({ do: act }) =>
      act === 'patient.find' ? { matches: [] } : null,
    );
    expect(end).toMatchObject({ state: 'delivered' });
    expect(keys.slice(0, 5)).toEqual(['known/0', 'pair/0/0', 'pair/0/1', 'pair/0/2', 'known/1']);
    // The find that is asked first is the one of the same item.
    expect(calls.find(({ step }) => step === 'pair/1/2')?.onUnknown).toEqual({ findFirst: 'known/1' });
  });

  test('that fails in an item says which, and asks its find again', () => {
    const finding = flow('finding')
      .on(appointment.created())
      .forEach('each', { in: 'event.participant', as: 'who' }, (steps) =>
        steps.find('p', patient.find({ connection: 'epic', args: { id: 'who.actor.reference' } })),
      );
    const { end } = play(finding, ({ step }) => ({ matches: step === 'p/0' ? [{}] : [] }));
    expect(end).toMatchObject({
      kind: 'fail',
      step: 'p/1',
      askAgain: ['p/1'],
      failure: { at: { step: 'p/1' } },
    });
    const several = play(finding, () => ({ matches: [{}, {}] }));
    expect(several.end).toMatchObject({
      kind: 'hold',
      step: 'p/0',
      askAgain: ['p/0'],
      failure: { at: { step: 'p/0', flow: 'finding' } },
    });
  });
});

describe('a route', () => {
  const routed = (otherwise: 'filter' | 'fail') =>
    flow('routed')
      .on(appointment.changed())
      .route('kind', (ways) =>
        ways
          .when('cancelled', { path: 'event.status', equals: 'cancelled' }, (steps) =>
            steps.send('drop', send),
          )
          .when('booked', { path: 'event.status', in: ['booked', 'arrived'] }, (steps) =>
            steps.map('body', { at: 'event.start' }).send('tell', send),
          )
          .when('too', { path: 'event.status', exists: true }, (steps) => steps.send('second', send))
          .otherwise(otherwise),
      )
      .send('log', { ...send, args: { branch: 'kind.branch' } });

  test('goes the first way that fits, and gives its name', () => {
    const { keys, calls } = play(routed('filter'));
    expect(keys).toEqual(['tell', 'log']);
    expect(calls[1]?.args).toEqual({ branch: 'booked' });
    const entries = trace(prepare(routed('filter')), context, new Map([['tell', null]]));
    expect(entries.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'kind done',
      'drop skipped',
      'second skipped',
      'body done',
      'tell done',
      'log next',
    ]);
  });

  test('does what it says where none fits', () => {
    const none = contextOf('fhir', { resourceType: 'Appointment' });
    expect(next(prepare(routed('filter')), none, new Map())).toEqual({
      kind: 'end',
      state: 'filtered',
      step: 'kind',
    });
    expect(next(prepare(routed('fail')), none, new Map())).toMatchObject({
      kind: 'fail',
      failure: { code: 'NO_BRANCH' },
    });
    const start = flow('x').on(appointment.created());
    const on = start.route('r', (ways) =>
      ways.when('a', { path: 'event.id', exists: true }, (s) => s.send('s', send)).otherwise('continue'),
    );
    expect(next(prepare(on), none, new Map())).toEqual({ kind: 'end', state: 'delivered' });
    const own = start.route('r', (ways) =>
      ways
        .when('a', { path: 'event.id', exists: true }, (s) => s.send('s', send))
        .otherwise((s) => s.send('other', send)),
    );
    expect(next(prepare(own), none, new Map())).toMatchObject({ kind: 'call', step: 'other' });
  });

  test('may sleep in a way, and what is within is part of the version and of what the flow needs', () => {
    const waiting = (length: '1h' | '2h') =>
      flow('waiting')
        .on(appointment.created())
        .route('r', (ways) =>
          ways
            .when('a', { path: 'event.status', equals: 'booked' }, (steps) =>
              steps
                .read(
                  'p',
                  patient.read({
                    connection: 'epic',
                    args: { reference: 'event.participant[0].actor.reference' },
                  }),
                )
                .wait('w', { for: length, recheck: ['p'], cancelOn: ['Appointment.updated'] })
                .send('s', { ...send, args: { body: 'p.birthDate' } }),
            )
            .otherwise('filter'),
        );
    expect(lint(waiting('1h'))).toEqual([]);
    expect(next(prepare(waiting('1h')), context, new Map([['p', { matches: [{}] }]]))).toMatchObject({
      kind: 'sleep',
      step: 'w',
      after: 3_600_000,
    });
    expect(flowVersion(waiting('1h'))).not.toBe(flowVersion(waiting('2h')));
    expect(needs(waiting('1h'))).toMatchObject({
      connections: ['app', 'epic'],
      fields: { Patient: ['birthDate'] },
    });
    expect(everyStep(waiting('1h').steps).map(({ id }) => id)).toEqual(['r', 'p', 'w', 's']);
  });
});

test('keys come in the order in which effects are done', () => {
  const value = flow('order')
    .on(appointment.created())
    .find('p', { connection: 'app', do: 'patient.find', args: {} })
    .forEach('one', { in: 'event.participant', as: 'a' }, (steps) => steps.send('x', send).send('y', send))
    .forEach('two', { in: 'event.participant', as: 'b' }, (steps) => steps.send('z', send));
  const keys = ['p', 'x/0', 'y/0', 'x/1', 'y/1', 'z/0', 'z/1'];
  expect([...keys].reverse().sort((a, b) => orderOfKeys(value, a, b) ?? 0)).toEqual(keys);
  expect(orderOfKeys(value, 'y', 'y/0')).toBe(0);
  expect(orderOfKeys(value, 'p', 'gone')).toBeUndefined();
});

test('types go into branches and lists, and come out of them', () => {
  const start = flow('typed').on(appointment.created());
  start
    .forEach('each', { in: 'event.participant', as: 'who' }, (steps) =>
      steps
        .map('m', { a: 'who.actor.reference', b: 'event.start' })
        .code('price', { reads: { a: 'm.a' }, run: () => ({ total: 1 }) }),
    )
    .map('out', { totals: 'each[*].total', first: 'each[0].total' });
  // @ts-expect-error a participant has no "stat"
  start.forEach('each', { in: 'event.participant', as: 'who' }, (steps) => steps.map('m', { a: 'who.stat' }));
  // @ts-expect-error an Appointment has no list "participants"
  start.forEach('each', { in: 'event.participants', as: 'who' }, (steps) => steps.send('s', send));
  const listed = start.forEach('each', { in: 'event.participant', as: 'who' }, (steps) =>
    steps.code('price', { reads: {}, run: () => ({ total: 1 }) }),
  );
  // @ts-expect-error the code gave no "sum"
  listed.map('out', { a: 'each[*].sum' });
  // @ts-expect-error the item is seen in the list alone
  listed.map('out', { a: 'who.status' });
  const routed = start.route('r', (ways) =>
    ways
      .when('a', { path: 'event.status', exists: true }, (steps) => steps.map('inner', { x: 'event.id' }))
      .otherwise('continue'),
  );
  routed.filter('f', { path: 'r.branch', equals: 'a' });
  // @ts-expect-error what a branch makes is seen in the branch alone
  routed.map('out', { a: 'inner.x' });
  // @ts-expect-error a route gives its branch, no "name"
  routed.map('out', { a: 'r.name' });
  start.route('r', (ways) =>
    ways
      // @ts-expect-error conditions of branches are checked
      .when('a', { path: 'event.stat', exists: true }, (steps) => steps.send('s', send))
      .otherwise('filter'),
  );
  start.route('r', (ways) =>
    // @ts-expect-error a route says what becomes of all else
    ways.when('a', { path: 'event.status', exists: true }, (steps) => steps.send('s', send)),
  );
  start
    .read('p', patient.read({ connection: 'epic', args: { reference: 'event.id' } }))
    .map('m', { a: 'p.birthDate' });
  // @ts-expect-error a read of patients gives a Patient
  start.read('p', patient.read({ connection: 'epic', args: {} })).map('m', { a: 'p.participant' });
  start
    .lookup('unit', { valueSet: 'units', code: 'event.status' })
    .map('m', { a: 'unit.code', b: 'unit.display' });
  // @ts-expect-error a look-up gives code and display
  start.lookup('unit', { valueSet: 'units', code: 'event.status' }).map('m', { a: 'unit.target' });
  // @ts-expect-error its code is checked
  start.lookup('unit', { valueSet: 'units', code: 'event.stat' });
  // @ts-expect-error so are the fields of an HL7 message
  start.hl7('msg', { type: 'ADT^A08', fields: { 'PID-5.1': 'event.nothing' } });
  const nightly = flow('n').on(schedule('0 2 * * *'));
  nightly.map('m', { at: 'event.scheduledFor' });
  // @ts-expect-error a schedule has no patient
  nightly.map('m', { at: 'event.patient' });
  // @ts-expect-error the input was said to be { ids }
  flow('m').on(manual<{ readonly ids: readonly string[] }>()).map('m', { a: 'event.names' });
  expect(start.steps).toEqual([]);
});

test('HL7 messages are made the same at every attempt: new, changed, and from resources', () => {
  const adt = contextOf(
    'hl7',
    'MSH|^~\\&|EHR|NORTH|||20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1\rPID|1||77^^^EPIC^MR||DOE^JANE\r',
  );
  const stamped = { ...adt, stamp: { of: 'riverside 12', at: Date.UTC(2026, 0, 31) } };
  const value = flow('write')
    .on(hl7.message('ADT^A01'))
    .hl7('changed', {
      copy: true,
      type: 'ADT^A08',
      fields: { 'PID-5.1': { value: 'ROE' }, 'ZPD-1': 'site.name' },
    })
    .hl7('fresh', { type: 'ADT^A31', fields: { 'MSH-3': { value: 'SUTURE' }, 'PID-3.1': 'hl7:PID-3.1' } })
    .hl7('written', { type: 'ADT^A08', write: ['event.patient'] })
    .send('out', {
      connection: 'lab',
      do: 'send',
      args: { body: 'changed', more: 'fresh', most: 'written' },
    });
  const command = next(prepare(value), stamped, new Map()) as Extract<Command, { kind: 'call' }>;
  expect(next(prepare(value), stamped, new Map())).toEqual(command);
  const { body, more, most } = command.args as Record<string, string>;
  expect(body).toMatch(
    /^MSH\|\^~\\&\|EHR\|NORTH\|\|\|20260131000000\+0000\|\|ADT\^A08\^ADT_A01\|[0-9A-F]{20}\|P\|2\.5\.1\rPID\|1\|\|77\^\^\^EPIC\^MR\|\|ROE\^JANE\rZPD\|Riverside Hospital\r?$/,
  );
  expect(more).toMatch(
    /^MSH\|\^~\\&\|SUTURE\|.*\|ADT\^A31\^ADT_A05\|[0-9A-F]{20}\|P\|2\.5\.1\rPID\|\|\|77\r$/,
  );
  expect(most).toContain('DOE^JANE');
  const ids = [body, more, most].map((text) => text?.split('|')[9]);
  expect(new Set(ids).size).toBe(3);
});
