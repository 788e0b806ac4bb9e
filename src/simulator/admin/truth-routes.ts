import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Hospital } from '../world/hospital.ts';
import type { Journal } from '../world/journal.ts';
import { BadBody } from './body.ts';
import {
  type ResourceTruth,
  type TruthQuery,
  type TruthType,
  truthAbout,
  truthOf,
  truthTypes,
} from './resource-truth.ts';

const mostAtOnce = 10_000;

/**
 * `/admin/truth` lists each resource as it truly stands with its change log (`type`, `patient`, `changed=true`,
 * `limit`, `offset`); `/admin/truth/<type>/<id>` tells of one; `/admin/changes?after=<sequence>` is the whole log.
 */
export function truthRoutes(app: FastifyInstance, hospital: Hospital, journal: Journal): void {
  app.get('/truth', (request) => {
    const query = queryOf(request);
    const limit = whole(query, 'limit', 100);
    const offset = whole(query, 'offset', 0);
    const type = query.get('type');
    const patient = query.get('patient');
    const wanted: TruthQuery = {
      ...(type === null ? {} : { type: typeNamed(type) }),
      ...(patient === null ? {} : { patient }),
      changed: query.get('changed') === 'true',
    };
    const found: ResourceTruth[] = [];
    let index = 0;
    for (const truth of truthOf(hospital, journal, wanted)) {
      if (index >= offset + limit || found.length >= mostAtOnce) break;
      if (index >= offset) found.push(truth);
      index += 1;
    }
    return found;
  });
  app.get<{ Params: { type: string; id: string } }>('/truth/:type/:id', (request, reply) => {
    const { type, id } = request.params;
    const truth = truthAbout(hospital, journal, typeNamed(type), id);
    return truth ?? reply.code(404).send({ error: `the hospital has no ${type} with this id` });
  });
  app.get('/changes', (request) => {
    const query = queryOf(request);
    return journal.after(whole(query, 'after', 0), Math.min(10_000, whole(query, 'limit', 1_000)));
  });
}

function typeNamed(name: string): TruthType {
  if (!truthTypes.some((type) => type === name))
    throw new BadBody(`type must be one of ${truthTypes.join(', ')}`);
  return name as TruthType;
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '');
}

function whole(query: URLSearchParams, name: string, usual: number): number {
  const value = Number(query.get(name) ?? usual);
  if (!Number.isInteger(value) || value < 0) throw new BadBody(`${name} must be a whole number`);
  return value;
}
