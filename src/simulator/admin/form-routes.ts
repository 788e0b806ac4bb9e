import type { FastifyInstance } from 'fastify';
import type { Fault } from '../faults/rule.ts';
import { minute } from '../world/calendar.ts';
import { type Action, act } from './actions.ts';
import type { AdminParts } from './admin.ts';
import { BadBody } from './body.ts';
import { backTo, formOf } from './requests.ts';

/** What one click on the page can break. */
export const troubles = {
  storm: {
    text: '429 for the next 20 requests',
    fault: { kind: 'status', status: 429, retryAfterSeconds: 5, count: 20 },
  },
  outage: { text: '503 without Retry-After until cleared', fault: { kind: 'status', status: 503 } },
  slow: {
    text: 'Answers after 2 to 10 seconds',
    fault: { kind: 'latency', milliseconds: 2_000, upTo: 10_000, spread: 'long-tail' },
  },
  lost: { text: 'Lose the next reply, after the work is done', fault: { kind: 'lost-reply', count: 1 } },
  login: {
    text: 'A sign-in page with 200, once',
    fault: { kind: 'login-page', count: 1, path: '/api/FHIR' },
  },
  truncated: { text: 'Cut the next answer off', fault: { kind: 'truncated', count: 1, path: '/api/FHIR' } },
} as const satisfies Record<string, { text: string; fault: Fault }>;

export const deeds = {
  expire: { text: 'Expire access tokens', action: { action: 'expire-access-tokens' } },
  revoke: { text: 'Revoke everything', action: { action: 'revoke' } },
  rotate: { text: 'Rotate the hospital’s keys', action: { action: 'rotate-keys' } },
  silent: { text: 'Silence the feeds', action: { action: 'feed', mode: 'silent' } },
  running: { text: 'Let the feeds run', action: { action: 'feed', mode: 'running' } },
} as const satisfies Record<string, { text: string; action: Action }>;

/** The buttons of the page. */
export function formRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { day, faults } = parts;
  app.post('/clock/form', (request, reply) => {
    const form = formOf(request);
    const { clock } = day;
    const deed = form.get('do');
    if (deed === 'stop') clock.stop();
    else if (deed === 'start') clock.start();
    else if (deed === 'speed') clock.speed = Number(form.get('speed'));
    else if (deed === 'step') clock.advance(step(form.get('minutes')) * minute);
    return backTo(reply, '/admin');
  });
  app.post('/faults/form', async (request, reply) => {
    const name = formOf(request).get('do') ?? '';
    if (name === 'clear') faults.clear();
    else if (Object.hasOwn(troubles, name)) faults.add(troubles[name as keyof typeof troubles].fault);
    else if (Object.hasOwn(deeds, name)) await act(deeds[name as keyof typeof deeds].action, parts);
    return backTo(reply, '/admin');
  });
}

function step(text: string | null): number {
  const minutes = Number(text);
  if (!(minutes >= 0 && minutes <= 24 * 60)) throw new BadBody('a step is from 0 to 1440 minutes');
  return minutes;
}
