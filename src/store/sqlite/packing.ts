/**
 * What goes between the threads for each message: lists in a fixed order. As objects its names were written and read again for
 * every message. What is rare travels as it is, behind the list.
 */
import type { Append, Appended, NewDelivery, NewMessage } from '../contract.ts';

/** Where bytes lie in the parcel that travels beside the text. */
export type Slot = readonly [offset: number, length: number];

type PackedDelivery = readonly [
  flow: string,
  flowVersion: string,
  lanes: readonly string[],
  rest: Omit<NewDelivery, 'flow' | 'flowVersion' | 'lanes'> | 0,
];
type PackedDedupe = readonly [
  sender: string,
  id: string,
  hash: string,
  since: number | null,
  ignoreTime: 0 | 1,
];
type PackedMessage = readonly [
  slot: Slot,
  door: NewMessage['door'],
  format: NewMessage['format'],
  type: string,
  controlId: string | null,
  receivedAt: number,
  state: NewMessage['state'],
  reason: string | null,
  flags: NewMessage['flags'],
  patients: readonly string[],
  deliveries: readonly PackedDelivery[],
  dedupe: PackedDedupe | 0,
  rest: Pick<NewMessage, 'parent' | 'cancels' | 'wakes'> | 0,
];
export type PackedAppend = readonly [
  site: string,
  connection: string,
  messages: readonly PackedMessage[],
  rest: Omit<Append, 'site' | 'connection' | 'messages'> | 0,
];
export type PackedAppended = readonly (readonly [
  id: string,
  receivedAt: number,
  flags: NewMessage['flags'] | 0,
])[];

const packDelivery = ({ flow, flowVersion, lanes, ...rest }: NewDelivery): PackedDelivery => [
  flow,
  flowVersion,
  lanes,
  rest.remembered === undefined && rest.replayOf === undefined && rest.dueAt === undefined ? 0 : rest,
];
const unpackDelivery = ([flow, flowVersion, lanes, rest]: PackedDelivery): NewDelivery =>
  rest === 0 ? { flow, flowVersion, lanes } : { flow, flowVersion, lanes, ...rest };

const packDedupe = ({
  sender,
  id,
  hash,
  since,
  ignoreTime,
}: NonNullable<NewMessage['dedupe']>): PackedDedupe => [sender, id, hash, since ?? null, ignoreTime ? 1 : 0];
const unpackDedupe = ([sender, id, hash, since, ignoreTime]: PackedDedupe): NonNullable<
  NewMessage['dedupe']
> => ({
  sender,
  id,
  hash,
  ...(since === null ? {} : { since }),
  ...(ignoreTime ? { ignoreTime: true as const } : {}),
});

function packMessage(message: NewMessage, put: (bytes: Uint8Array) => Slot): PackedMessage {
  const { parent, cancels, wakes } = message;
  const rest =
    parent === undefined && cancels === undefined && wakes === undefined
      ? 0
      : {
          ...(parent === undefined ? {} : { parent }),
          ...(cancels === undefined ? {} : { cancels }),
          ...(wakes === undefined ? {} : { wakes }),
        };
  return [
    put(message.bytes),
    message.door,
    message.format,
    message.type,
    message.controlId,
    message.receivedAt,
    message.state,
    message.reason,
    message.flags,
    message.patients,
    message.deliveries.map(packDelivery),
    message.dedupe === undefined ? 0 : packDedupe(message.dedupe),
    rest,
  ];
}

function unpackMessage(packed: PackedMessage, bytes: (slot: Slot) => Uint8Array): NewMessage {
  const dedupe = packed[11];
  const rest = packed[12];
  const message: NewMessage = {
    bytes: bytes(packed[0]),
    door: packed[1],
    format: packed[2],
    type: packed[3],
    controlId: packed[4],
    receivedAt: packed[5],
    state: packed[6],
    reason: packed[7],
    flags: packed[8],
    patients: packed[9],
    deliveries: packed[10].map(unpackDelivery),
    ...(dedupe === 0 ? {} : { dedupe: unpackDedupe(dedupe) }),
  };
  return rest === 0 ? message : { ...message, ...rest };
}

export function packAppend(unit: Append, put: (bytes: Uint8Array) => Slot): PackedAppend {
  const { site, connection, messages, ...rest } = unit;
  return [
    site,
    connection,
    messages.map((message) => packMessage(message, put)),
    Object.keys(rest).length === 0 ? 0 : rest,
  ];
}

export function unpackAppend(packed: PackedAppend, bytes: (slot: Slot) => Uint8Array): Append {
  const [site, connection, messages, rest] = packed;
  const unit = { site, connection, messages: messages.map((message) => unpackMessage(message, bytes)) };
  return rest === 0 ? unit : { ...unit, ...rest };
}

export const packAppended = (all: readonly Appended[]): PackedAppended =>
  all.map((one) => [one.messageId, one.receivedAt, one.kind === 'kept' ? one.flags : 0]);

export const unpackAppended = (all: PackedAppended): readonly Appended[] =>
  all.map(([messageId, receivedAt, flags]) =>
    flags === 0
      ? { kind: 'duplicate', messageId, receivedAt }
      : { kind: 'kept', messageId, receivedAt, flags },
  );
