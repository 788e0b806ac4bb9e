/**
 * A message: a thing received, kept byte for byte. Everything that enters (HL7 v2 over MLLP, a record
 * found by polling, a webhook, later a file's record or a replay) is a message row first.
 */

/** How the bytes are written. */
export type Format = 'hl7' | 'fhir' | 'json' | 'text';

/** Accepted: kept and planned. Rejected: kept as received, refused, never planned. */
export type MessageState = 'accepted' | 'rejected';

/** By which door it came. */
export type Door =
  | 'feed'
  | 'poll'
  | 'webhook'
  | 'file'
  | 'bulk'
  | 'replay'
  | 'retest'
  | 'manual'
  | 'schedule';

/** What was noticed at receipt; shown beside the message and carried to every delivery's history. */
export type MessageFlag =
  | 'control-id-reused' // same sender and control id as an earlier message, other bytes
  | 'charset-wrong' // the declared character set does not fit the bytes
  | 'replayed'
  | 'merge-unread' // a merge or an unlink that does not name two patients by the site's medical record number
  | 'resent-with-new-time'; // as an earlier message of the same control id, but for the time of sending (MSH-7)

/** The row, without its bytes. */
export interface MessageSummary {
  /** Decimal; in order of receipt within one source connection. */
  readonly id: string;
  readonly site: string;
  readonly connection: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly door: Door;
  readonly format: Format;
  /** `ADT^A01`, `Appointment`, a hook's path. Empty when the message names none. */
  readonly type: string;
  /** The sender's own id of it: MSH-10, a resource's identity, a webhook id. Never a patient's id. */
  readonly controlId: string | null;
  readonly state: MessageState;
  /** Why it was rejected, one sentence. */
  readonly reason: string | null;
  readonly flags: readonly MessageFlag[];
  /** How often the same bytes came again under the same id, and were not delivered again. */
  readonly repeats: number;
  /** Bytes as received. */
  readonly size: number;
  /** How many deliveries were planned. 0 and accepted: no flow wanted it; it counts as Filtered. */
  readonly planned: number;
}
