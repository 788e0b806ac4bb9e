/**
 * Receives HL7 messages. Only the MSH is looked at; nothing is answered before the message is kept. The answer
 * is made of the message, the stored time and the stored id, so a repeat gets the very same bytes.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { buildAck, createMllpServer, type Header, isAck, peek } from '../../hl7/index.ts';
import type { MessageFlag } from '../../message/index.ts';
import type { ConnectionContext, Inbound, Listening, Receiver, Verdict } from '../contract.ts';
import type { MllpConfig } from './config.ts';
import { mllpFailure } from './failures.ts';

type Listen = NonNullable<MllpConfig['listen']>;
type Reply = Uint8Array | null | 'close';

export async function listenMllp(
  listen: Listen,
  config: MllpConfig,
  context: ConnectionContext,
  receiver: Receiver,
): Promise<Listening> {
  const allowed = listen.peers && new Set(listen.peers.map(plainAddress));
  const server = createMllpServer({
    host: listen.host,
    port: listen.port,
    maxFrameBytes: config.maxFrame,
    ...(config.idleTimeout === undefined ? {} : { idleTimeoutMs: config.idleTimeout }),
    onConnection(peer) {
      if (!allowed || allowed.has(plainAddress(peer.remoteAddress))) return;
      context.log('warn', 'A sender that is not among peers was turned away.', {
        address: peer.remoteAddress,
      });
      peer.destroy();
    },
    onFrame(bytes) {
      return new Promise<Reply>((resolve) => receiver.receive(inboundOf(bytes, listen, resolve)));
    },
    // It is not read to its end, let alone kept: it is told so, and counted.
    onTooLarge({ bytes, head }) {
      receiver.noise({ kind: 'too-large', bytes });
      const header = peek(head);
      if (!header.usable || isAck(header)) return null;
      const at = context.clock.now();
      return buildAck(header, {
        code: 'AR',
        controlId: String(at),
        time: new Date(at),
        text: `The message is larger than ${config.maxFrame} bytes.`,
      });
    },
    onGarbage({ kind, bytes }) {
      receiver.noise({ kind: kind === 'garbage' ? 'garbage' : 'broken-frame', bytes });
    },
    onError(error) {
      context.log('error', 'An MLLP connection failed.', { error: (error as Error).name });
    },
  });
  const { host, port } = await server.listen().catch((error: Error) => {
    const { port } = listen;
    throw mllpFailure('MLLP_PORT', {
      message: `${error.message}.`,
      cause: error,
      at: { path: `listen.port ${port}` },
    });
  });
  return {
    address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: () => server.close(),
  };
}

function inboundOf(bytes: Uint8Array, listen: Listen, answer: (reply: Reply) => void): Inbound {
  const header = peek(bytes);
  const refused = refusalOf(header, listen);
  return {
    bytes,
    format: 'hl7',
    door: 'feed',
    type: header.type,
    key: header.controlId === '' ? null : header.controlId,
    sender: `${header.sendingApplication}|${header.sendingFacility}`,
    ...(refused === undefined ? {} : { refused }),
    flags: flagsOf(header, bytes),
    reply: (verdict) => answer(replyTo(verdict, header, bytes)),
  };
}

/** Why the header alone keeps a message out; what is in the rest is for flows to judge. */
function refusalOf(header: Header, { types, processingIds, versions }: Listen): string | undefined {
  if (!header.usable) return header.reason ?? 'There is no usable MSH.';
  if (types && !types.some((type) => isOf(type, header.type))) return `MSH-9 is none of ${types.join(', ')}.`;
  if (processingIds && !processingIds.includes(header.processingId))
    return `MSH-11 is none of ${processingIds.join(', ')}.`;
  if (versions && !versions.includes(header.version)) return `MSH-12 is none of ${versions.join(', ')}.`;
  return undefined;
}

/** `ADT^*` takes every ADT; without the star the type must be just that. */
const isOf = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;

function flagsOf(header: Header, bytes: Uint8Array): MessageFlag[] {
  const declared = header.charset.toUpperCase();
  const wrong =
    (/UTF-?8/.test(declared) && !isUtf8(bytes)) || (/^(US-)?ASCII$/.test(declared) && !isAscii(bytes));
  return wrong ? ['charset-wrong'] : [];
}

function replyTo(verdict: Verdict, header: Header, bytes: Uint8Array): Reply {
  // Neither yes nor no is true: the sender finds the connection ended and sends again.
  if (verdict.kind === 'not kept') return 'close';
  // Two systems that acknowledge acknowledgements never stop.
  if (isAck(header)) return null;
  const stored = { controlId: verdict.messageId, time: new Date(verdict.receivedAt) };
  return verdict.kind === 'rejected'
    ? buildAck(bytes, { ...stored, code: 'AR', text: verdict.reason })
    : buildAck(bytes, { ...stored, code: 'AA' });
}

/** An IPv4 address as a socket for both families shows it. */
const plainAddress = (address: string): string => address.replace(/^::ffff:/i, '');
