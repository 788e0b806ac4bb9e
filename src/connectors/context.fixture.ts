/** The other side of the contract for tests: what the engine implements on the store, in maps. */
import { createHash } from 'node:crypto';
import { makeSigningKey, ownSlot, type SharedSlot, type SigningKeyPair } from '../fhir/index.ts';
import { type Clock, Failure, type Json, systemClock } from '../std/index.ts';
import type {
  Call,
  CallContext,
  CallOutcome,
  ConnectionContext,
  Finding,
  Inbound,
  LearnAnswer,
  LearnSettings,
  Receiver,
  RosterEntry,
  Verdict,
} from './contract.ts';
import { type TestLedger, testLedger } from './ledger.fixture.ts';

export interface TestContext extends ConnectionContext {
  readonly entries: Map<string, RosterEntry>;
  readonly hashes: Map<string, string>;
  readonly secretTexts: Map<string, string>;
  readonly outcomes: CallOutcome[];
  /** Findings that were counted. */
  readonly told: Finding[];
  /** Pauses that were asked for; `undefined` for "by half". */
  readonly slowed: (number | undefined)[];
  readonly taken: () => number;
  readonly logged: string[];
  /** Makes a patient known by a number. */
  know(system: string, value: string): RosterEntry;
  /** Commits an answer as the engine does: seen hashes and roster changes together. */
  commit(answer: LearnAnswer): void;
  readonly key: SigningKeyPair;
  /** Other connections of the site, by name. */
  readonly neighbours: Map<string, (call: Call, about: CallContext) => Promise<Json>>;
  readonly ledger: TestLedger;
}

/** Made once: an RSA key takes a while. */
const usualKey = makeSigningKey('RS384');

export async function testContext(
  options: { clock?: Clock; key?: SigningKeyPair; mrn?: string } = {},
): Promise<TestContext> {
  const key = options.key ?? (await usualKey);
  const entries = new Map<string, RosterEntry>();
  const hashes = new Map<string, string>();
  const secretTexts = new Map<string, string>();
  const outcomes: CallOutcome[] = [];
  const told: Finding[] = [];
  const slowed: (number | undefined)[] = [];
  const logged: string[] = [];
  const neighbours: TestContext['neighbours'] = new Map();
  let taken = 0;
  const slots = new Map<string, SharedSlot>();
  const patientKey = (system: string, value: string): string =>
    createHash('sha256').update(`${system}|${value}`).digest('hex').slice(0, 16);
  return {
    site: 'mercy',
    connection: 'under-test',
    learnt: [],
    exported: {},
    observed: () => ({}),
    identifiers: { mrn: options.mrn ?? 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14' },
    timeZone: 'America/Chicago',
    clock: options.clock ?? systemClock,
    key,
    entries,
    hashes,
    secretTexts,
    outcomes,
    slowed,
    logged,
    taken: () => taken,
    secrets: {
      async get(name) {
        const text = secretTexts.get(name);
        if (text !== undefined) return text;
        throw new Failure({
          code: 'SECRET_MISSING',
          kind: 'config',
          message: `The secret "${name}" is not set.`,
          fix: 'Set it.',
        });
      },
      signingKey: async () => key,
    },
    shared(name) {
      const slot = slots.get(name) ?? ownSlot(options.clock ?? systemClock);
      slots.set(name, slot);
      return slot;
    },
    budget: {
      async take(signal) {
        signal.throwIfAborted();
        taken += 1;
      },
      slow: (ms) => void slowed.push(ms),
    },
    roster: {
      page: async (after, limit, activity = {}) =>
        [...entries.values()]
          .filter((entry) => after === null || entry.key > after)
          .filter(
            ({ activeAt }) => activeAt >= (activity.from ?? activeAt) && activeAt < (activity.to ?? Infinity),
          )
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .slice(0, limit),
      get: async (keys) => keys.flatMap((each) => entries.get(each) ?? []),
    },
    seen: {
      async get(resource, identities) {
        const found = new Map<string, string>();
        for (const identity of identities) {
          const hash = hashes.get(`${resource} ${identity}`);
          if (hash !== undefined) found.set(identity, hash);
        }
        return found;
      },
    },
    patientKey,
    ledger: testLedger(),
    neighbour: (name) => neighbours.get(name),
    neighbours,
    report: (outcome) => void outcomes.push(outcome),
    found: (findings) => void told.push(...findings),
    told,
    log: (_level, text, facts) => void logged.push(`${text} ${JSON.stringify(facts ?? {})}`),
    know(system, value) {
      const entry = { key: patientKey(system, value), identifiers: [{ system, value }], activeAt: 0 };
      entries.set(entry.key, entry);
      return entry;
    },
    commit({ inbound, seen = [], roster = [] }) {
      for (const { resource, identity, hash } of [...inbound, ...seen])
        hashes.set(`${resource} ${identity}`, hash);
      for (const entry of roster) entries.set(entry.key, entry);
    },
  };
}

/** What a site record gives when it says nothing more. */
export const usualSettings: LearnSettings = {
  method: 'poll',
  every: 30_000,
  rarely: 30_000,
  window: { back: 30 * 86_400_000, ahead: 90 * 86_400_000 },
  batch: 5,
  overlap: 120_000,
  categories: ['vital-signs', 'laboratory'],
};

export const never: AbortSignal = new AbortController().signal;

export function callContext(more: Partial<CallContext> = {}): CallContext {
  return {
    idempotencyKey: 'd1.notify',
    delivery: '1',
    attempt: 1,
    possibleDuplicate: false,
    flow: 'notify',
    step: 'notify',
    message: { id: '1', bytes: new Uint8Array(), format: 'json' },
    signal: never,
    ...more,
  };
}

/** A receiver that keeps what it gets and answers as told. */
export function testReceiver(verdictOf: (inbound: Inbound) => Verdict | Promise<Verdict>): Receiver & {
  readonly received: Inbound[];
  readonly noises: { kind: string; bytes: number }[];
} {
  const received: Inbound[] = [];
  const noises: { kind: string; bytes: number }[] = [];
  return {
    received,
    noises,
    receive(inbound) {
      received.push(inbound);
      void Promise.resolve(verdictOf(inbound)).then(inbound.reply);
    },
    noise: (noise) => void noises.push(noise),
  };
}
