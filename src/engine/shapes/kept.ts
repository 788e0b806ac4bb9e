/** What a connection's messages taught, and what in them was new: a slot of the store, which all nodes share. */
import { type FeedFactKind, feedFactText } from '../../hl7/index.ts';
import type { ObservedSite, SiteRecord } from '../../site/index.ts';
import type { Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { judge, type ShapeFacts, shapeHas, watched } from './baseline.ts';

/** Something in messages that was not there before. Never a value: a kind of thing, and where it stands. */
export interface ShapeFinding {
  readonly kind: FeedFactKind;
  /** `ADT^A08 ZPI`. */
  readonly value: string;
  /** `segment ZPI in ADT^A08`. */
  readonly text: string;
  /** `record`: the site record says what there is, and this is not among it. `seen`: no message had it before. */
  readonly against: 'record' | 'seen';
  /** In how many of the messages that were looked at. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The message that it was first seen in. */
  readonly message: string;
}

export interface ShapeState {
  readonly connection: string;
  /** Messages that were looked at. */
  readonly messages: number;
  /** So many more teach what is usual; what the record says counts from the first one. 0: everything new is told. */
  readonly learns: number;
  /** Newest first. */
  readonly found: readonly ShapeFinding[];
  /** What messages taught since the shape was written down. */
  readonly learnt: ShapeFacts;
}

/** What the slot holds. */
export interface KeptShape {
  readonly messages: number;
  readonly learnt: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly found: readonly Omit<ShapeFinding, 'text'>[];
}

export const NOTHING_KEPT: KeptShape = { messages: 0, learnt: {}, found: [] };

export const shapeSlot = (site: string, connection: string): string => `shape ${site} ${connection}`;

/** Messages that teach what is usual, before what is new is told. */
export const LEARNS = 500;

/** How many more messages teach, after so many that were written down and looked at. */
export const learnsStill = (written: number, looked: number): number =>
  Math.max(0, LEARNS - written - looked);

export const keptOf = (value: Json): KeptShape =>
  value === null ? NOTHING_KEPT : (value as unknown as KeptShape);

/** True while neither the record nor the written shape has it. */
export function isNew(
  fact: Pick<ShapeFinding, 'kind' | 'value'>,
  record: SiteRecord,
  connection: string,
  written: ShapeFacts,
): boolean {
  const judged = judge(record, connection, fact, written);
  return judged === 'against' || (judged === 'unsaid' && !shapeHas(written, watched(fact)));
}

/** How the HL7 connections of a site stand: those that listen, and those of which something is kept. */
export async function shapesOf(
  store: Pick<Store, 'slot'>,
  record: SiteRecord,
  observed: ObservedSite,
): Promise<readonly ShapeState[]> {
  const states: ShapeState[] = [];
  for (const connection of hl7Connections(record)) {
    const kept = keptOf((await store.slot(shapeSlot(record.site, connection))).value);
    const written = observed[connection]?.shape;
    if (kept.messages === 0 && written === undefined) continue;
    states.push({
      connection,
      messages: kept.messages,
      learns: learnsStill(written?.messages ?? 0, kept.messages),
      found: kept.found
        .filter((each) => isNew(each, record, connection, written?.facts ?? {}))
        .map((each) => ({ ...each, text: feedFactText(each) }))
        .sort((a, b) => b.firstAt - a.firstAt),
      learnt: kept.learnt,
    });
  }
  return states;
}

const hl7Connections = (record: SiteRecord): string[] =>
  Object.entries(record.connections).flatMap(([name, connection]) =>
    connection.connector === 'mllp' && 'listen' in connection ? [name] : [],
  );
