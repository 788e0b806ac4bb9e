import type { FastifyInstance } from 'fastify';
import { type Answer, answers, type ReceivingRules, usualRules } from '../receive/rules.ts';
import type { Hl7Receiver } from '../receive/server.ts';
import { BadBody, Body } from './body.ts';

/**
 * `/admin/hl7`: the incoming interface. `POST` takes `acknowledge` (how the next messages are answered: `answer`,
 * `count`, `delayMs`, `takesEffect`, `message`), `rules`, and `clear`.
 */
export function receiverRoutes(app: FastifyInstance, receiver: Hl7Receiver): void {
  app.get('/hl7', () => receiver.state());
  app.get('/hl7/received', () => receiver.received.newest(1_000));
  app.post('/hl7', (request) => {
    const body = new Body(request.body);
    if (body.optionalBoolean('clear')) receiver.clear();
    const rules = (request.body as { rules?: unknown }).rules;
    if (rules !== undefined) receiver.rules = { ...receiver.rules, ...readRules(rules) };
    const wanted = body.optionalBody('acknowledge');
    if (wanted) {
      const answer = wanted.text('answer');
      if (!answers.includes(answer as Answer))
        throw new BadBody(`answer must be one of ${answers.join(', ')}`);
      const count = wanted.optionalNumber('count');
      const delayMs = wanted.optionalNumber('delayMs');
      const takesEffect = wanted.optionalBoolean('takesEffect');
      const message = wanted.optionalText('message');
      receiver.acknowledge({
        answer: answer as Answer,
        ...(count === undefined ? {} : { count }),
        ...(delayMs === undefined ? {} : { delayMs }),
        ...(takesEffect === undefined ? {} : { takesEffect }),
        ...(message === undefined ? {} : { message }),
      });
    }
    return receiver.state();
  });
}

/** Checks rules by the kind of value that each usually has. */
function readRules(value: unknown): Partial<ReceivingRules> {
  if (typeof value !== 'object' || value === null) throw new BadBody('rules must be an object');
  for (const [name, given] of Object.entries(value)) {
    const usual = usualRules[name as keyof ReceivingRules];
    if (usual === undefined) throw new BadBody(`${name} is no rule`);
    const fits = Array.isArray(usual) ? Array.isArray(given) : typeof given === typeof usual;
    if (!fits) throw new BadBody(`${name} has the wrong kind of value`);
  }
  return value as Partial<ReceivingRules>;
}
