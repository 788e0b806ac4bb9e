/** What sample messages of a hospital show, by the connection that they would come over. Codes, types and assigners; no patient's value. */
import {
  type FeedFactKind,
  feedFacts,
  isFeedCode,
  Learner,
  NOT_A_CODE,
  parse,
  personalTexts,
} from '../../hl7/index.ts';
import { MessageRun } from '../commands/hl7/message-run.ts';
import type { Terminal } from '../commands/hl7/terminal.ts';

/** By value, in how many messages. */
export type Counts = ReadonlyMap<string, number>;

export interface SeenFeed {
  /** The connection's name. */
  readonly name: string;
  readonly messages: number;
  readonly facts: ReadonlyMap<FeedFactKind, Counts>;
  /** By place (`PV1-2`, `OBR-4.1`), codes and how often each stood. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** MSH-15 and MSH-16 where one is filled: `AL/NE`. */
  readonly acknowledgements: Counts;
  /** MSH-11. */
  readonly processing: Counts;
  /** Local days and offsets of MSH-7, for guessing a time zone: `20260131 -0600`. */
  readonly offsets: Counts;
  /** Messages with letters beyond ASCII and no MSH-18. */
  readonly undeclared: number;
}

export interface SeenSamples {
  readonly feeds: readonly SeenFeed[];
  readonly messages: number;
  /** Without a usable MSH. */
  readonly unusable: number;
  /** Codes that were left out because they also stand where a person's values do. */
  readonly leftOut: number;
}

/** `siu-in=samples/siu`: the connection's name goes before. */
const NAMED = /^([a-z0-9][a-z0-9-]*)=(.+)$/;
const USUAL = 'hl7-in';
/** Senders that get a connection each; of more, the rest share one. */
const MOST_SENDERS = 8;
/** Codes of one place that are listed. */
const MOST_CODES = 200;
const MOST_PERSONAL = 500_000;

interface Reading {
  messages: number;
  readonly learner: Learner;
  readonly facts: Map<FeedFactKind, Map<string, number>>;
  readonly acknowledgements: Map<string, number>;
  readonly processing: Map<string, number>;
  readonly offsets: Map<string, number>;
  undeclared: number;
}

const count = (counts: Map<string, number>, value: string): void => {
  if (counts.has(value) || counts.size < 20_000) counts.set(value, (counts.get(value) ?? 0) + 1);
};

export async function readSamples(
  terminal: Terminal,
  given: readonly string[],
  quiet = false,
): Promise<SeenSamples> {
  const named = new Map<string, Reading>();
  const bySender = new Map<string, Reading>();
  const personal = new Set<string>();
  let messages = 0;
  let unusable = 0;
  for (const [name, paths] of groups(given)) {
    const run = new MessageRun(terminal, paths, { json: quiet });
    for await (const { bytes } of run.messages()) {
      const message = parse(bytes);
      if (!message.usable) {
        unusable += 1;
        continue;
      }
      messages += 1;
      const facts = feedFacts(message);
      const sender = facts.find(({ kind }) => kind === 'sender')?.value.split(' / ')[0] ?? '';
      const reading =
        name === undefined ? readingOf(bySender, connectionOf(sender, bySender)) : readingOf(named, name);
      reading.messages += 1;
      reading.learner.add(message);
      for (const { kind, value } of facts) {
        const counts = reading.facts.get(kind) ?? new Map<string, number>();
        reading.facts.set(kind, counts);
        count(counts, value);
      }
      if (personal.size < MOST_PERSONAL) for (const text of personalTexts(message)) personal.add(text);
      noteHeader(reading, message.header, bytes);
    }
    await run.finish();
  }
  // One sender needs no name of its own.
  if (bySender.size === 1 && !named.has(USUAL))
    for (const [name, reading] of [...bySender]) {
      bySender.delete(name);
      bySender.set(USUAL, reading);
    }
  let leftOut = 0;
  const isPersonal = (code: string): boolean => {
    const is = personal.has(code.toUpperCase());
    if (is) leftOut += 1;
    return is;
  };
  const feeds = [...named, ...bySender].map(([name, reading]) => seenFeed(name, reading, isPersonal));
  return { feeds: feeds.sort((a, b) => b.messages - a.messages), messages, unusable, leftOut };
}

