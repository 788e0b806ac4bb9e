import type { FastifyInstance, FastifyReply } from 'fastify';
import { Body } from '../admin/body.ts';
import type { WallTime } from '../day/clock.ts';
import type { OAuth } from '../oauth/oauth.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import { CallerTokens, hookKeysPath, strangeKeysPath } from './caller-token.ts';
import { discover } from './discovery.ts';
import { type Exchange, Exchanges } from './exchanges.ts';
import { Feedback, type Reaction } from './feedback.ts';
import { misbehaviourIn } from './misbehaviour.ts';
import { cdsPage } from './page.ts';
import { type HookService, HookServices, serviceIn } from './services.ts';
import { situationIn } from './situation.ts';

export interface CdsParts {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  readonly oauth: OAuth;
  readonly wall: WallTime;
  readonly stopped: AbortSignal;
  /** `http://127.0.0.1:4610`: how the hospital is called from outside. */
  origin(): string;
}

const fhirPath = '/epic/api/FHIR/R4';

/** The hospital as a caller of CDS services: its keys below `/epic`, and `/admin/cds`. */
export async function mountCds(app: FastifyInstance, parts: CdsParts): Promise<void> {
  const { oauth, behaviour, wall, stopped, origin } = parts;
  const fhirServer = () => `${origin()}${fhirPath}`;
  const now = () => wall.now();
  const tokens = new CallerTokens(now, () => ({
    fhirBase: fhirServer(),
    keysUrl: `${origin()}/epic${hookKeysPath}`,
    strangeKeysUrl: `${origin()}${strangeKeysPath}`,
  }));
  const services = new HookServices();
  const feedback = new Feedback({ tokens, behaviour, stopped, now });
  const exchanges = new Exchanges({
    tokens,
    behaviour,
    stopped,
    now,
    fhirServer,
    scopeOf: (clientId) => oauth.scopeOf(clientId),
    launchUrlsOf(clientId) {
      const { launchUrl } = oauth.clients.get(clientId) ?? {};
      return launchUrl === undefined ? [] : [launchUrl];
    },
    accessToken: (clientId, patientId, seconds) =>
      oauth.tokens.issue({ clientId, asked: [], patientId, persistentSeconds: 0 }, seconds),
    endToken: (token) => oauth.tokens.end(token),
    async read(path, token) {
      // By way of its own FHIR server: a prefetch shows what the same query would show to the service.
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
      const answer = await app.inject({ method: 'GET', url: `${fhirPath}/${path}`, headers });
      return { status: answer.statusCode, body: answer.statusCode === 200 ? answer.json() : undefined };
    },
  });

  const keys = (reply: FastifyReply, set: typeof tokens.own) =>
    set.published().then((published) => reply.header('cache-control', 'max-age=300').send(published));
  app.get(`/epic${hookKeysPath}`, (_request, reply) => keys(reply, tokens.own));
  app.get(strangeKeysPath, (_request, reply) => keys(reply, tokens.strange));
  await app.register(async (scope) => adminCds(scope, { ...parts, services, exchanges, feedback, tokens }), {
    prefix: '/admin/cds',
  });
}

interface AdminCds extends CdsParts {
  readonly services: HookServices;
  readonly exchanges: Exchanges;
  readonly feedback: Feedback;
  readonly tokens: CallerTokens;
}

/** `/admin/cds`: build services in, call them, react to their cards. */
function adminCds(app: FastifyInstance, parts: AdminCds): void {
  const { services, exchanges, feedback, tokens, stopped } = parts;
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 400).send({ error: error.message }),
  );
  app.get('/', () => ({
    services: services.list(),
    exchanges: exchanges.newest(),
    feedback: { sent: feedback.sent, waiting: feedback.waiting },
  }));
  app.post('/services', (request) => services.put(serviceIn(request.body, services)));
  app.delete('/services/:id', (request, reply) => {
    const found = services.remove((request.params as { id: string }).id);
    return reply.code(found ? 204 : 404).send();
  });
  // {url, clientId, ...}: what is said beside the url holds for each service that is found.
  app.post('/discover', (request) => {
    const url = new Body(request.body).text('url');
    return discover(url, request.body as Record<string, unknown>, services, stopped);
  });
  // {service or hook, patient, encounter, user, trigger, orders, misbehave}
  app.post('/call', (request) => call(request.body, parts));
  app.post('/feedback', (request) => react(new Body(request.body), parts));
  app.post('/feedback/flush', async () => {
    await feedback.flush();
    return feedback.sent;
  });
  // {keepEarlier}: signs with a new key from now on.
  app.post('/keys', async (request) => {
    await tokens.own.rotate(new Body(request.body ?? {}).optionalBoolean('keepEarlier') ?? false);
    return tokens.own.published();
  });

  app.get('/page', (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(cdsPage(services.list(), exchanges.newest())),
  );
  app.post('/page/call', async (request, reply) => {
    await call(formOf(request.body), parts);
    return reply.redirect('/admin/cds/page', 303);
  });
  app.post('/page/feedback', async (request, reply) => {
    await react(new Body(formOf(request.body)), parts);
    return reply.redirect('/admin/cds/page', 303);
  });
}

async function call(value: unknown, parts: AdminCds): Promise<Exchange[]> {
  const { services, exchanges, hospital, behaviour } = parts;
  const body = new Body(value);
  const name = body.optionalText('service');
  const named = name === undefined ? undefined : services.get(name);
  if (name !== undefined && !named) throw new RangeError('no service of this id is built in');
  const hook = body.optionalText('hook');
  const chosen = named ? [named] : services.list().filter((service) => service.hook === hook);
  if (!behaviour.cdsHooks) throw new RangeError('this hospital calls no CDS services (switch cdsHooks)');
  if (chosen.length === 0) throw new RangeError('no service is built in for this hook');
  const bad = misbehaviourIn(body.optionalBody('misbehave'));
  const ready = chosen.map((service) => ({
    service,
    situation: situationIn(body, service.hook, hospital, behaviour),
  }));
  return Promise.all(ready.map(({ service, situation }) => exchanges.call(service, situation, bad)));
}

/** {exchange, card, outcome, suggestion, reason, comment}; `card` is a uuid or a place in the list. */
async function react(body: Body, { services, exchanges, feedback }: AdminCds): Promise<unknown> {
  const exchange = exchanges.get(body.text('exchange'));
  const wanted = body.text('card');
  const card = exchange?.shown.cards.find(({ uuid }, index) => uuid === wanted || String(index) === wanted);
  const service: HookService | undefined = exchange && services.get(exchange.service);
  if (!exchange || !card || !service) throw new RangeError('there is no such card on the screen');
  const outcome = body.text('outcome');
  if (outcome !== 'accepted' && outcome !== 'overridden')
    throw new RangeError('outcome must be accepted or overridden');
  const reaction: Reaction = {
    outcome,
    suggestion: body.optionalText('suggestion'),
    reason: body.optionalText('reason'),
    comment: body.optionalText('comment'),
  };
  const told = await feedback.react(service, exchange, card, reaction);
  return { told, waiting: feedback.waiting, draft: exchange.draft };
}

/** A form as an object, empty fields left out. */
function formOf(body: unknown): Record<string, unknown> {
  const form = body instanceof URLSearchParams ? body : new URLSearchParams();
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}
