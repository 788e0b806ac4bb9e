/**
 * Sends one e-mail in one conversation with the mail server. What was said when it broke off decides: before the message,
 * nothing was sent; behind its last byte nobody knows.
 */
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import SMTPConnection from 'nodemailer/lib/smtp-connection/index.js';
import { z } from 'zod';
import type { Failure, Json } from '../../std/index.ts';
import type { Call, CallContext, ConnectionContext } from '../contract.ts';
import { type EmailConfig, isAddress } from './config.ts';
import { type EmailFailureCode, emailFailure } from './failures.ts';

const address = z.string().refine(isAddress);
const addresses = z.union([address, z.array(address).min(1).max(100)]);
const callArguments = z
  .strictObject({
    to: addresses,
    cc: addresses.optional(),
    replyTo: address.optional(),
    /** Without patient data: subjects stand in lists and in logs of mail servers. */
    subject: z
      .string()
      .min(1)
      .max(400)
      .regex(/^[^\r\n]*$/),
    text: z.string().optional(),
    html: z.string().optional(),
  })
  .refine(({ text, html }) => text !== undefined || html !== undefined, { path: ['text'] });

type Arguments = z.output<typeof callArguments>;

/** Gives `{ messageId, accepted, refused }`: how many recipients the server took, and how many it did not. */
export async function sendEmail(
  config: EmailConfig,
  context: ConnectionContext,
  call: Call,
  about: CallContext,
): Promise<Json> {
  if (call.do !== 'send') throw emailFailure('EMAIL_CAPABILITY_UNKNOWN');
  const asked = read(config, call.args);
  about.signal.throwIfAborted();
  const messageId = messageIdOf(config, about);
  const raw = await composed(config, asked, messageId, about.possibleDuplicate);
  const started = context.clock.elapsed();
  let failure: Failure | undefined;
  try {
    const { accepted, refused } = await conversation(config, context, asked, raw, about.signal);
    if (refused > 0) {
      const text = 'The mail server did not take every recipient of an e-mail.';
      context.found([{ code: 'EMAIL_RECIPIENT_REFUSED', text, count: refused }]);
    }
    return { messageId, accepted, refused };
  } catch (error) {
    failure = error as Failure;
    throw failure;
  } finally {
    context.report({
      kind: failure?.kind ?? 'ok',
      ms: Math.round(context.clock.elapsed() - started),
      ...(failure ? { code: failure.code } : {}),
    });
  }
}

/** The same for every attempt of a step: a mail program that knows it shows it once. */
function messageIdOf({ from }: EmailConfig, { idempotencyKey }: CallContext): string {
  const domain = bare(from).split('@')[1] ?? 'localhost';
  return `<${hash('sha256', idempotencyKey, 'hex').slice(0, 32)}@${domain}>`;
}

const bare = (text: string): string => (/<([^<>]+)>$/.exec(text)?.[1] ?? text).trim().toLowerCase();

const listOf = (given: string | readonly string[] | undefined): readonly string[] =>
  given === undefined ? [] : typeof given === 'string' ? [given] : given;

/** Names of fields alone: their values may name a patient. */
function read(config: EmailConfig, args: Json): Arguments {
  const parsed = callArguments.safeParse(args ?? {});
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? '');
    throw emailFailure('EMAIL_ARGUMENTS', {
      message: `The arguments of send are not right${field === '' ? '' : `: ${field}`}.`,
    });
  }
  const allowed = new Set(config.recipients.map((each) => each.toLowerCase()));
  for (const each of [...listOf(parsed.data.to), ...listOf(parsed.data.cc)]) {
    const [, domain = ''] = bare(each).split('@');
    if (!allowed.has(bare(each)) && !allowed.has(`@${domain}`))
      throw emailFailure('EMAIL_RECIPIENT', {
        message: `The connection does not send to addresses at ${/^[\w.-]+$/.test(domain) ? domain : 'that domain'}.`,
      });
  }
  return parsed.data;
}

function composed(config: EmailConfig, asked: Arguments, messageId: string, again: boolean): Promise<Buffer> {
  const composer = new MailComposer({
    from: config.from,
    to: [...listOf(asked.to)],
    cc: [...listOf(asked.cc)],
    ...(asked.replyTo === undefined ? {} : { replyTo: asked.replyTo }),
    subject: asked.subject,
    ...(asked.text === undefined ? {} : { text: asked.text }),
    ...(asked.html === undefined ? {} : { html: asked.html }),
    messageId,
    ...(again ? { headers: { 'Suture-Possible-Duplicate': 'true' } } : {}),
    // What a message says never makes it read a file or ask an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return new Promise((resolve, reject) => {
    composer.compile().build((error, message) => (error ? reject(error) : resolve(message)));
  });
}