function groups(given: readonly string[]): ReadonlyMap<string | undefined, string[]> {
  const found = new Map<string | undefined, string[]>();
  for (const each of given) {
    const [, name, path] = NAMED.exec(each) ?? [];
    found.set(name, [...(found.get(name) ?? []), path ?? each]);
  }
  return found;
}

function readingOf(readings: Map<string, Reading>, name: string): Reading {
  const known = readings.get(name);
  if (known !== undefined) return known;
  const made: Reading = {
    messages: 0,
    learner: new Learner({ codes: MOST_CODES }),
    facts: new Map(),
    acknowledgements: new Map(),
    processing: new Map(),
    offsets: new Map(),
    undeclared: 0,
  };
  readings.set(name, made);
  return made;
}

function connectionOf(sender: string, known: ReadonlyMap<string, unknown>): string {
  const slug = sender
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (slug === '' || sender === NOT_A_CODE) return USUAL;
  const name = `${slug.slice(0, 30)}-in`;
  return known.has(name) || known.size < MOST_SENDERS ? name : USUAL;
}

function noteHeader(reading: Reading, header: Parameters<typeof ackAsked>[0], bytes: Uint8Array): void {
  const asked = ackAsked(header);
  if (asked !== '') count(reading.acknowledgements, asked);
  if (/^[PTD]$/.test(header.processingId)) count(reading.processing, header.processingId);
  const [, day, hour, offset] = /^(\d{8})(\d{2})?[\d.]*([+-]\d{4})$/.exec(header.time) ?? [];
  if (day !== undefined && offset !== undefined) count(reading.offsets, `${day}${hour ?? '12'} ${offset}`);
  if (header.charset === '' && bytes.some((byte) => byte >= 0x80)) reading.undeclared += 1;
}

function ackAsked(header: {
  readonly acceptAck: string;
  readonly applicationAck: string;
  readonly processingId: string;
  readonly time: string;
  readonly charset: string;
}): string {
  const code = (text: string): string => (/^(AL|NE|ER|SU)$/.test(text) ? text : '-');
  return header.acceptAck === '' && header.applicationAck === ''
    ? ''
    : `${code(header.acceptAck)}/${code(header.applicationAck)}`;
}

/** Facts and codes once more held against what stands for persons anywhere in the samples. */
function seenFeed(name: string, reading: Reading, isPersonal: (code: string) => boolean): SeenFeed {
  const facts = new Map<FeedFactKind, Counts>();
  for (const [kind, counts] of reading.facts) {
    const guarded = kind === 'assigner' || kind === 'id type' || kind === 'sender';
    const kept = new Map<string, number>();
    for (const [value, times] of counts) {
      const place = value.split(' ')[0] ?? '';
      const words = kind === 'sender' ? value.split(' / ') : [value.slice(place.length + 1)];
      const safe = !guarded || !words.some(isPersonal);
      const shown = safe ? value : kind === 'sender' ? NOT_A_CODE : `${place} ${NOT_A_CODE}`;
      kept.set(shown, (kept.get(shown) ?? 0) + times);
    }
    facts.set(kind, new Map([...kept].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))));
  }
  const observed = reading.learner.profile().observed?.fields ?? {};
  const codes = Object.fromEntries(
    Object.entries(observed).flatMap(([path, { codes: found }]) => {
      const safe = Object.entries(found ?? {}).filter(([code]) => isFeedCode(code) && !isPersonal(code));
      return safe.length === 0 ? [] : [[path, Object.fromEntries(safe)]];
    }),
  );
  const { messages, acknowledgements, processing, offsets, undeclared } = reading;
  return { name, messages, facts, codes, acknowledgements, processing, offsets, undeclared };
}
