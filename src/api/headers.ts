import type { FastifyReply } from 'fastify';

/**
 * Set on every answer, before anything can refuse it. Styles: our own files, and the style elements that the
 * console's component library writes, which carry this page's nonce. No inline script anywhere.
 *
 * `form`: a page whose form is posted by the browser itself. Under `no-referrer` it would send `Origin: null`
 * (Fetch standard, "append a request Origin header"), and over plain HTTP that is all we could judge it by.
 */
export function setSecurityHeaders(
  reply: FastifyReply,
  options: { https: boolean; nonce?: string; form?: boolean },
): void {
  const style =
    options.nonce === undefined ? "style-src 'self'" : `style-src 'self' 'nonce-${options.nonce}'`;
  reply.header(
    'content-security-policy',
    `default-src 'self'; ${style}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  );
  reply.header('x-content-type-options', 'nosniff');
  reply.header('x-frame-options', 'DENY');
  reply.header('referrer-policy', options.form ? 'same-origin' : 'no-referrer');
  reply.header('cross-origin-opener-policy', 'same-origin');
  reply.header('cross-origin-resource-policy', 'same-origin');
  reply.header('cache-control', 'no-store');
  if (options.https) reply.header('strict-transport-security', 'max-age=31536000');
}
