/** Every failure of the webhook connector, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const webhookFailures = {
  WEBHOOK_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  WEBHOOK_NO_URL: {
    kind: 'config',
    about: 'This connection has no url, so nothing can be sent to it.',
    fix: 'Add url to the connection, or name another connection in the flow.',
  },
  WEBHOOK_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The webhook connector has no capability of this name.',
    fix: 'Use send, find, create or update.',
  },
  WEBHOOK_ARGUMENTS: {
    kind: 'validation',
    about: 'The step gives arguments that make no request.',
    fix: 'Correct the path, the method or the body in the step.',
  },
  WEBHOOK_UNREACHABLE: {
    kind: 'unreachable',
    about: 'No connection could be made; nothing was sent.',
    fix: 'Check the url, the network and whether the application is up.',
  },
  WEBHOOK_TLS: {
    kind: 'unreachable',
    about: "The application's certificate was not accepted; nothing was sent.",
    fix: "Check the certificate's expiry, its host name and the authority that signed it.",
  },
  WEBHOOK_TIMEOUT: {
    kind: 'timeout',
    about: 'No answer to a question; nothing was changed by asking.',
    fix: 'Look at the application; raise timeout if it is known to be slow.',
  },
  WEBHOOK_UNKNOWN: {
    kind: 'unknown-outcome',
    about: 'It was sent and no answer came: it may have been done.',
    fix: 'Nothing if the application honours Idempotency-Key: it is sent again under the same key and marked as a possible duplicate.',
  },
  WEBHOOK_REFUSED: {
    kind: 'validation',
    about: 'The application refuses the content (400, 404, 410, 413, 415, 422 and other 4xx).',
    fix: "Look at the application's answer in the delivery's history, correct the map, and replay.",
  },
  WEBHOOK_UNAUTHORIZED: {
    kind: 'auth',
    about: 'The application does not accept our signature (401).',
    fix: 'Check that both sides have the same secret and that their clocks agree.',
  },
  WEBHOOK_FORBIDDEN: {
    kind: 'config',
    about: 'The application does not allow this call (403).',
    fix: 'Ask the owner of the application to allow it, or correct the path.',
  },
  WEBHOOK_NOT_NOW: {
    kind: 'rejected',
    about: 'The application could not take it yet (408, 425).',
    fix: 'Nothing: it is tried again.',
  },
  WEBHOOK_CONFLICT: {
    kind: 'conflict',
    about: 'The application reports a conflict (409).',
    fix: 'Nothing at first: it is tried again; if it goes on, look at the record on the other side.',
  },
  WEBHOOK_THROTTLED: {
    kind: 'throttle',
    about: 'The application asks to slow down (429, 503).',
    fix: 'Nothing: it is tried again when it said to.',
  },
  WEBHOOK_FAILED: {
    kind: 'rejected',
    about: 'The application failed (5xx).',
    fix: "Look at the application's log at this time; it is tried again.",
  },
  WEBHOOK_REDIRECTED: {
    kind: 'config',
    about:
      'The application points elsewhere (3xx); redirects are not followed, since the message must not travel.',
    fix: 'Enter the final address as url.',
  },
  WEBHOOK_ANSWER: {
    kind: 'config',
    about: 'The application said yes, but its answer is too large or not JSON where JSON is needed.',
    fix: 'Let the application answer with a smaller body, as application/json.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type WebhookFailureCode = keyof typeof webhookFailures;

export const webhookFailure = failuresOf(webhookFailures);
