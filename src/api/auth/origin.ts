import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a changing request comes from our own pages. `Sec-Fetch-Site` is set by the browser and cannot be
 * forged by a page; browsers leave it out over plain HTTP to other hosts, and there `Origin` says it.
 * `unknown`: neither header, so no browser.
 */
export function requestSource(
  headers: IncomingHttpHeaders,
  publicOrigin: string | null,
): 'own' | 'foreign' | 'unknown' {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' ? 'own' : 'foreign';
  const origin = headers.origin;
  if (origin === undefined) return 'unknown';
  if (publicOrigin !== null && origin === publicOrigin) return 'own';
  const host = URL.canParse(origin) ? new URL(origin).host : null;
  return host !== null && host === headers.host ? 'own' : 'foreign';
}
