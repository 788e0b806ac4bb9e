/**
 * Looks at some of the HL7 messages that come in, behind their acknowledgement, and tells of what was never there before: a trigger,
 * a segment, a field, a way to write ids. The path of a message costs a comparison; a connection gives at most so many a second, which
 * on most feeds is all of them.
 */
import type { ConnectionContext, Inbound } from '../../connectors/index.ts';
import { type FeedFact, feedFacts, feedFactText, parse } from '../../hl7/index.ts';
import type { ObservedSite, SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, type Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { judge, type Shape, shapeHas, watched } from './baseline.ts';
import {
  isNew,
  type KeptShape,
  keptOf,
  learnsStill,
  NOTHING_KEPT,
  type ShapeFinding,
  type ShapeState,
  shapeSlot,
  shapesOf,
} from './kept.ts';

export interface ShapeControl {
  /** How the messages of a site's HL7 connections differ from what is known of them. `null`: there is no such site. */
  shapes(site: string): Promise<readonly ShapeState[] | null>;
}

export interface ShapeWatch extends ShapeControl {
  /** For one connection: gives back the same thing received; of some, its verdict is listened to. */
  seen(site: string, connection: string): (inbound: Inbound) => Inbound;
  stop(): Promise<void>;
}

export interface ShapeOptions {
  readonly store: Pick<Store, 'slot' | 'swapSlot'>;
  readonly clock: Clock;
  readonly sites: () => readonly SiteRecord[];
  readonly observed: () => Readonly<Record<string, ObservedSite>>;
  readonly log: ConnectionContext['log'];
}

/** A second, of one connection and of all. */
const MOST_A_SECOND = 20;
const MOST_OF_ALL = 100;
/** Of all connections that are waited for at once; more is left out. */
const MOST_WAITING = 400;
/** Larger ones are mostly a document in an OBX; milliseconds would go by. */
const LARGEST = 256 * 1024;
const LOOKS_AFTER = 200;
/** One turn ends after so long, and goes on a moment later; milliseconds. */
const TURN = 8;
const KEPT_EVERY = 15_000;
const MOST_FOUND = 500;
const MOST_LEARNT = 20_000;
const MOST_TOLD = 10;
/** Another node may write at the same moment. */
const TRIES = 5;

interface Watched {
  readonly site: string;
  readonly connection: string;
  taken: number;
  /** What was decided for these two, and for no others. */
  record: SiteRecord | undefined;
  written: Shape | undefined;
  readonly known: Set<string>;
  /** As the slot has it, as far as it was read. */
  kept: KeptShape | undefined;
  /** Since the slot was written. */
  messages: number;
  readonly learnt: Map<string, { fact: FeedFact; count: number }>;
  readonly found: Map<string, Omit<ShapeFinding, 'text'>>;
}

const keyOf = ({ kind, value }: FeedFact): string => `${kind} ${value}`;

export function createShapeWatch({ store, clock, sites, observed, log }: ShapeOptions): ShapeWatch {
  const all = new Map<string, Watched>();
  const waiting: { readonly one: Watched; readonly id: string; readonly bytes: Uint8Array }[] = [];
  let cancelLook: (() => void) | undefined;
  let cancelKeep: (() => void) | undefined;
  let taken = 0;
  let working: Promise<void> = Promise.resolve();
  let stopped = false;

  function watchedOf(site: string, connection: string): Watched {
    const name = `${site}/${connection}`;
    let one = all.get(name);
    if (one === undefined) {
      one = {
        ...{ site, connection, taken: 0, messages: 0 },
        ...{ record: undefined, written: undefined, kept: undefined },
        ...{ known: new Set(), learnt: new Map(), found: new Map() },
      };
      all.set(name, one);
    }
    return one;
  }

  function seen(site: string, connection: string): (inbound: Inbound) => Inbound {
    const one = watchedOf(site, connection);
    return (inbound) => (one.taken < MOST_A_SECOND && fits(inbound) ? listened(one, inbound) : inbound);
  }

  const fits = ({ format, refused, bytes }: Inbound): boolean =>
    format === 'hl7' &&
    refused === undefined &&
    bytes.length <= LARGEST &&
    taken < MOST_OF_ALL &&
    waiting.length < MOST_WAITING;

  function listened(one: Watched, inbound: Inbound): Inbound {
    if (taken === 0)
      clock.after(1_000, () => {
        taken = 0;
        for (const each of all.values()) each.taken = 0;
      });
    taken += 1;
    one.taken += 1;
    return {
      ...inbound,
      reply(verdict) {
        inbound.reply(verdict);
        // A repeat was looked at when it came first.
        if (verdict.kind !== 'accepted' || stopped) return;
        waiting.push({ one, id: verdict.messageId, bytes: inbound.bytes });
        cancelLook ??= clock.after(LOOKS_AFTER, look);
      },
    };
  }

  function look(): void {
    cancelLook = undefined;
    working = working.then(turn).catch((error: unknown) => {
      // What feeds look like is not worth a message; the store's own troubles are told by its health.
      log('warn', 'the shape of HL7 messages was not looked at', { code: asFailure(error).code });
    });
  }

  async function turn(): Promise<void> {
    const until = clock.elapsed() + TURN;
    const fresh = new Map<Watched, Omit<ShapeFinding, 'text'>[]>();
    while (waiting.length > 0 && clock.elapsed() <= until) {
      const next = waiting.shift();
      if (next === undefined) break;
      const { one, id, bytes } = next;
      if (!(await ready(one))) continue;
      const found = lookAt(one, id, bytes);
      if (found.length > 0) fresh.set(one, [...(fresh.get(one) ?? []), ...found]);
    }
    for (const [one, found] of fresh) tell(one, found);
    if (waiting.length > 0 && !stopped) cancelLook ??= clock.after(1, look);
    if (!stopped) cancelKeep ??= clock.after(KEPT_EVERY, keepSoon);
  }

  /** With what is kept of it read, and decisions thrown away that were made by another record. */
  async function ready(one: Watched): Promise<boolean> {
    const record = sites().find((each) => each.site === one.site);
    if (record === undefined) return false;
    const written = observed()[one.site]?.[one.connection]?.shape;
    if (one.record !== record || one.written !== written) {
      one.known.clear();
      one.record = record;
      one.written = written;
    }
    one.kept ??= keptOf((await store.slot(shapeSlot(one.site, one.connection))).value);
    return true;
  }

  function lookAt(one: Watched, id: string, bytes: Uint8Array): Omit<ShapeFinding, 'text'>[] {
    const message = parse(bytes);
    if (!message.usable) return [];
    const at = clock.now();
    const fresh: Omit<ShapeFinding, 'text'>[] = [];
    const kept = one.kept ?? NOTHING_KEPT;
    const learns = learnsStill(one.written?.messages ?? 0, kept.messages + one.messages) > 0;
    for (const fact of feedFacts(message).map(watched)) {
      const key = keyOf(fact);
      if (one.known.has(key)) continue;
      const known = one.found.get(key) ?? kept.found.find((each) => keyOf(each) === key);
      if (
        known !== undefined &&
        isNew(fact, one.record as SiteRecord, one.connection, one.written?.facts ?? {})
      ) {
        const before = one.found.get(key);
        one.found.set(key, { ...known, count: (before?.count ?? 0) + 1, lastAt: at });
        continue;
      }
      const against = againstOf(one, fact, learns);
      if (against === null) one.known.add(key);
      else if (one.found.size + kept.found.length < MOST_FOUND) {
        const finding = { ...fact, against, count: 1, firstAt: at, lastAt: at, message: id };
        one.found.set(key, finding);
        fresh.push(finding);
      }
    }
    one.messages += 1;
    return fresh;
  }

  /** `null`: it is known, or is learnt now. */
  function againstOf(one: Watched, fact: FeedFact, learns: boolean): ShapeFinding['against'] | null {
    const written = one.written?.facts ?? {};
    const judged = judge(one.record as SiteRecord, one.connection, fact, written);
    if (judged === 'against') return 'record';
    if (judged === 'known' || shapeHas(written, fact)) return null;
    if (shapeHas(one.kept?.learnt ?? {}, fact) || one.learnt.has(keyOf(fact))) return null;
    if (!learns) return 'seen';
    if (one.learnt.size < MOST_LEARNT) one.learnt.set(keyOf(fact), { fact, count: 1 });
    return null;
  }

  function tell(one: Watched, found: readonly Omit<ShapeFinding, 'text'>[]): void {
    log(
      'warn',
      `messages are not as they were: see suture sites drift ${one.site}, and ask the site what has changed`,
      {
        ...{ site: one.site, connection: one.connection, code: 'HL7_DRIFT', count: found.length },
        what: found.slice(0, MOST_TOLD).map(feedFactText),
        message: found[0]?.message ?? '',
      },
    );
  }

  function keepSoon(): void {
    cancelKeep = undefined;
    working = working.then(keepAll).catch((error: unknown) => {
      log('warn', 'what HL7 messages look like was not written down', { code: asFailure(error).code });
    });
  }

  async function keepAll(): Promise<void> {
    for (const one of all.values()) if (one.messages > 0) await keep(one);
  }

  async function keep(one: Watched): Promise<void> {
    const name = shapeSlot(one.site, one.connection);
    for (let tried = 0; tried < TRIES; tried += 1) {
      const { value, version } = await store.slot(name);
      const next = together(keptOf(value), one);
      if (!(await store.swapSlot({ name, expect: version, value: next as unknown as Json }))) continue;
      one.kept = next;
      one.messages = 0;
      one.learnt.clear();
      one.found.clear();
      return;
    }
  }

  return {
    seen,
    async shapes(site) {
      const record = sites().find((each) => each.site === site);
      if (record === undefined) return null;
      look();
      keepSoon();
      await working;
      return shapesOf(store, record, observed()[site] ?? {});
    },
    async stop() {
      stopped = true;
      cancelLook?.();
      cancelKeep?.();
      look();
      keepSoon();
      await working;
    },
  };
}

/** What the slot has, and what this node saw since; what the record or the written shape has by now falls away. */
function together(kept: KeptShape, one: Watched): KeptShape {
  const learnt: Record<string, Record<string, number>> = Object.fromEntries(
    Object.entries(kept.learnt).map(([kind, values]) => [kind, { ...values }]),
  );
  for (const { fact, count } of one.learnt.values()) {
    const values = learnt[fact.kind] ?? {};
    learnt[fact.kind] = { ...values, [fact.value]: (values[fact.value] ?? 0) + count };
  }
  const found = new Map(kept.found.map((each) => [keyOf(each), each]));
  for (const [key, each] of one.found) {
    const before = found.get(key);
    found.set(
      key,
      before === undefined ? each : { ...before, count: before.count + each.count, lastAt: each.lastAt },
    );
  }
  const { record } = one;
  const still = [...found.values()].filter(
    (each) => record === undefined || isNew(each, record, one.connection, one.written?.facts ?? {}),
  );
  return { messages: kept.messages + one.messages, learnt, found: still.slice(0, MOST_FOUND) };
}
