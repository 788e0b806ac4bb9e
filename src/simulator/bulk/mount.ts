import type { FastifyInstance } from 'fastify';
import { Body } from '../admin/body.ts';
import type { ChartSource } from '../chart-source.ts';
import type { WallTime } from '../day/clock.ts';
import type { Behaviour } from '../profile/index.ts';
import type { BulkCaller } from './export-job.ts';
import { FileRoom } from './files.ts';
import type { Groups } from './groups.ts';
import { BulkRequests, newName } from './requests.ts';
import { bulkRoutes } from './routes.ts';

export interface BulkParts {
  readonly source: ChartSource;
  readonly behaviour: Behaviour;
  readonly wall: WallTime;
  readonly stopped: AbortSignal;
  readonly groups: Groups;
  /** The hospital's time: windows and expiry follow its clock. */
  now(): number;
  caller(token: string): BulkCaller | undefined;
  /** `http://127.0.0.1:4610`: how the hospital is called from outside. */
  origin(): string;
}

/** Group export at `/epic/api/FHIR`, and `/admin/bulk`. */
export async function mountBulk(app: FastifyInstance, parts: BulkParts): Promise<BulkRequests> {
  const { source, behaviour, wall, stopped, groups } = parts;
  const room = new FileRoom();
  const requests = new BulkRequests(groups, { source, room, behaviour, wall, stopped, newName }, parts.now);
  const root = () => `${parts.origin()}/epic/api/FHIR`;
  await app.register(
    async (scope) => bulkRoutes(scope, { requests, room, behaviour, source, caller: parts.caller, root }),
    { prefix: '/epic/api/FHIR' },
  );
  await app.register(async (scope) => adminBulk(scope, requests), { prefix: '/admin/bulk' });
  app.addHook('onClose', () => requests.close());
  return requests;
}

/** `/admin/bulk`: groups, what is under way, and what is to go wrong. */
function adminBulk(app: FastifyInstance, requests: BulkRequests): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 400).send({ error: error.message }),
  );
  const state = () => ({
    groups: requests.groups.list().map((group) => ({
      ...group,
      members: group.members === 'everyone' ? 'everyone' : group.members.length,
    })),
    requests: requests.list().map(({ id, clientId, groupId, begun, progress, files, failed }) => ({
      id,
      clientId,
      groupId,
      begun: new Date(begun).toISOString(),
      state: failed ? 'failed' : files ? 'ready' : progress.held ? 'held' : 'running',
      searched: progress.searched,
      patients: progress.of,
      files: files ?? [],
    })),
    hold: requests.hold,
    failNext: requests.failNext,
    cutNext: requests.cutNext,
  });
  app.get('/', state);
  // {name, patients: [MRN, ...]}; without patients the group has everyone in it.
  app.post('/groups', (request) => {
    const body = new Body(request.body);
    return requests.groups.add(body.text('name'), body.optionalTexts('patients') ?? 'everyone');
  });
  // {hold: true} keeps exports where they are until {hold: false}; {failNext: 1}; {cutFiles: 2, cutAfterBytes: 1000}.
  app.post('/', (request) => {
    const body = new Body(request.body);
    const hold = body.optionalBoolean('hold');
    if (hold === true) {
      requests.hold = true;
      for (const { progress } of requests.list()) progress.held = true;
    }
    if (hold === false) requests.release();
    requests.failNext = body.optionalNumber('failNext') ?? requests.failNext;
    const times = body.optionalNumber('cutFiles');
    if (times !== undefined)
      requests.cutNext = { times, bytes: body.optionalNumber('cutAfterBytes') ?? 1_000 };
    return state();
  });
}
