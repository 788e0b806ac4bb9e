/**
 * How words are written in rows: by their place in these lists. A list only ever grows at its end, since
 * rows on disk keep the numbers.
 */
import type {
  DeliveryState,
  Door,
  Format,
  HoldReason,
  MessageFlag,
  MessageState,
} from '../../message/index.ts';

export const DOORS: readonly Door[] = [
  'feed',
  'poll',
  'webhook',
  'file',
  'bulk',
  'replay',
  'retest',
  'manual',
  'schedule',
];
export const FORMATS: readonly Format[] = ['hl7', 'fhir', 'json', 'text'];
export const MESSAGE_STATES: readonly MessageState[] = ['accepted', 'rejected'];
/** Bit 0, bit 1, ... */
export const FLAGS: readonly MessageFlag[] = [
  'control-id-reused',
  'charset-wrong',
  'replayed',
  'merge-unread',
  'resent-with-new-time',
];
export const DELIVERY_STATES: readonly DeliveryState[] = [
  'waiting',
  'running',
  'sleeping',
  'held',
  'delivered',
  'filtered',
  'dead',
];
export const HOLD_REASONS: readonly HoldReason[] = [
  'unmapped code',
  'unknown outcome',
  'stopped lane',
  'paused',
  'ambiguous patient',
  'unlinked',
  'unanswered',
  'late',
];

/** The numbers of delivery states, as the SQL in this folder and its partial indexes use them. */
export const WAITING = 0;
export const RUNNING = 1;
export const SLEEPING = 2;
export const HELD = 3;
export const DELIVERED = 4;
export const FILTERED = 5;
export const DEAD = 6;

/** The number of a word; refuses one that is not in the list. */
export function codeOf<Word>(list: readonly Word[], word: Word): number {
  const code = list.indexOf(word);
  if (code < 0) throw new RangeError('a word that is not in its list');
  return code;
}

export const flagBits = (flags: readonly MessageFlag[]): number =>
  flags.reduce((bits, flag) => bits | (1 << codeOf(FLAGS, flag)), 0);

export const flagsOf = (bits: number): MessageFlag[] => FLAGS.filter((_, bit) => bits & (1 << bit));
