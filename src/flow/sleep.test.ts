import { describe, expect, test } from 'vitest';
import type { StepRecord } from '../message/index.ts';
import {
  awakeSince,
  type Command,
  type Flow,
  flow,
  flowVersion,
  hl7,
  lint,
  needs,
  next,
  prepare,
  rememberedOf,
  type Step,
  trace,
} from './index.ts';
import { admission, contextOf } from './stories.fixture.ts';

const admitted = contextOf('hl7', admission);
const start = flow('stay').on(hl7.message('ADT^A01'));
const first = (value: Flow, remembered: Record<string, unknown> = {}): Command =>
  next(prepare(value), admitted, new Map(Object.entries(remembered)));
const places = (value: Flow): string[] => lint(value).map(({ place }) => place);
const wrong = (step: object): string[] =>
  places({
    ...start.filter('x', { path: 'event.type', exists: true }),
    steps: [{ id: 'w', ...step } as Step],
  });

describe('a step that sleeps', () => {
  test('is a value, whatever it was written with', () => {
    const one = start.wait('w', { on: 'ADT^A03', atMost: '2 hours', cancelOn: ['ADT^A11'] });
    expect(one.steps).toEqual([
      { kind: 'wait', id: 'w', on: ['ADT^A03'], atMost: 7_200_000, cancelOn: ['ADT^A11'] },
    ]);
    expect(lint(one)).toEqual([]);
    expect(start.approve('a', { ask: 'May it?' }).steps).toEqual([
      { kind: 'approve', id: 'a', ask: 'May it?', role: 'operator', whenLate: 'hold', show: {} },
    ]);
    expect(flowVersion(one)).not.toBe(flowVersion(start.wait('w', { on: 'ADT^A03', atMost: '3h' })));
    expect(() => start.wait('w', { for: 'soon' as '1d' })).toThrow('no length of time');
    expect(needs(start.approve('a', { ask: '?', show: { n: 'hl7:PID-5.1' } })).fields).toEqual({
      PID: ['PID-5.1'],
    });
    expect(needs(start.wait('w', { until: 'hl7:PV1-44' })).fields).toEqual({ PV1: ['PV1-44'] });
  });

  test('asks to sleep until what it said, and for nothing else', () => {
    expect(first(start.wait('w', { for: '2h' }))).toMatchObject({
      kind: 'sleep',
      after: 7_200_000,
      until: null,
    });
    // Noon in Chicago, an hour before.
    expect(first(start.wait('w', { until: 'hl7:EVN-2', before: '1h' }))).toMatchObject({
      until: Date.UTC(2026, 0, 31, 17),
    });
    // A day begins at midnight where the site is.
    expect(first(start.wait('w', { until: 'hl7:PID-7' }))).toMatchObject({ until: Date.UTC(1987, 8, 12, 5) });
    expect(first(start.wait('w', { until: 'hl7:PV1-45' }))).toMatchObject({
      kind: 'fail',
      failure: { code: 'WAIT_TIME' },
    });
    expect(first(start.wait('w', { on: 'ADT^A03', atMost: '1d' }))).toMatchObject({
      wakes: true,
      cancels: false,
      after: 86_400_000,
    });
    const approve = start.approve('a', { ask: '?', show: { name: 'hl7:PID-5.1' }, cancelOn: ['ADT^A11'] });
    expect(first(approve)).toMatchObject({
      cancels: true,
      after: null,
      asked: { kind: 'approve', show: { name: 'MÜLLER' } },
    });
  });

  test('goes on, ends or is held by how its sleep ended', () => {
    const wait = start.wait('w', { on: 'ADT^A03', atMost: '1d' });
    const asked = { kind: 'wait', since: 1, wakeAt: 5 };
    expect(first(wait, { w: asked })).toMatchObject({ kind: 'sleep' });
    expect(first(wait, { w: { ...asked, wokenAt: 5, by: 'time' } })).toMatchObject({ state: 'delivered' });
    expect(first(wait, { w: { ...asked, wokenAt: 3, by: 'event', cancelled: true } })).toEqual({
      kind: 'end',
      state: 'filtered',
      step: 'w',
    });
    const came = wait.filter('came', { path: 'w.came', equals: true });
    expect(first(came, { w: { ...asked, wokenAt: 3, by: 'event' } })).toMatchObject({ state: 'delivered' });
    expect(first(came, { w: { ...asked, wokenAt: 5, by: 'time' } })).toMatchObject({ state: 'filtered' });

    const late = { kind: 'approve', since: 1, wakeAt: 5, wokenAt: 5, by: 'time' };
    const hold = start.approve('a', { ask: '?', deadline: '1d' });
    expect(first(hold, { a: late })).toMatchObject({ kind: 'hold', reason: 'unanswered', askAgain: [] });
    expect(first(start.approve('a', { ask: '?', whenLate: 'refuse' }), { a: late })).toMatchObject({
      state: 'filtered',
    });
    expect(first(hold, { a: { ...late, by: 'person', approved: true } })).toMatchObject({
      state: 'delivered',
    });
    expect(first(hold, { a: { ...late, by: 'person', approved: false } })).toMatchObject({
      state: 'filtered',
    });
    expect(trace(prepare(hold), admitted, new Map([['a', { since: 1, wakeAt: 5 }]]))).toMatchObject([
      { step: 'a', state: 'sleeping' },
    ]);
  });

  test('lets what recheck names be asked again, once: what was asked after the sleep stays', () => {
    const value = start
      .find('visit', { connection: 'c', do: 'visit.find', args: {} })
      .send('once', { connection: 'c', do: 'send', args: {} })
      .wait('w', { for: '1d', recheck: ['visit'] });
    const records = (visitAt: number, woken: object): StepRecord[] => [
      { step: 'visit', startedAt: visitAt, ms: 1, output: {} },
      { step: 'once', startedAt: 2, ms: 1, output: {} },
      { step: 'w', startedAt: 3, ms: 0, output: { since: 3, ...woken } },
    ];
    const woken = { wokenAt: 9, by: 'time' };
    expect([...rememberedOf(value, records(1, {})).keys()]).toEqual(['visit', 'once', 'w']);
    expect([...rememberedOf(value, records(1, woken)).keys()]).toEqual(['once', 'w']);
    expect([...rememberedOf(value, records(9, woken)).keys()]).toEqual(['visit', 'once', 'w']);
    expect(awakeSince(records(1, woken))).toBe(9);
    expect(awakeSince(records(1, {}))).toBe(0);
  });

  test('that is written wrongly is found before it runs', () => {
    expect(wrong({ kind: 'wait' })).toEqual(['step "w"']);
    expect(wrong({ kind: 'wait', for: 1, on: ['ADT^A03'], atMost: 1 })).toEqual(['step "w"']);
    expect(wrong({ kind: 'wait', for: 0 })).toEqual(['step "w", for']);
    expect(wrong({ kind: 'wait', on: ['ADT^A03'] })).toEqual(['step "w", atMost']);
    expect(wrong({ kind: 'wait', on: [], atMost: 1 })).toEqual(['step "w", on']);
    expect(wrong({ kind: 'wait', on: ['A03'], atMost: 1 })).toEqual(['step "w", on']);
    expect(wrong({ kind: 'wait', for: 1, atMost: 1 })).toEqual(['step "w", atMost']);
    expect(wrong({ kind: 'wait', for: 1, before: 1 })).toEqual(['step "w", before']);
    expect(wrong({ kind: 'wait', until: 'nothing.there' })).toEqual(['step "w", until']);
    expect(wrong({ kind: 'wait', for: 1, recheck: ['y'] })).toEqual(['step "w", recheck']);
    const asks = { kind: 'approve', ask: '?', role: 'operator', whenLate: 'hold', show: {} };
    expect(wrong({ ...asks, ask: ' ' })).toEqual(['step "w", ask']);
    expect(wrong({ ...asks, role: 'viewer' })).toEqual(['step "w", role']);
    expect(wrong({ ...asks, whenLate: 'later' })).toEqual(['step "w", whenLate']);
    expect(wrong({ ...asks, deadline: -1 })).toEqual(['step "w", deadline']);
    expect(wrong({ ...asks, show: { x: 'hl7:PID-' } })).toEqual(['step "w", show.x']);
    const ordered = { ...start.wait('w', { for: '1h', cancelOn: ['ADT^A11'] }), order: 'flow' as const };
    expect(places(ordered)).toEqual(['step "w", cancelOn']);
  });
});
