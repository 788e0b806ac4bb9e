import type { FastifyInstance } from 'fastify';
import { pageHeaders } from '../page.ts';
import {
  describeBehaviour,
  isProfile,
  NoSuchBehaviour,
  profileNames,
  profiles,
  readBehaviour,
  readTyped,
  type Switchboard,
} from '../profile/index.ts';
import { Body } from './body.ts';
import { backTo, formOf, wantsPage } from './requests.ts';
import { switchesPage } from './switches-page.ts';

/** `/admin/behaviour`: the switches; `/admin/profile`: named sets of them. Both change while the hospital runs. */
export function switchRoutes(app: FastifyInstance, board: Switchboard): void {
  const state = () => ({
    profile: board.profile,
    changed: board.changed,
    switches: describeBehaviour(board.behaviour),
  });
  function choose(name: string): void {
    if (!isProfile(name)) throw new NoSuchBehaviour(`profile must be one of ${profileNames.join(', ')}`);
    board.choose(name);
  }

  app.get('/behaviour', (request, reply) =>
    wantsPage(request) ? reply.headers(pageHeaders).send(switchesPage(board)) : reply.send(state()),
  );
  app.post('/behaviour', (request) => {
    board.change(readBehaviour(new Body(request.body).fields));
    return state();
  });
  app.get('/profile', () => ({
    profile: board.profile,
    profiles: profileNames.map((name) => ({ name, about: profiles[name].about })),
  }));
  app.post('/profile', (request) => {
    choose(new Body(request.body).text('profile'));
    return state();
  });

  app.post('/profile/choose', (request, reply) => {
    choose(formOf(request).get('profile') ?? '');
    return backTo(reply, '/admin/behaviour');
  });
  app.post('/behaviour/set', (request, reply) => {
    const form = formOf(request);
    board.change(readTyped(form.get('name') ?? '', form.get('value') ?? ''));
    return backTo(reply, '/admin/behaviour');
  });
}
