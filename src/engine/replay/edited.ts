/** An edited copy: a message of its own, planned for the one flow; the original and its delivery stay as they were. */
import { parse } from '../../hl7/index.ts';
import type { Clock } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { Intake } from '../intake.ts';
import { replayFailure } from './failures.ts';
import type { ReplayControl } from './wish.ts';

export interface EditParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly intake: (site: string, connection: string) => Intake | undefined;
  readonly planned: (deliveries: number) => void;
}

export function createEditor({ store, clock, intake, planned }: EditParts): ReplayControl['edit'] {
  const refuse = (message: string) => replayFailure('EDIT_REFUSED', { message });

  return async ({ deliveryId, bytes, who, reason }) => {
    const history = await store.history(deliveryId);
    const kept = history && (await store.message(history.delivery.messageId));
    if (!history || !kept) throw refuse('There is no such delivery.');
    const { delivery } = history;
    const { message } = kept;
    if (!['delivered', 'filtered', 'dead'].includes(delivery.state)) {
      throw refuse(`The delivery has not ended: it is ${delivery.state}. Release it or give it up first.`);
    }
    if (message.door === 'poll') {
      throw refuse('The message was read from the EHR: correct it there, and the next poll brings it.');
    }
    const receiving = intake(message.site, message.connection);
    if (!receiving) throw refuse(`There is no connection "${message.connection}" at this site any more.`);
    let { type, controlId } = message;
    if (message.format === 'hl7') {
      const hl7 = parse(bytes);
      if (!hl7.usable)
        throw refuse(`The bytes cannot be read as HL7: ${hl7.reason ?? 'there is no usable MSH.'}`);
      type = hl7.header.type;
      controlId = hl7.header.controlId === '' ? null : hl7.header.controlId;
    }
    const at = clock.now();
    const edited = receiving.edited({ format: message.format, type, key: controlId, bytes }, at);
    const deliveries = edited.deliveries
      .filter(({ flow }) => flow === delivery.flow)
      .map((planned) => ({ ...planned, replayOf: delivery.id }));
    if (deliveries.length === 0) {
      throw refuse(
        `The flow "${delivery.flow}" is no longer there, or does not want a message of this type.`,
      );
    }
    const [appended] = await store.append({
      site: message.site,
      connection: message.connection,
      messages: [{ ...edited, parent: message.id, deliveries }],
      audit: [
        {
          at,
          who,
          act: 'message.edit',
          on: `message ${message.id}`,
          facts: { reason, delivery: delivery.id, flow: delivery.flow, size: bytes.length },
        },
      ],
    });
    const copy = appended && (await store.message(appended.messageId));
    planned(deliveries.length);
    return { messageId: appended?.messageId ?? '', deliveryId: copy?.deliveries[0]?.id ?? '' };
  };
}
