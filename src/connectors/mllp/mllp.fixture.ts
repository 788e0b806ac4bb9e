/** Both ends of an MLLP connection for tests, and a sender on a plain socket. */
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { Failure } from '../../std/index.ts';
import { callContext, testContext, testReceiver } from '../context.fixture.ts';
import type { CallContext, Connection, Inbound, Verdict } from '../contract.ts';
import { mllp } from './index.ts';

export const at = { site: 'mercy', connection: 'adt' };
export const T = Date.UTC(2026, 10, 21, 12, 0, 5);

export const open: (() => unknown)[] = [];

/** For `afterEach`: closes what a test has opened, the last first. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

export const adt = (id: string, more = ''): Buffer =>
  Buffer.from(
    `MSH|^~\\&|EPIC|MERCY|APP|CARE|20261121120000||ADT^A08^ADT_A01|${id}|P|2.5.1||||||UNICODE UTF-8\rPID|1||7^^^EPI^MR\r${more}`,
  );

export const accepted = (_inbound: Inbound): Verdict => ({
  kind: 'accepted',
  messageId: '41',
  receivedAt: T,
});

export async function receiving(
  verdict: (inbound: Inbound) => Verdict | Promise<Verdict> = accepted,
  listen: object = {},
  record: object = {},
) {
  const context = await testContext();
  const connection = mllp.open(
    mllp.parse({ connector: 'mllp', listen: { port: 0, ...listen }, ...record }, at),
    context,
  );
  const receiver = testReceiver(verdict);
  const listening = await connection.listen?.(receiver);
  if (listening === undefined) throw new Error('it does not listen');
  const port = Number(listening.address.split(':').at(-1));
  open.push(connection.close);
  return { context, connection, receiver, listening, port };
}

/** A sender on a plain socket: writes bytes, and gives all that came back when the other side ends or after so many. */
export async function dial(
  port: number,
): Promise<{ socket: Socket; frames: (count: number) => Promise<Buffer[]>; ended: Promise<Buffer> }> {
  const socket = connect({ host: '127.0.0.1', port });
  open.push(() => socket.destroy());
  let bytes = Buffer.alloc(0);
  const waiting: { count: number; resolve: (frames: Buffer[]) => void }[] = [];
  const split = (): Buffer[] =>
    bytes
      .toString('latin1')
      .split('\x1c\r')
      .slice(0, -1)
      .map((each) => Buffer.from(each.slice(1), 'latin1'));
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (const each of [...waiting]) if (split().length >= each.count) each.resolve(split());
  });
  const ended = new Promise<Buffer>((resolve) => {
    socket.once('close', () => resolve(bytes));
    socket.on('error', () => undefined);
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    ended,
    frames: (count) =>
      new Promise((resolve) => {
        if (split().length >= count) resolve(split());
        else waiting.push({ count, resolve });
      }),
  };
}

export const send = (
  connection: Connection,
  bytes: Uint8Array,
  args: unknown = null,
  more: Partial<CallContext> = {},
) =>
  connection.call?.(
    { do: 'send', args: args as never },
    callContext({ message: { id: '1', bytes, format: 'hl7' }, ...more }),
  );

export async function sender(port: number, record: object = {}, way: object = {}) {
  const context = await testContext();
  const connection = mllp.open(
    mllp.parse({ connector: 'mllp', send: { host: '127.0.0.1', port, ...way }, ...record }, at),
    context,
  );
  open.push(connection.close);
  return { context, connection };
}

export async function failureOf(work: Promise<unknown> | undefined): Promise<Failure> {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** Why a record is not taken; `taken` when it is. */
export function refusal(record: object): string {
  try {
    mllp.parse({ connector: 'mllp', ...record }, at);
    return 'taken';
  } catch (error) {
    expect(error).toMatchObject({ code: 'MLLP_CONFIG', kind: 'config' });
    return (error as Error).message;
  }
}
