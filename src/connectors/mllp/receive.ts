/**
 * Receives HL7 messages. Only the MSH is looked at; nothing is answered before the message is kept. The answer
 * is made of the message, the stored time and the stored id, so a repeat gets the very same bytes.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import {
  type AckCode,
  acksOwed,
  buildAck,
  commitAck,
  commitNak,
  createMllpServer,
  type Header,
  isAck,
  type MllpServer,
  type MllpServerOptions,
  peek,
  type Reply,
  tlsTrouble,
} from '../../hl7/index.ts';
import type { MessageFlag } from '../../message/index.ts';
import type { ConnectionContext, Inbound, Listening, Receiver, Verdict } from '../contract.ts';
import type { MllpConfig } from './config.ts';
import { mllpFailure } from './failures.ts';
import { openServerTls } from './tls-config.ts';

type Listen = NonNullable<MllpConfig['listen']>;

export async function listenMllp(
  listen: Listen,
  config: MllpConfig,
  context: ConnectionContext,
  receiver: Receiver,
): Promise<Listening> {
  const allowed = listen.peers && new Set(listen.peers.map(plainAddress));
  const server = serverOf(listen, {
    ...(listen.tls === undefined ? {} : { tls: await openServerTls(listen.tls, context.secrets) }),
    ...(listen.framing === undefined ? {} : { framing: listen.framing }),
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
      const text = `The message is larger than ${config.maxFrame} bytes.`;
      return answer('reject', header, listen, { id: String(at), at, text });
    },
    onGarbage({ kind, bytes }) {
      receiver.noise({ kind: kind === 'garbage' ? 'garbage' : 'broken-frame', bytes });
    },
    onError(error) {
      const trouble = tlsTrouble(error);
      if (trouble === undefined)
        context.log('error', 'An MLLP connection failed.', { error: (error as Error).name });
      else context.log('warn', (error as Error).message, { refused: trouble.kind });
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

function inboundOf(bytes: Uint8Array, listen: Listen, respond: (reply: Reply) => void): Inbound {
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
    reply: (verdict) => respond(replyTo(verdict, header, listen)),
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

function replyTo(verdict: Verdict, header: Header, listen: Listen): Reply {
  // Neither yes nor no is true: the sender finds the connection ended and sends again.
  if (verdict.kind === 'not kept') return 'close';
  const { messageId: id, receivedAt: at } = verdict;
  return verdict.kind === 'rejected'
    ? answer('reject', header, listen, { id, at, text: verdict.reason })
    : answer('accept', header, listen, { id, at });
}

/**
 * What a receiver owes that keeps messages and works on them later. To keep a message with its plan is all that its sender can
 * wait for, so that is also when the application acknowledgement is true: in original mode the one AA, in enhanced mode, where
 * MSH-16 wants one, an AA behind the CA on the same connection. What flows make of it later is ours to show and to repeat.
 */
function answer(
  stored: 'accept' | 'reject',
  header: Header,
  { acknowledge, release }: Listen,
  said: { readonly id: string; readonly at: number; readonly text?: string },
): Reply {
  // A block of the transport, not an acknowledgement of HL7: it is owed for whatever came.
  if (release === 2) return stored === 'accept' ? commitAck : commitNak;
  // Two systems that acknowledge acknowledgements never stop.
  if (isAck(header)) return null;
  const time = new Date(said.at);
  const ack = (code: AckCode, controlId: string): Uint8Array =>
    buildAck(header, { code, controlId, time, ...(said.text === undefined ? {} : { text: said.text }) });
  if (acknowledge === 'original') return ack(stored === 'accept' ? 'AA' : 'AR', said.id);
  const { commit, application } = acksOwed(header, { stored, applied: stored });
  if (application === undefined || application === 'later')
    return commit === undefined ? null : ack(commit, said.id);
  if (commit === undefined) return ack(application, said.id);
  // Each of the two is a message with an id of its own.
  return [ack(commit, said.id), ack(application, `${said.id}.2`)];
}

/** Key and certificate are looked at when the server is made. */
function serverOf(listen: Listen, options: MllpServerOptions): MllpServer {
  try {
    return createMllpServer(options);
  } catch (error) {
    const trouble = tlsTrouble(error);
    if (trouble === undefined) throw error;
    throw mllpFailure('MLLP_TLS', {
      message: `MLLP cannot listen on port ${listen.port} with TLS: ${trouble.text}.`,
      fix: trouble.fix,
      cause: error,
      at: { path: 'listen.tls' },
    });
  }
}

/** An IPv4 address as a socket for both families shows it. */
const plainAddress = (address: string): string => address.replace(/^::ffff:/i, '');
