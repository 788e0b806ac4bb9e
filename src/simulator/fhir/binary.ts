import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnyDeclaration } from './declaration.ts';
import type { Edition } from './edition.ts';
import { sendResource } from './format.ts';
import { type Binary, contentOf } from './resources/binary.ts';

/** A document: as a FHIR resource when FHIR is asked for, else the document itself. */
export function sendBinary(
  request: FastifyRequest,
  reply: FastifyReply,
  declaration: AnyDeclaration,
  record: unknown,
  edition: Edition,
): FastifyReply {
  const format = new URLSearchParams(request.url.split('?')[1] ?? '').get('_format') ?? '';
  const asked = `${request.headers.accept ?? ''} ${format}`;
  if (/application\/(fhir\+)?(json|xml)|^ (json|xml)$/.test(asked)) {
    return sendResource(request, reply, 200, edition.show(declaration, record));
  }
  const { type, content } = contentOf(record as Binary);
  return reply.code(200).type(type).send(content);
}
