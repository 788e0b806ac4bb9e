import type { FastifyReply, FastifyRequest } from 'fastify';
import { BadBody } from './body.ts';

/** Whether a person opened the address in a browser. */
export function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '');
}

/** A whole number of the query, at least 0. */
export function wholeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0)
    throw new BadBody(`${name} must be a whole number`);
  return value;
}

/** `limit` (100 when absent, at most 10,000) and `offset`. */
export function window(request: FastifyRequest): { limit: number; offset: number } {
  const query = queryOf(request);
  return { limit: Math.min(10_000, wholeOf(query, 'limit') ?? 100), offset: wholeOf(query, 'offset') ?? 0 };
}

/** The fields of a form that one of our pages sent. Another site's page may not send it for its reader. */
export function formOf(request: FastifyRequest): URLSearchParams {
  const from = request.headers['sec-fetch-site'];
  if (from !== undefined && from !== 'same-origin' && from !== 'none') {
    throw new BadBody('this form must be sent from the page of the hospital itself');
  }
  if (!(request.body instanceof URLSearchParams)) throw new BadBody('send a form');
  return request.body;
}

/** Back to a page, so that reloading it does not send the form again. */
export function backTo(reply: FastifyReply, address: string): FastifyReply {
  return reply.code(303).header('location', address).send();
}
