/**
 * Deliveries that this process planned a moment ago, with what it gave the store: the lease that usually follows at once
 * need not read, unseal and carry over what is still at hand. Only a shortcut: what is not here is read from its rows.
 */
import type { Append, Appended, Leased, NewMessage } from '../contract.ts';
import { deliveryId } from './numbers.ts';

/** Old ones that wait behind a stuck head may fill it; younger ones are then read from rows (unless the oldest make room). */
const MOST = 8_192;
const MOST_BYTES = 32 * 1024 * 1024;

interface Known {
  /** Not the append itself: it may hold hundreds of messages, and would keep them all for the sake of one. */
  readonly place: Pick<Append, 'site' | 'connection'>;
  readonly message: NewMessage;
  readonly kept: Appended & { readonly kind: 'kept' };
  readonly nth: number;
}

export interface KnownDeliveries {
  /** An append was committed. */
  appended(unit: Append, answers: readonly Appended[]): void;
  /** Gives it once. */
  take(id: number, epoch: number): Leased | undefined;
  clear(): void;
}

/**
 * @param makesRoom Whether the oldest leave when it is full: those that another process is given would fill it for good. Else the
 * youngest are not taken in: with more waiting than there is room for, the oldest are the next to be given.
 */
export function openKnown(makesRoom?: () => boolean): KnownDeliveries {
  /** A message lies in a box of its own that is emptied when it is given: the Map's old tables hold the box alone (see Cloakroom). */
  const held = new Map<number, { known: Known | undefined }>();
  let size = 0;
  /** Who came when, from `oldest` on; some are gone by now. */
  let came: number[] = [];
  let oldest = 0;

  const drop = (id: number): Known | undefined => {
    const box = held.get(id);
    const known = box?.known;
    if (box === undefined || known === undefined) return undefined;
    held.delete(id);
    box.known = undefined;
    size -= known.message.bytes.length;
    return known;
  };

  const isFull = (bytes: number): boolean => held.size >= MOST || size + bytes > MOST_BYTES;
  const makeRoom = (bytes: number): void => {
    while (isFull(bytes) && oldest < came.length) drop(came[oldest++] as number);
  };
  const noteOrder = (id: number): void => {
    came.push(id);
    if (came.length < 4 * MOST) return;
    came = came.slice(oldest).filter((each) => held.has(each));
    oldest = 0;
  };
  const clear = (): void => {
    held.clear();
    size = 0;
    came = [];
    oldest = 0;
  };

  return {
    clear,
    appended(unit, answers) {
      // What an unlink held must be read with its hold.
      if (unit.aliases?.some((alias) => alias.hold !== undefined)) {
        clear();
        return;
      }
      const place = { site: unit.site, connection: unit.connection };
      answers.forEach((kept, at) => {
        const first = deliveryId(Number(kept.messageId), 0);
        const message = unit.messages[at] as NewMessage;
        if (kept.kind === 'duplicate') {
          // The row of the first counts one repeat more now; it was planned as this one would have been.
          for (let nth = 0; nth < message.deliveries.length; nth++) drop(first + nth);
          return;
        }
        message.deliveries.forEach((delivery, nth) => {
          // Steps that were taken over are known to their rows.
          if (delivery.remembered !== undefined && delivery.remembered.length > 0) return;
          const { length } = message.bytes;
          if (isFull(length)) {
            if (makesRoom?.() !== true) return;
            makeRoom(length);
            if (isFull(length)) return;
          }
          const id = first + nth;
          held.set(id, { known: { place, message, kept, nth } });
          size += length;
          if (makesRoom !== undefined) noteOrder(id);
        });
      });
    },
    take(id, epoch) {
      const known = drop(id);
      return known && leasedFrom(known, id, epoch);
    },
  };
}

function leasedFrom({ place, message, kept, nth }: Known, id: number, epoch: number): Leased {
  const delivery = message.deliveries[nth] as NewMessage['deliveries'][number];
  return {
    epoch,
    delivery: {
      id: String(id),
      messageId: kept.messageId,
      flow: delivery.flow,
      flowVersion: delivery.flowVersion,
      state: 'running',
      heldFor: null,
      attempts: 0,
      released: null,
      dueAt: delivery.dueAt ?? message.receivedAt,
      possibleDuplicate: false,
      replayOf: delivery.replayOf ?? null,
      replayedBy: null,
      createdAt: message.receivedAt,
      finishedAt: null,
      failure: null,
      step: null,
    },
    message: {
      id: kept.messageId,
      site: place.site,
      connection: place.connection,
      receivedAt: message.receivedAt,
      door: message.door,
      format: message.format,
      type: message.type,
      controlId: message.controlId,
      state: message.state,
      reason: message.reason,
      flags: kept.flags,
      repeats: 0,
      size: message.bytes.length,
      planned: message.deliveries.length,
    },
    bytes: message.bytes,
    remembered: [],
  };
}
