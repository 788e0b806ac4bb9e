/**
 * Signatures by the Standard Webhooks specification: `v1,` and base64 of HMAC-SHA256 over
 * `<webhook-id>.<webhook-timestamp>.<body>`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds that clocks may differ, and the longest time a captured call can be played back. */
const TOLERANCE = 300;

/** `whsec_` and base64, as the specification writes secrets; any other text is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

function digest(secret: string, id: string, timestamp: string, body: Uint8Array | string): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/**
 * The three headers of a signed request.
 * @param now Milliseconds since 1970.
 */
export function signatureHeaders(
  secret: string,
  id: string,
  now: number,
  body: Uint8Array | string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(secret, id, timestamp, body).toString('base64')}`,
  };
}

/**
 * Why a request is not to be believed, one sentence; `null` when it is. A sender that changes its secret may
 * give several signatures: one that fits is enough.
 */
export function signatureFault(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
  body: Uint8Array,
): string | null {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const given = headers['webhook-signature'] ?? '';
  if (id === '' || id.length > 256 || given === '') return 'The webhook-id or webhook-signature is missing.';
  if (!/^\d{1,12}$/.test(timestamp)) return 'The webhook-timestamp is not a number of seconds.';
  if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE)
    return 'The webhook-timestamp is more than five minutes off.';
  const expected = digest(secret, id, timestamp, body);
  for (const one of given.split(' ').slice(0, 10)) {
    if (!one.startsWith('v1,')) continue;
    const offered = Buffer.from(one.slice(3), 'base64');
    if (offered.length === expected.length && timingSafeEqual(offered, expected)) return null;
  }
  return 'The webhook-signature does not fit the body and the secret.';
}
