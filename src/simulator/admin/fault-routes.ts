import type { FastifyInstance } from 'fastify';
import type { Fault } from '../faults/rule.ts';
import { type Action, act, actionNames, feedModes, NoSuchThing } from './actions.ts';
import type { AdminParts } from './admin.ts';
import { BadBody, Body } from './body.ts';
import { queryOf, wholeOf, window } from './requests.ts';

/** `/admin/faults`, `/admin/actions` and `/admin/requests`: break things, and see what was asked meanwhile. */
export function faultRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { faults, requests } = parts;
  app.get('/faults', () => faults.list());
  app.post('/faults', (request) => faults.add(new Body(request.body).fields as unknown as Fault));
  app.delete('/faults', () => {
    faults.clear();
    return faults.list();
  });
  app.delete<{ Params: { id: string } }>('/faults/:id', (request) => {
    if (!faults.remove(Number(request.params.id))) throw new NoSuchThing('no fault has this id');
    return faults.list();
  });

  app.post('/actions', async (request) => ({
    changed: await act(readAction(new Body(request.body)), parts),
  }));

  app.get('/requests', (request) => {
    const query = queryOf(request);
    return requests.newest(window(request).limit, {
      path: query.get('path') ?? undefined,
      method: query.get('method')?.toUpperCase(),
      status: wholeOf(query, 'status'),
      clientId: query.get('clientId') ?? undefined,
      after: wholeOf(query, 'after'),
    });
  });
  app.delete('/requests', () => {
    requests.clear();
    return [];
  });
}

function readAction(body: Body): Action {
  const action = body.text('action') as Action['action'];
  if (!actionNames.includes(action)) throw new BadBody(`action must be one of ${actionNames.join(', ')}`);
  const clientId = body.optionalText('clientId');
  const keepEarlier = body.optionalBoolean('keepEarlier');
  const name = body.optionalText('name');
  if (action === 'revoke') return clientId === undefined ? { action } : { action, clientId };
  if (action === 'rotate-keys') return keepEarlier === undefined ? { action } : { action, keepEarlier };
  if (action !== 'feed') return { action };
  const mode = body.text('mode');
  const known = feedModes.find((each) => each === mode);
  if (!known) throw new BadBody(`mode must be one of ${feedModes.join(', ')}`);
  return name === undefined ? { action, mode: known } : { action, mode: known, name };
}
