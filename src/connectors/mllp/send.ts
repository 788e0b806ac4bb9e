/**
 * Sends HL7 messages over one connection, one at a time unless the record says more. Only an acknowledgement of this very message counts;
 * everything else after the first byte leaves the outcome unknown, and the same bytes with the same control id
 * are sent again: receivers know repeats by it.
 */
import { z } from 'zod';
import { CharsetError, encodeDeclared, type MllpClient, type SendResult } from '../../hl7/index.ts';
import { Cloakroom, type Failure, type Json } from '../../std/index.ts';
import type { Call, CallContext, ConnectionContext } from '../contract.ts';
import { type MllpFailureCode, mllpFailure, mllpFailures } from './failures.ts';

const callArguments = z.strictObject({ body: z.string().min(1).optional() }).nullish();

/** Gives `{ code, controlId, text }` of a positive acknowledgement. */
export async function sendMllp(
  client: MllpClient,
  context: ConnectionContext,
  call: Call,
  about: CallContext,
): Promise<Json> {
  if (call.do !== 'send') throw mllpFailure('MLLP_CAPABILITY_UNKNOWN');
  const bytes = bytesOf(call, about);
  about.signal.throwIfAborted();
  const started = context.clock.elapsed();
  const result = await unlessAborted(client.send(bytes), about.signal);
  const failure = failureOf(result);
  context.report({
    kind: failure?.kind ?? 'ok',
    ms: Math.round(context.clock.elapsed() - started),
    ...(failure ? { code: failure.code } : {}),
  });
  if (failure) throw failure;
  const { code, controlId, text } = result as Extract<SendResult, { kind: 'ack' }>;
  return { code, controlId, text };
}

function bytesOf(call: Call, { message }: CallContext): Uint8Array {
  const body = bodyOf(call.args);
  if (body === undefined) {
    if (message.format === 'hl7') return message.bytes;
    throw mllpFailure('MLLP_UNSENDABLE', {
      message: `The message is ${message.format}, not HL7, and the step gives no body.`,
    });
  }
  return encoded(body);
}

function bodyOf(args: Json | undefined): string | undefined {
  // The everyday call passes the message on as it came.
  if (args === undefined || args === null || isEmpty(args)) return undefined;
  const parsed = callArguments.safeParse(args);
  if (parsed.success) return parsed.data?.body;
  throw mllpFailure('MLLP_UNSENDABLE', { message: 'send takes { body: HL7 text } or nothing.' });
}

function isEmpty(args: Json): boolean {
  if (typeof args !== 'object' || Array.isArray(args)) return false;
  for (const _ in args) return false;
  return true;
}

/** The text's bytes in the character sets that its own MSH-18 declares; UTF-8 when it declares none. */
function encoded(body: string): Uint8Array {
  try {
    return encodeDeclared(body);
  } catch (error) {
    if (!(error instanceof CharsetError)) throw error;
    // Which character it is might be part of a name: the set is enough to go by.
    throw mllpFailure('MLLP_UNSENDABLE', {
      message: `The body has a character that ${error.charset}, as declared in MSH-18, does not hold.`,
      detail: error.message,
    });
  }
}

const codes: Readonly<Record<Exclude<SendResult['kind'], 'ack'>, MllpFailureCode>> = {
  mismatch: 'MLLP_ACK_MISMATCH',
  junk: 'MLLP_ACK_JUNK',
  timeout: 'MLLP_NO_ACK',
  closed: 'MLLP_CLOSED',
  unreachable: 'MLLP_UNREACHABLE',
  unsendable: 'MLLP_UNSENDABLE',
};

/** What a result that is no positive acknowledgement means for the delivery. */
export function failureOf(result: SendResult): Failure | undefined {
  switch (result.kind) {
    case 'ack': {
      if (result.code === 'AA' || result.code === 'CA') return undefined;
      const refused = result.code === 'AE' || result.code === 'CE';
      return mllpFailure(refused ? 'MLLP_REFUSED' : 'MLLP_REJECTED', {
        message: `The receiver answered ${result.code}.`,
        detail: detailOf(result.bytes),
      });
    }
    case 'mismatch':
    case 'junk':
      return mllpFailure(codes[result.kind], { detail: detailOf(result.bytes) });
    case 'timeout':
      return mllpFailure('MLLP_NO_ACK', {
        message: `The message was sent and no acknowledgement came within ${result.afterMs} ms: it may have been taken.`,
      });
    case 'unreachable':
      if (result.tls !== undefined)
        return mllpFailure('MLLP_TLS', {
          message: `${result.reason.split(': ')[0]}: ${result.tls.text}.`,
          fix: result.tls.fix,
        });
      return mllpFailure('MLLP_UNREACHABLE', {
        message: `${mllpFailures.MLLP_UNREACHABLE.about} (${result.reason})`,
      });
    default:
      return mllpFailure(codes[result.kind], {
        message: `${mllpFailures[codes[result.kind]].about} (${result.reason})`,
      });
  }
}

const detailOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 16_384)).toString('latin1');

/** Those who wait under one signal: it is the engine's own, for all sends, so one listener serves them. */
const waitingUnder = new WeakMap<AbortSignal, Cloakroom<() => void>>();

function waitersOf(signal: AbortSignal): Cloakroom<() => void> {
  let waiters = waitingUnder.get(signal);
  if (waiters === undefined) {
    const all = new Cloakroom<() => void>();
    waiters = all;
    waitingUnder.set(signal, all);
    signal.addEventListener('abort', () => all.empty().forEach((leave) => void leave()), { once: true });
  }
  return waiters;
}

/** Whoever stops waiting does not know what became of it. */
function unlessAborted(work: Promise<SendResult>, signal: AbortSignal): Promise<SendResult> {
  const waiters = waitersOf(signal);
  return new Promise((resolve, reject) => {
    const leave = (): void =>
      reject(mllpFailure('MLLP_CLOSED', { message: 'Stopped before the acknowledgement.' }));
    const ticket = waiters.leave(leave);
    // A send never rejects.
    void work.then((result) => {
      waiters.take(ticket);
      resolve(result);
    });
  });
}
