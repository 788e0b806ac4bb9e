import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { scanEntry, sleepShown } from '../../engine/index.ts';
import { everyStep, idOfKey } from '../../flow/index.ts';
import type { MessageSummary } from '../../message/index.ts';
import { asFailure, type Json } from '../../std/index.ts';
import type { DeliveryHistory } from '../../store/index.ts';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, idSchema, parsed } from '../body.ts';
import { type ApiContext, presentSteps } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import { scanMessages, scanSchema, searchMessages, searchSchema } from '../search.ts';
import type {
  DeliveryDetail,
  MessageDetail,
  MessagePage,
  PlannedStep,
  Revealed,
  RevealedDelivery,
  ScannedPage,
  SleepView,
} from '../types.ts';
import { stepOutcome } from '../view/step-outcome.ts';
import { shownText, structureOf } from '../view/structure.ts';

const revealSchema = z.strictObject({ what: z.literal('content') });

/** What the sender was told: every connector renders the same verdict. */
export function answeredText(message: MessageSummary): string {
  const hl7Feed = message.door === 'feed' && message.format === 'hl7';
  if (message.state === 'rejected') {
    const reason = message.reason ?? 'no reason kept';
    return hl7Feed ? `Refused with AR: ${reason}` : `Refused: ${reason}`;
  }
  if (hl7Feed) return 'Acknowledged with AA, after it was on disk.';
  if (message.door === 'webhook') return 'Answered as accepted, after it was on disk.';
  return 'Nobody waits for an answer to it.';
}

export async function messageRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine, clock } = context;
  const { store } = engine;
  const viewer = { config: { access: 'viewer' as const } };
  const operator = { config: { access: 'operator' as const } };

  async function found(
    request: FastifyRequest,
  ): Promise<{ message: MessageSummary; histories: DeliveryHistory[] }> {
    const { id } = parsed(z.object({ id: idSchema }), request.params, 'address');
    const known = await store.message(id);
    if (!known) throw new ApiFailure('API_NOT_FOUND', 'There is no such message.');
    const histories = await Promise.all(known.deliveries.map((delivery) => store.history(delivery.id)));
    return { message: known.message, histories: histories.filter((history) => history !== null) };
  }

  /** Committed before a byte is given: when it cannot be recorded, nothing is shown. */
  function recordReveal(request: FastifyRequest, message: MessageSummary, what: string): Promise<void> {
    const facts: Record<string, Json> = { what, site: message.site, connection: message.connection };
    return store.audit([
      {
        at: clock.now(),
        who: principalOf(request).name,
        act: 'message.reveal',
        on: `message ${message.id}`,
        facts,
      },
    ]);
  }

  function planOf(flow: string, version: string, done: readonly string[]): PlannedStep[] | null {
    const running = engine.flows.find((one) => one.flow.name === flow && one.version === version);
    if (!running) return null;
    return everyStep(running.flow.steps).flatMap((step) => {
      // Within a list a step is there once for each item that it was done for.
      const keys = done.filter((key) => key !== step.id && idOfKey(key) === step.id);
      return (keys.length > 0 ? keys : [step.id]).map((id) => ({
        id,
        kind: step.kind,
        ...('connection' in step ? { connection: step.connection } : {}),
        ...('do' in step ? { do: step.do } : {}),
      }));
    });
  }

  app.post('/api/messages/search', viewer, async (request): Promise<MessagePage> => {
    const body = bodyOf(searchSchema, request);
    const asked = body.patient ?? body.person;
    if (asked === undefined) return searchMessages(store, body, null);
    const page = await searchMessages(store, body, engine.patientKeys(asked));
    // Asking for a patient tells that the patient was here: recorded, without the identifier.
    await store.audit([
      {
        at: clock.now(),
        who: principalOf(request).name,
        act: 'patient.search',
        on: 'messages',
        facts: {
          by: body.patient === undefined ? 'name and birth date' : 'identifier',
          found: page.rows.length,
        },
      },
    ]);
    return page;
  });

  /** Recorded before anything is told: what is found tells what stands in payloads. */
  app.post('/api/messages/scan', operator, async (request): Promise<ScannedPage> => {
    const { query, page } = await scanMessages(store, bodyOf(scanSchema, request));
    await store.audit([scanEntry(principalOf(request).name, clock.now(), query, page)]);
    return page;
  });

  app.get('/api/messages/:id', viewer, async (request): Promise<MessageDetail> => {
    const { message, histories } = await found(request);
    const bytes = await store.payload(message.id);
    return {
      message,
      answered: answeredText(message),
      structure: structureOf(message.format, bytes, { masked: true }),
      deliveries: histories.map(
        ({ delivery, steps, attempts }): DeliveryDetail => ({
          delivery,
          plan: planOf(
            delivery.flow,
            delivery.flowVersion,
            steps.map(({ step }) => step),
          ),
          replayFrom: presentSteps(engine, delivery.flow),
          // Named one by one: what is added to these records later stays sealed until someone decides.
          steps: steps.map(({ step, startedAt, ms, output }) => ({
            step,
            startedAt,
            ms,
            sleep: sleepShown(output) as SleepView | null,
            outcome: stepOutcome(output),
          })),
          attempts: attempts.map(({ attempt, endedAt, ms, failure }) => ({ attempt, endedAt, ms, failure })),
        }),
      ),
    };
  });

  app.post('/api/messages/:id/reveal', operator, async (request): Promise<Revealed> => {
    bodyOf(revealSchema, request);
    const { message, histories } = await found(request);
    await recordReveal(request, message, 'content');
    const bytes = await store.payload(message.id);
    let fhir: Revealed['fhir'] = null;
    let fhirFailure: string | null = null;
    try {
      fhir = await engine.fhirView(message.id);
    } catch (error) {
      fhirFailure = asFailure(error).message;
    }
    const deliveries = histories.map(async ({ delivery, steps, attempts }): Promise<RevealedDelivery> => {
      const trace = await engine.trace(delivery.id).catch(() => null);
      return { id: delivery.id, trace, steps, attempts };
    });
    const text = shownText(bytes, message.format);
    return {
      format: message.format,
      text: text?.text ?? null,
      cut: text?.cut ?? false,
      structure: structureOf(message.format, bytes, { masked: false }),
      fhir,
      fhirFailure,
      deliveries: await Promise.all(deliveries),
    };
  });

  app.get('/api/messages/:id/raw', operator, async (request, reply) => {
    const { message } = await found(request);
    await recordReveal(request, message, 'raw');
    const bytes = await store.payload(message.id);
    if (!bytes) throw new ApiFailure('API_NOT_FOUND', 'The bytes of this message are no longer kept.');
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="message-${message.id}"`)
      .send(Buffer.from(bytes));
  });
}
