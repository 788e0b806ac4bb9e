/** How an interface refuses a bearer token. */
import type { FastifyReply } from 'fastify';

/** 401 as observed: the body is an empty JSON string. */
export function unauthorized(reply: FastifyReply): FastifyReply {
  const challenge =
    'Bearer error="invalid_token", error_description="The access token provided is not valid"';
  return reply.code(401).header('www-authenticate', challenge).type('application/json').send('""');
}

/** 403 when the API is not on the client's record: no body at all. */
export function forbidden(reply: FastifyReply): FastifyReply {
  const description = 'The access token provided is valid, but is not authorized for this service';
  const challenge = `Bearer error="insufficient_scope", error_description="${description}"`;
  return reply.code(403).header('www-authenticate', challenge).send();
}
