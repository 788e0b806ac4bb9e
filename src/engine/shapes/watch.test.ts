import { describe, expect, test } from 'vitest';
import type { Inbound, Verdict } from '../../connectors/index.ts';
import { type ObservedSite, readSite, type SiteRecord } from '../../site/index.ts';
import { manualClock } from '../../std/index.ts';
import { newDisk, openMemoryStore } from '../../store/index.ts';
import { LEARNS } from './kept.ts';
import { createShapeWatch, type ShapeWatch } from './watch.ts';

const T = Date.UTC(2026, 0, 31);

function record(hl7 = ''): SiteRecord {
  const { site, faults } = readSite(
    `site: mercy\nname: Mercy\nenvironment: sandbox\nehr: { vendor: epic }\ntimeZone: America/Chicago\n` +
      `identifiers: { mrn: { system: "urn:oid:1.2.3" } }\nconnections: { adt: { connector: mllp, listen: { port: 1 } } }\n${hl7}`,
    'sites/mercy/site.yaml',
    {},
  );
  if (site === undefined) throw new Error(JSON.stringify(faults));
  return site.record;
}

const message = (more: readonly string[] = [], type = 'ADT^A08', ids = '7001^^^EPIC^MR'): string =>
  `${[
    `MSH|^~\\&|EPIC|MERCY|||20260131120000-0600||${type}|C1|P|2.5.1`,
    `PID|1||${ids}||CANARYSON^WILMA||19610203|F`,
    'PV1|1|I',
    ...more,
  ].join('\r')}\r`;

interface Shown {
  readonly watch: ShapeWatch;
  readonly clock: ReturnType<typeof manualClock>;
  readonly logged: { text: string; facts: Record<string, unknown> }[];
  site: SiteRecord;
  observed: ObservedSite;
  /** Received and kept under this id; gives what the sender was told. */
  send(text: string, id?: string, verdict?: Verdict): Verdict[];
  found(): Promise<string[]>;
}

async function watching(
  site = record(),
  store?: Awaited<ReturnType<typeof openMemoryStore>>,
): Promise<Shown> {
  const clock = manualClock(T);
  const logged: Shown['logged'] = [];
  const shown: Shown = {
    clock,
    logged,
    site,
    observed: {},
    watch: createShapeWatch({
      store: store ?? (await openMemoryStore({ disk: newDisk() })),
      clock,
      sites: () => [shown.site],
      observed: () => ({ mercy: shown.observed }),
      log: (_level, text, facts = {}) => logged.push({ text, facts }),
    }),
    send(text, id = '1', verdict = { kind: 'accepted', messageId: id, receivedAt: clock.now() }) {
      const told: Verdict[] = [];
      const inbound: Inbound = {
        ...{ bytes: new TextEncoder().encode(text), format: 'hl7', door: 'feed', type: 'ADT^A08', key: id },
        reply: (each) => told.push(each),
      };
      receive(inbound).reply(verdict);
      return told;
    },
    async found() {
      const [state] = (await shown.watch.shapes('mercy')) ?? [];
      return (state?.found ?? []).map(
        ({ text, against, count, message: at }) => `${text} (${against}) ${count} ${at}`,
      );
    },
  };
  const receive = shown.watch.seen('mercy', 'adt');
  return shown;
}

/** Enough messages to have learnt; a second passes after each twenty. */
async function taught(shown: Shown, text = message()): Promise<void> {
  for (let n = 0; n < LEARNS; n += 20) {
    for (let each = 0; each < 20; each += 1) shown.send(text, `t${n + each}`);
    await shown.watch.shapes('mercy');
    shown.clock.advance(1_000);
  }
}

