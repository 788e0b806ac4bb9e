/** Every failure of the e-mail connector, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const emailFailures = {
  EMAIL_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  EMAIL_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The e-mail connector has no capability of this name.',
    fix: 'Use send.',
  },
  EMAIL_ARGUMENTS: {
    kind: 'validation',
    about: 'The step gives arguments that make no e-mail.',
    fix: 'Give to, subject and text (or html).',
  },
  EMAIL_RECIPIENT: {
    kind: 'validation',
    about: 'The connection does not send to such an address.',
    fix: 'Correct the address, or allow it under recipients of the connection.',
  },
  EMAIL_UNREACHABLE: {
    kind: 'unreachable',
    about: 'The mail server could not be reached, or hung up before the message; nothing was sent.',
    fix: 'Check host, port and network, and whether the mail server is up.',
  },
  EMAIL_TLS: {
    kind: 'unreachable',
    about: "The mail server's certificate was not accepted, or it offers no TLS; nothing was sent.",
    fix: "Check the certificate's expiry, name and authority (tls.ca), and that tls is as the server wants it: implicit (465) or starttls (587).",
  },
  EMAIL_UNAUTHORIZED: {
    kind: 'auth',
    about: 'The mail server does not accept the user or the password.',
    fix: 'Check user and secret of the connection.',
  },
  EMAIL_NOT_NOW: {
    kind: 'throttle',
    about: 'The mail server asks to try again later (4xx); nothing was taken.',
    fix: 'Nothing: it is tried again. If it lasts, ask who runs the mail server.',
  },
  EMAIL_REFUSED: {
    kind: 'rejected',
    about: 'The mail server refuses the e-mail (5xx).',
    fix: "Look at the server's answer in the delivery's history; correct the sender, the recipient or the content, and replay.",
  },
  EMAIL_UNKNOWN: {
    kind: 'unknown-outcome',
    about: 'It was sent and no answer came: it may have been taken.',
    fix: 'Look into the mailbox: it would have the same Message-ID. Sent again, some mail programs show it once, others twice.',
  },
} as const satisfies Record<string, FailureEntry>;

export type EmailFailureCode = keyof typeof emailFailures;
export const emailFailure = failuresOf(emailFailures);