const pem = async (reference: string, context: ConnectionContext): Promise<string> =>
  reference.includes('-----BEGIN') ? reference : context.secrets.get(reference);

/** A conversation up to the point where mail may be given. */
export async function greeted(config: EmailConfig, context: ConnectionContext): Promise<SMTPConnection> {
  const { host, tls, timeout, user } = config;
  const password = config.secret === undefined ? undefined : await context.secrets.get(config.secret);
  const ca = config.ca === undefined ? undefined : await pem(config.ca, context);
  const smtp = watched(
    new SMTPConnection({
      host,
      port: config.port ?? (tls === 'implicit' ? 465 : 587),
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
    }),
  );
  await step(smtp, never, (done) => smtp.connect((error) => done(error)));
  if (user !== undefined && password !== undefined)
    await step(smtp, never, (done) =>
      smtp.login({ credentials: { user, pass: password } }, (error) => done(error)),
    );
  return smtp;
}

async function conversation(
  config: EmailConfig,
  context: ConnectionContext,
  asked: Arguments,
  raw: Buffer,
  signal: AbortSignal,
): Promise<{ accepted: number; refused: number }> {
  const smtp = await greeted(config, context);
  const leave = (): void => smtp.close();
  signal.addEventListener('abort', leave, { once: true });
  let begun = false;
  // It is read when the server has asked for the message, and not before.
  const message = new Readable({
    read() {
      begun = true;
      this.push(raw);
      this.push(null);
    },
    highWaterMark: 0,
  });
  try {
    const to = [...listOf(asked.to), ...listOf(asked.cc)].map(bare);
    let taken = { accepted: to.length, refused: 0 };
    await step(
      smtp,
      () => begun,
      (done) =>
        smtp.send({ from: bare(config.from), to }, message, (error, info) => {
          if (info) taken = { accepted: info.accepted.length, refused: info.rejected.length };
          done(error);
        }),
    );
    return taken;
  } finally {
    signal.removeEventListener('abort', leave);
    smtp.quit();
  }
}

type SmtpError = Error & {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
};

/** Conversations that broke off, with why: also between two things said, and after the last. */
const over = new WeakMap<SMTPConnection, SmtpError>();

function watched(smtp: SMTPConnection): SMTPConnection {
  // It stays: an error that nobody listens to would end the process.
  smtp.on('error', (error) => void (over.has(smtp) || over.set(smtp, error)));
  smtp.once('end', () => void (over.has(smtp) || over.set(smtp, new Error('the server hung up'))));
  return smtp;
}

/** One thing said; ends by its answer, or by whatever ended the conversation. */
function step(
  smtp: SMTPConnection,
  sent: () => boolean,
  say: (done: (error: SmtpError | null | undefined) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (): void => done(over.get(smtp) ?? new Error('the server hung up'));
    const done = (error: SmtpError | null | undefined): void => {
      smtp.removeListener('error', ended);
      smtp.removeListener('end', ended);
      if (error) {
        reject(failureOf(error, sent()));
        smtp.close();
      } else resolve();
    };
    smtp.once('error', ended);
    smtp.once('end', ended);
    if (over.has(smtp)) ended();
    else say(done);
  });
}

const never = (): boolean => false;

/** @param sent The message was under way. */
function failureOf(error: SmtpError, sent: boolean): Failure {
  const { code = '', responseCode } = error;
  const options = {
    cause: error,
    ...(error.response === undefined ? {} : { detail: error.response }),
    ...(responseCode === undefined ? {} : { message: `The mail server answered ${responseCode}.` }),
  };
  const by = (failure: EmailFailureCode): Failure => emailFailure(failure, options);
  if (code === 'EAUTH') return by('EMAIL_UNAUTHORIZED');
  if (code === 'ETLS') return by('EMAIL_TLS');
  if (responseCode !== undefined && responseCode >= 500) return by('EMAIL_REFUSED');
  if (responseCode !== undefined && responseCode >= 400) return by('EMAIL_NOT_NOW');
  if (sent) return by('EMAIL_UNKNOWN');
  const certificate = /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(
    `${code} ${(error.cause as SmtpError)?.code ?? ''}`,
  );
  if (certificate || /certificate|SSL routines|STARTTLS/i.test(error.message)) return by('EMAIL_TLS');
  return by('EMAIL_UNREACHABLE');
}
