import type { FastifyInstance } from 'fastify';
import type { ClientState } from '../oauth/clients.ts';
import { apiName } from '../oauth/scopes.ts';
import { pageHeaders } from '../page.ts';
import { NoSuchThing } from './actions.ts';
import type { AdminParts } from './admin.ts';
import { BadBody, Body } from './body.ts';
import { type ClientDetails, readClient } from './client-details.ts';
import { type ClientPage, clientsPage } from './clients-page.ts';
import { backTo, formOf, wantsPage } from './requests.ts';

type Params = { readonly id: string };

/** `/admin/clients`: who may sign in, as JSON and as the page on which a newcomer registers. */
export function clientRoutes(app: FastifyInstance, { oauth, switchboard, fhirBase }: AdminParts): void {
  const { clients } = oauth;
  const show = (more: Partial<ClientPage> = {}): string =>
    clientsPage({
      clients: clients.list(),
      apis: oauth.served().map(apiName),
      behaviour: switchboard.behaviour,
      ...more,
    });

  app.get('/clients', (request, reply) =>
    wantsPage(request) ? reply.headers(pageHeaders).send(show()) : reply.send(clients.list()),
  );
  app.get<{ Params: Params }>('/clients/:id', (request) => known(request.params.id));
  app.post('/clients', (request) => {
    const details = readClient(new Body(request.body));
    const { confidential } = request.body as { confidential?: boolean };
    const state = clients.register(details);
    // A secret that the hospital made is told once, here.
    return confidential ? { ...state, secret: details.secret } : state;
  });
  app.delete<{ Params: Params }>('/clients/:id', (request) => {
    known(request.params.id);
    oauth.tokens.revoke(request.params.id);
    return { removed: clients.remove(request.params.id) };
  });
  /** Opens the client as the EHR does, with a chart open: `{clientId, patient, csn, user}` gives the address. */
  app.post('/launch', (request) => {
    const body = new Body(request.body);
    return {
      url: launch(
        body.text('clientId'),
        body.optionalText('patient'),
        body.optionalText('csn'),
        body.optionalText('user'),
      ),
    };
  });

  app.post('/clients/register', (request, reply) => {
    const form = formOf(request);
    try {
      const details = fromForm(form);
      const registered = clients.register(details);
      return reply
        .headers(pageHeaders)
        .send(show({ registered, ...(details.secret ? { secret: details.secret } : {}) }));
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return reply
        .code(400)
        .headers(pageHeaders)
        .send(show({ problem: error.message, filled: form }));
    }
  });
  app.post<{ Params: Params }>('/clients/:id/remove', (request, reply) => {
    formOf(request);
    oauth.tokens.revoke(known(request.params.id).clientId);
    clients.remove(request.params.id);
    return backTo(reply, '/admin/clients');
  });
  app.post<{ Params: Params }>('/clients/:id/background-user', (request, reply) => {
    clients.mapBackgroundUser(known(request.params.id).clientId, formOf(request).get('mapped') === 'true');
    return backTo(reply, '/admin/clients');
  });
  app.post<{ Params: Params }>('/clients/:id/launch', (request, reply) => {
    const patient = formOf(request).get('patient') || undefined;
    return backTo(reply, launch(request.params.id, patient));
  });

  function known(id: string): ClientState {
    const state = clients.state(id);
    if (!state) throw new NoSuchThing('no client has this id');
    return state;
  }

  function launch(id: string, patient?: string, csn?: string, user?: string): string {
    const { launchUrl } = known(id);
    if (launchUrl === undefined) throw new BadBody('this client has no launch URL');
    const token = oauth.launches.start({
      ...(patient === undefined ? {} : { patient }),
      ...(csn === undefined ? {} : { csn }),
      ...(user === undefined ? {} : { user }),
    });
    const url = new URL(launchUrl);
    url.searchParams.set('iss', fhirBase());
    url.searchParams.set('launch', token);
    return url.href;
  }
}

/** What was filled in on the page, as a request would have sent it. */
function fromForm(form: URLSearchParams): ClientDetails {
  const text = (name: string) => form.get(name)?.trim() || undefined;
  const redirectUris = (form.get('redirectUris') ?? '').split(/\s+/).filter((uri) => uri !== '');
  const usedBy = text('usedBy') ?? 'backend';
  const everything = {
    clientId: text('clientId'),
    name: text('name'),
    usedBy,
    jwksUrl: text('jwksUrl'),
    launchUrl: text('launchUrl'),
    redirectUris: redirectUris.length > 0 ? redirectUris : undefined,
    confidential: usedBy !== 'backend' && form.has('confidential'),
    dynamicClients: form.has('dynamicClients') || undefined,
    backgroundUser: form.has('backgroundUser') || undefined,
    scopes: form.has('everyApi') ? undefined : form.getAll('api'),
  };
  return readClient(new Body(everything));
}
