/** Records written as HL7 messages and sent over another connection of the site, where that is the way it takes them. */
import { createHash } from 'node:crypto';
import type { FhirResource } from '../../fhir/index.ts';
import { fromFhir, type WritingEvent } from '../../mapping/index.ts';
import { Failure } from '../../std/index.ts';
import type { CallContext, ConnectionContext } from '../contract.ts';
import { writeFailure } from './failures.ts';
import type { Hl7Route } from './route.ts';
import type { Sent } from './write-once.ts';

const EVENTS: Readonly<Record<Hl7Route['route'], WritingEvent>> = {
  siu: 'SIU^S12',
  adt: 'ADT^A04',
  oru: 'ORU^R01',
  mdm: 'MDM^T02',
};

/** MSH-10: 20 characters, the same for every attempt of one write, so that the receiver knows a repeat. */
export const controlIdOf = (idempotencyKey: string): string =>
  createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 20).toUpperCase();

/**
 * The message as text, made once and kept in the ledger: what is sent again is byte for byte what was sent.
 * @throws Failure `WRITE_MESSAGE`: what is missing, by path.
 */
export function hl7Of(
  route: Hl7Route,
  resources: readonly FhirResource[],
  about: Pick<CallContext, 'idempotencyKey'>,
  at: { readonly now: number; readonly timeZone: string },
): string {
  const { via: _, route: name, assigners, ...header } = route;
  const { message, findings } = fromFhir(resources, {
    ...withoutUndefined(header),
    event: EVENTS[name],
    controlId: controlIdOf(about.idempotencyKey),
    time: new Date(at.now),
    timeZone: at.timeZone,
    lookup: { identifier: (system) => withoutUndefined(assigners[system] ?? {}) },
  } as Parameters<typeof fromFhir>[1]);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    const paths = errors.map(({ path, place }) => (place === undefined ? path : `${path} (${place})`));
    throw writeFailure('WRITE_MESSAGE', {
      message: `It cannot be written as ${EVENTS[name]}: ${errors.map(({ text }) => text).join(' ')}`,
      fix: errors.map(({ fix }) => fix).join(' '),
      at: { path: paths.join(', ') },
    });
  }
  return message.toString();
}

const withoutUndefined = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;

/** The connection's own failures say what became of it: no answer is an unknown outcome there as here. */
export async function sendHl7(
  route: Hl7Route,
  text: string,
  context: ConnectionContext,
  about: CallContext,
): Promise<Sent> {
  const send = context.neighbour(route.via);
  if (send === undefined) {
    throw writeFailure('WRITE_ROUTE', {
      message: `The route ${route.route} sends over the connection "${route.via}", and there is none that can send.`,
      fix: `Name an mllp connection of this site with "send" under do of the connection.`,
    });
  }
  try {
    await send({ do: 'send', args: { body: text } }, about);
  } catch (error) {
    // Where it went wrong is that connection; that this one is fine must not be lost sight of.
    throw error instanceof Failure ? error.within({ connection: route.via }) : error;
  }
  return { id: undefined, outcome: 'sent' };
}
