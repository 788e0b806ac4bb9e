import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resource } from './outcome.ts';
import { toXml } from './xml.ts';

const spoken = [
  'application/json',
  'application/fhir+json',
  'application/xml',
  'application/fhir+xml',
  'text/xml',
];
const usual = 'application/fhir+xml';

/**
 * The media type of an answer. Epic answers in XML unless JSON is asked for: nothing, an asterisk and nonsense all
 * mean XML, and each of the two JSON types is answered with itself. `_format` wins over the header.
 */
export function negotiate(accept: string | undefined, format: string | null): string {
  // A plus that was not percent-encoded arrives as a space.
  const wanted = format?.trim().replace(' ', '+').toLowerCase();
  if (wanted === 'json') return 'application/fhir+json';
  if (wanted === 'xml') return usual;
  if (wanted && spoken.includes(wanted)) return wanted;
  const ranked = (accept ?? '')
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
      const weight = parameters.find((each) => each.startsWith('q='))?.slice(2);
      return { type, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ type, weight }) => spoken.includes(type) && weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return ranked[0]?.type ?? usual;
}

/** Sends a resource in the type the caller asked for. */
export function sendResource(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  resource: Resource,
): FastifyReply {
  const format = new URLSearchParams(request.url.split('?')[1] ?? '').get('_format');
  const type = negotiate(request.headers.accept, format);
  const body = type.endsWith('json') ? JSON.stringify(resource) : toXml(resource);
  return reply.code(status).type(`${type}; charset=utf-8`).send(body);
}