describe('the shape of HL7 messages', () => {
  test('is learnt first; then what was never there is told once, counted, and named by its message', async () => {
    const shown = await watching();
    await taught(shown);
    expect(await shown.found()).toEqual([]);
    expect(shown.send(message(['ZPI|CANARYSON|x']), '901')).toMatchObject([
      { kind: 'accepted', messageId: '901' },
    ]);
    shown.send(message(['ZPI|CANARYSON|x']), '902');
    shown.send(message([], 'ADT^A40'), '903');
    expect((await shown.found()).sort()).toEqual([
      'field ZPI-1 (seen) 2 901',
      'field ZPI-2 (seen) 2 901',
      'message type ADT^A40 (seen) 1 903',
      'segment MSH in ADT^A40 (seen) 1 903',
      'segment PID in ADT^A40 (seen) 1 903',
      'segment PV1 in ADT^A40 (seen) 1 903',
      'segment ZPI in ADT^A08 (seen) 2 901',
    ]);
    shown.send(message(['ZPI|CANARYSON|x']), '904');
    expect(await shown.found()).toContain('segment ZPI in ADT^A08 (seen) 3 901');
    const drifts = shown.logged.filter(({ facts }) => facts.code === 'HL7_DRIFT');
    expect(drifts).toHaveLength(1);
    expect(drifts[0]?.facts).toMatchObject({ site: 'mercy', connection: 'adt', count: 7, message: '901' });
    expect(JSON.stringify([shown.logged, await shown.watch.shapes('mercy')])).not.toMatch(
      /CANARYSON|WILMA|1961/,
    );
  });

  test('is held against the record from the first message on', async () => {
    const shown = await watching(
      record(
        'hl7: { sends: { adt: ["ADT^A0*"] }, profiles: { adt: { version: 2.5.1, assigners: { EPIC: "urn:oid:1" }, idTypes: { MR: mrn }, segments: { ZPD: { about: x } } } } }',
      ),
    );
    shown.send(message(['ZPD|1', 'PV2|1']), '1');
    expect(await shown.found()).toEqual([]);
    shown.send(message(['ZPX|1'], 'SIU^S12', '7001^^^EPIC^MR~8^^^LAB^LN').replace('|2.5.1', '|2.3'), '2');
    expect((await shown.found()).sort()).toEqual([
      'assigner LAB in PID-3 (record) 1 2',
      'id type LN in PID-3 (record) 1 2',
      'message type SIU^S12 (record) 1 2',
      'segment ZPX in SIU^S12 (record) 1 2',
      'version 2.3 (record) 1 2',
    ]);
    // Once the record says it, it is known.
    shown.site = record(
      'hl7: { sends: { adt: ["ADT^*", SIU] }, profiles: { adt: { version: "2.3", assigners: { LAB: "urn:oid:2" }, idTypes: { LN: mrn }, segments: { ZPX: { about: x } } } } }',
    );
    expect(await shown.found()).toEqual([]);
  });

  test('that was written down is known; an offset that changes with the season is no news', async () => {
    const shown = await watching();
    const facts = { type: { 'ADT^A08': 9 }, segment: { 'ADT^A08 ZPI': 1 }, 'time offset': { '-0600': 9 } };
    shown.observed = {
      adt: {
        shape: { observedAt: '2026-01-31T00:00:00Z', from: 'sample messages', messages: LEARNS, facts },
      },
    };
    shown.send(message(['ZPI|1']).replace('-0600', '-0500'), '1');
    const found = await shown.found();
    expect(found).toContain('version 2.5.1 (seen) 1 1');
    expect(found.filter((text) => /ZPI in|offset|message type/.test(text))).toEqual([]);
  });

  test('is kept: another node, or the next start, knows what was learnt and does not tell it again', async () => {
    const store = await openMemoryStore({ disk: newDisk() });
    const first = await watching(record(), store);
    await taught(first);
    first.send(message(['ZPI|1']), '901');
    await first.watch.stop();
    const second = await watching(record(), store);
    second.send(message(['ZPI|1']), '950');
    expect((await second.found()).sort()).toEqual([
      'field ZPI-1 (seen) 2 901',
      'segment ZPI in ADT^A08 (seen) 2 901',
    ]);
    expect(second.logged).toEqual([]);
  });

  test('costs a busy feed a few looks a second, and is no part of what a sender is told', async () => {
    const shown = await watching();
    for (let n = 0; n < 500; n += 1) shown.send(message(), String(n));
    expect(await shown.watch.shapes('mercy')).toMatchObject([{ messages: 20, learns: LEARNS - 20 }]);
    const refused: Verdict = { kind: 'rejected', messageId: '1', receivedAt: T, reason: 'no' };
    shown.clock.advance(1_000);
    expect(shown.send(message(), '1', refused)).toEqual([refused]);
    expect(shown.send('no message at all')).toHaveLength(1);
    expect(await shown.watch.shapes('mercy')).toMatchObject([{ messages: 20 }]);
    expect(await shown.watch.shapes('elsewhere')).toBeNull();
  });
});
