import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { testAuthority } from '../../hl7/mllp/certificate.fixture.ts';
import type { Json } from '../../std/index.ts';
import { type TestContext, testContext } from '../context.fixture.ts';
import type { CallContext, Connection } from '../contract.ts';
import { email } from './index.ts';

const authority = testAuthority();
const server = authority.issue({ subject: 'localhost' });

/** A mail server of our own: enough of SMTP for one conversation, spoken over real sockets. */
interface Peer {
  readonly port: number;
  /** What was said to it, without the message itself. */
  readonly said: string[];
  readonly mails: string[];
  /** Its answers, where they are not the usual ones, by what was said: `RCPT` to `550 no`. `hang up` ends the conversation. */
  readonly answers: Map<string, string>;
}

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(() => {
  for (const { server: each, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    each.close();
  }
});

async function peer(tls: 'starttls' | 'implicit' | 'none', identity = server): Promise<Peer> {
  const [said, mails, answers] = [[] as string[], [] as string[], new Map<string, string>()];
  const sockets = new Set<Socket>();
  const secured = (socket: Socket): TLSSocket =>
    new TLSSocket(socket, { isServer: true, key: identity.key, cert: identity.cert });
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(tls === 'implicit' ? secured(socket) : socket, tls === 'starttls');
  });
  function talk(socket: Socket, offers: boolean, greets = true): void {
    socket.on('error', () => undefined);
    let buffer = '';
    let inMessage = false;
    const answer = (line: string): void => {
      const word = line.split(' ')[0]?.toUpperCase() ?? '';
      const given = answers.get(word) ?? answers.get(line);
      if (given === 'hang up') return void socket.destroy();
      const usual: Record<string, string> = {
        EHLO: `250-mail\r\n${offers ? '250-STARTTLS\r\n' : ''}250 AUTH PLAIN`,
        AUTH: '235 hello',
        DATA: '354 go on',
        QUIT: '221 bye',
        STARTTLS: offers ? '220 go on' : '502 what?',
      };
      if (word !== 'QUIT' || !socket.destroyed) socket.write(`${given ?? usual[word] ?? '250 fine'}\r\n`);
      if (word === 'DATA' && given === undefined) inMessage = true;
      if (word === 'STARTTLS' && offers) {
        socket.removeAllListeners('data');
        talk(secured(socket), false, false);
      }
    };
    socket.on('data', (bytes: Buffer) => {
      buffer += bytes.toString('utf8');
      for (;;) {
        const end = buffer.indexOf(inMessage ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + (inMessage ? 5 : 2));
        if (inMessage) {
          inMessage = false;
          mails.push(line);
          answer('.');
        } else {
          said.push(line);
          answer(line);
        }
      }
    });
    if (!greets) return;
    if (answers.has('greeting')) socket.destroy();
    else socket.write('220 mail\r\n');
  }
  open.push({ server: listening, sockets });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { port: (listening.address() as AddressInfo).port, said, mails, answers };
}

const about = (possibleDuplicate = false): CallContext => ({
  ...{ idempotencyKey: 'suture-mercy-7-tell', delivery: '7', attempt: 1, flow: 'f', step: 'tell' },
  possibleDuplicate,
  message: { id: '1', bytes: new Uint8Array(), format: 'json' },
  signal: new AbortController().signal,
});

async function connected(
  port: number,
  more: Record<string, unknown> = {},
): Promise<{ mail: Connection; context: TestContext }> {
  const context = await testContext();
  context.secretTexts.set('mail', 'pass word');
  const record = {
    ...{ connector: 'email', host: 'localhost', port, ca: authority.ca, user: 'suture', secret: 'mail' },
    ...{ from: 'Care team <care@mercy.example>', recipients: ['@mercy.example', 'kim@other.example'] },
    ...more,
  };
  return { mail: email.open(email.parse(record, { site: 'mercy', connection: 'mail' }), context), context };
}

const send = (mail: Connection, args: Json, again = false): Promise<Json> =>
  mail.call?.({ do: 'send', args }, about(again)) as Promise<Json>;
const letter = {
  to: ['ida@mercy.example', 'Kim <kim@other.example>'],
  subject: 'Über den Tag',
  text: 'Grüße\n.\nEnde',
};

