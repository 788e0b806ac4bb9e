import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pageHeaders } from '../page.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import {
  type Asked,
  type Authorizations,
  back,
  invalidLaunch,
  NotAuthorized,
  somethingWrong,
} from './authorization.ts';
import { isPublic } from './clients.ts';
import type { Launches } from './launches.ts';
import { Handed, opaqueWord } from './one-time.ts';
import { type Api, isAllowed } from './scopes.ts';
import { chartPage, consentPage, durations, failurePage, signInPage } from './sign-in.ts';
import type { Grant } from './tokens.ts';
import type { User, Users } from './users.ts';

export interface AuthorizeParts {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  readonly authorizations: Authorizations;
  readonly launches: Launches;
  readonly users: Users;
  readonly served: () => readonly Api[];
  /** The FHIR bases that `aud` may be. */
  readonly audiences: () => readonly string[];
  readonly notFound: (reply: FastifyReply) => FastifyReply;
  readonly now: () => number;
}

/** Somebody on the way through the pages. */
interface Session {
  readonly asked: Asked;
  readonly user?: User;
  readonly patientId?: string;
}

const sessionMs = 15 * 60_000;
const path = '/epic/oauth2/authorize';
const day = 86_400;

/** `/epic/oauth2/authorize`: a launch from inside the EHR goes straight back; a person signs in and decides. */
export function authorizeEndpoint(app: FastifyInstance, parts: AuthorizeParts): void {
  const { authorizations, behaviour, hospital, users } = parts;
  const sessions = new Handed<Session>(parts.now, 1_000);

  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof NotAuthorized) return fail(reply, error.message);
    if ((error.statusCode ?? 500) < 500) return fail(reply, somethingWrong);
    return reply.code(500).headers(pageHeaders).send(failurePage('Internal error.'));
  });

  app.get('/authorize', (request, reply) => {
    if (request.url.length > behaviour.authorizeLongestUrl) return parts.notFound(reply);
    const asked = authorizations.read(queryOf(request), parts.audiences());
    return asked.launch === undefined ? begin(reply, asked) : launched(reply, asked, asked.launch);
  });
  app.post('/authorize', (request, reply) => {
    if (!behaviour.authorizePost || !(request.body instanceof URLSearchParams)) {
      throw new NotAuthorized(somethingWrong);
    }
    const asked = authorizations.read(request.body, parts.audiences());
    // By POST only an EHR launch is let in.
    if (asked.launch === undefined) throw new NotAuthorized(somethingWrong);
    return launched(reply, asked, asked.launch);
  });

  app.post('/authorize/sign-in', (request, reply) => {
    const { word, session, form } = continued(request);
    const { asked } = session;
    const again = (problem: string) => show(reply, signIn(word, asked, problem));
    const user = users.signIn(form.get('login') ?? '', form.get('password') ?? '');
    if (!user) return again('That user and password do not go together.');
    if ((asked.client.usedBy === 'patients') !== (user.kind !== 'clinician'))
      return again('This application is not for you.');
    if (behaviour.twoFactor)
      return again('A code was sent to your phone. This user cannot go on without it.');
    return proceed(reply, word, { asked, user });
  });
  app.post('/authorize/chart', (request, reply) => {
    const { word, session, form } = continued(request);
    const patientId = form.get('patient') ?? '';
    // Only a chart that was offered: a form can be changed on the way.
    const { asked, user } = session;
    if (!user?.patientIds.includes(patientId)) throw new NotAuthorized(somethingWrong);
    return proceed(reply, word, { asked, user, patientId });
  });
  app.post('/authorize/decision', (request, reply) => {
    const { word, session, form } = continued(request);
    sessions.take(word);
    if (!session.user || session.patientId === undefined) throw new NotAuthorized(somethingWrong);
    if (form.get('decision') !== 'allow') return go(reply, back(session.asked, { error: 'access_denied' }));
    const seconds = durations[form.get('duration') ?? '']?.seconds ?? 0;
    return finish(reply, { ...session, user: session.user }, seconds);
  });

  /** An EHR launch: who works there is signed in already and the chart is open. */
  function launched(reply: FastifyReply, asked: Asked, token: string): FastifyReply {
    const launch = parts.launches.take(token);
    if (!launch) throw new NotAuthorized(invalidLaunch);
    const grant: Grant = {
      clientId: asked.client.clientId,
      user: launch.user,
      asked: asked.scopes,
      ...(asked.nonce === undefined ? {} : { nonce: asked.nonce }),
      ...launch.context,
      launched: true,
      persistentSeconds: isOffline(asked) ? behaviour.persistentAccessDays * day : 0,
    };
    return go(reply, authorizations.redirect(asked, grant));
  }

  function begin(reply: FastifyReply, asked: Asked): FastifyReply {
    const word = opaqueWord('opaque');
    sessions.put(word, { asked }, parts.now() + sessionMs);
    return show(reply, signIn(word, asked));
  }

  function signIn(word: string, asked: Asked, problem?: string): string {
    const examples = users.examples(asked.client.usedBy === 'patients' ? 'patients' : 'clinicians');
    return signInPage(`${path}/sign-in`, word, asked, examples, problem);
  }

  /** The next page for somebody who has signed in. Staff are not asked: the hospital decided for them. */
  function proceed(
    reply: FastifyReply,
    word: string,
    session: Session & { readonly user: User },
  ): FastifyReply {
    const { asked, user } = session;
    if (user.kind === 'clinician') {
      sessions.take(word);
      return finish(reply, session, behaviour.persistentAccessDays * day);
    }
    const [only] = user.patientIds;
    const patientId = session.patientId ?? (user.patientIds.length === 1 ? only : undefined);
    sessions.put(word, { ...session, ...(patientId ? { patientId } : {}) }, parts.now() + sessionMs);
    if (patientId === undefined) {
      const charts = user.patientIds.flatMap((id) => {
        const patient = hospital.patient(id);
        return patient
          ? [{ id, name: `${patient.given} ${patient.family}`, birthDate: patient.birthDate }]
          : [];
      });
      return show(reply, chartPage(`${path}/chart`, word, asked, charts));
    }
    const kinds = new Set(
      parts
        .served()
        .filter(({ type, interaction, category }) => isAllowed(asked.client, type, interaction, category))
        .map(({ type }) => type),
    );
    const patient = hospital.patient(patientId);
    const whose = patient ? `the chart of ${patient.given} ${patient.family}` : 'the chart';
    return show(
      reply,
      consentPage(`${path}/decision`, word, asked, [...kinds].sort(), isOffline(asked), whose),
    );
  }

  function finish(
    reply: FastifyReply,
    { asked, user, patientId }: Session & { readonly user: User },
    seconds: number,
  ): FastifyReply {
    const grant: Grant = {
      clientId: asked.client.clientId,
      user,
      asked: asked.scopes,
      ...(asked.nonce === undefined ? {} : { nonce: asked.nonce }),
      // Staff who start outside the EHR have no chart open, and none is chosen for them.
      ...(patientId === undefined ? {} : { patientId }),
      persistentSeconds: isOffline(asked) ? seconds : 0,
    };
    return go(reply, authorizations.redirect(asked, grant));
  }

  /** A client may act without the person when it asks for it and has something to prove itself with. */
  function isOffline({ scopes, client }: Asked): boolean {
    if (isPublic(client)) return false;
    if (scopes.includes('offline_access')) return true;
    return behaviour.onlineAccess === 'offline' && scopes.includes('online_access');
  }

  function continued(request: FastifyRequest): { word: string; session: Session; form: URLSearchParams } {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const word = form.get('session') ?? '';
    const session = sessions.get(word);
    if (!session) throw new NotAuthorized(somethingWrong);
    return { word, session, form };
  }
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '');
}
function show(reply: FastifyReply, text: string): FastifyReply {
  return reply.code(200).headers(pageHeaders).send(text);
}
function fail(reply: FastifyReply, words: string): FastifyReply {
  return reply.code(400).headers(pageHeaders).send(failurePage(words));
}
function go(reply: FastifyReply, address: string): FastifyReply {
  return reply.code(302).header('cache-control', 'no-store').header('location', address).send();
}