describe('an e-mail', () => {
  test.each(['starttls', 'implicit'] as const)(
    'goes out by TLS (%s), to whom it says, with the same id at every attempt',
    async (tls) => {
      const there = await peer(tls);
      const { mail, context } = await connected(there.port, { tls });
      const first = await send(mail, letter);
      expect(first).toMatchObject({
        accepted: 2,
        refused: 0,
        messageId: expect.stringMatching(/^<[0-9a-f]{32}@mercy\.example>$/),
      });
      expect(await send(mail, letter, true)).toEqual(first);
      const [one = '', two = ''] = there.mails;
      expect(one).toContain('From: Care team <care@mercy.example>');
      expect(one).toContain('To: ida@mercy.example, Kim <kim@other.example>');
      expect(one).toContain((first as { messageId: string }).messageId);
      expect(one).not.toContain('Suture-Possible-Duplicate');
      expect(two).toContain('Suture-Possible-Duplicate: true');
      expect(there.said).toContain(`AUTH PLAIN ${Buffer.from('\0suture\0pass word').toString('base64')}`);
      expect(there.said).toContain('RCPT TO:<kim@other.example>');
      expect(context.outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
      expect((await mail.test(new AbortController().signal))[0]).toMatchObject({ ok: true });
    },
  );

  test('is not sent in the clear, not to a stranger’s server, and says what is wrong', async () => {
    const plain = await peer('none');
    const { mail } = await connected(plain.port);
    await expect(send(mail, letter)).rejects.toMatchObject({ code: 'EMAIL_TLS', kind: 'unreachable' });
    expect(plain.said.some((line) => line.startsWith('AUTH'))).toBe(false);
    const stranger = await peer('implicit', testAuthority('Stranger').issue({ subject: 'localhost' }));
    const other = await connected(stranger.port, { tls: 'implicit' });
    await expect(send(other.mail, letter)).rejects.toMatchObject({ code: 'EMAIL_TLS' });
    expect((await other.mail.test(new AbortController().signal))[0]).toMatchObject({ ok: false });
  });

  test.each([
    ['AUTH', '535 no', 'EMAIL_UNAUTHORIZED', 'auth'],
    ['RCPT', '450 later', 'EMAIL_NOT_NOW', 'throttle'],
    ['RCPT', '550 nobody', 'EMAIL_REFUSED', 'rejected'],
    ['.', '554 no', 'EMAIL_REFUSED', 'rejected'],
    ['.', '451 later', 'EMAIL_NOT_NOW', 'throttle'],
    ['greeting', 'hang up', 'EMAIL_UNREACHABLE', 'unreachable'],
    ['RCPT', 'hang up', 'EMAIL_UNREACHABLE', 'unreachable'],
    ['DATA', 'hang up', 'EMAIL_UNREACHABLE', 'unreachable'],
    ['.', 'hang up', 'EMAIL_UNKNOWN', 'unknown-outcome'],
  ])('%s answered with %s is %s', async (word, answer, code, kind) => {
    const there = await peer('implicit');
    there.answers.set(word, answer);
    const { mail, context } = await connected(there.port, { tls: 'implicit' });
    await expect(send(mail, letter)).rejects.toMatchObject({ code, kind });
    expect(context.outcomes.at(-1)).toMatchObject({ kind, code });
  });

  test('of which the server does not take every recipient is sent, and counted', async () => {
    const there = await peer('implicit');
    there.answers.set('RCPT TO:<kim@other.example>', '550 nobody');
    const { mail, context } = await connected(there.port, { tls: 'implicit' });
    expect(await send(mail, letter)).toMatchObject({ accepted: 1, refused: 1 });
    expect(context.told).toMatchObject([{ code: 'EMAIL_RECIPIENT_REFUSED', count: 1 }]);
  });

  test('goes to nobody whom the connection does not allow, and carries nothing that was slipped in', async () => {
    const there = await peer('implicit');
    const { mail } = await connected(there.port, { tls: 'implicit' });
    const codes = async (args: Json): Promise<unknown> => send(mail, args).catch(({ code }) => code);
    expect(await codes({ ...letter, to: 'ida@evil.example' })).toBe('EMAIL_RECIPIENT');
    expect(await codes({ ...letter, cc: 'x@evil.example' })).toBe('EMAIL_RECIPIENT');
    expect(await codes({ ...letter, to: 'ida@mercy.example, x@evil.example' })).toBe('EMAIL_ARGUMENTS');
    expect(await codes({ ...letter, to: '"@mercy.example" <x@evil.example>' })).toBe('EMAIL_RECIPIENT');
    expect(await codes({ ...letter, subject: 'a\r\nBcc: x@evil.example' })).toBe('EMAIL_ARGUMENTS');
    expect(await codes({ ...letter, attachments: [{ path: '/etc/passwd' }] })).toBe('EMAIL_ARGUMENTS');
    expect(await codes({ to: 'ida@mercy.example', subject: 'x' })).toBe('EMAIL_ARGUMENTS');
    expect(there.mails).toEqual([]);
    const failure = await send(mail, { ...letter, subject: 'SECRET\r\n' }).catch((error) =>
      JSON.stringify(error),
    );
    expect(failure).not.toContain('SECRET');
  });
});

test.each([
  [{ tls: 'none', host: 'mail.mercy.example' }, 'mail to another machine goes by TLS'],
  [{ secret: undefined }, 'user and secret go together'],
  [{ recipients: [] }, 'recipients'],
  [{ from: 'nobody' }, 'an address'],
  [{ recipient: 'x' }, 'did you mean "recipients"?'],
])('a record with %j is refused', async (wrong, expected) => {
  await expect(connected(25, wrong)).rejects.toThrow(expected);
});
