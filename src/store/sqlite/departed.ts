/** A message leaves the live file with everything of its own; what recognises a repeat of it may stay behind. */
import { MESSAGE_STATES } from './codes.ts';
import type { Desk } from './desk.ts';
import { bucketOf } from './filing.ts';
import { deliveryId } from './numbers.ts';

const DROP_STEPS = 'DELETE FROM step_output WHERE delivery = ?';
const DROP_ATTEMPTS = 'DELETE FROM attempt WHERE delivery = ?';
const DROP_DELIVERIES = 'DELETE FROM delivery WHERE id >= ? AND id < ?';
const DROP_CONTROL = 'DELETE FROM message_control WHERE control_id = ? AND sender = ? AND message = ?';
const DROP_MESSAGE = 'DELETE FROM message WHERE id = ?';
const DROP_PATIENTS = `
DELETE FROM message_patient WHERE bucket BETWEEN ? AND ? AND message IN (SELECT value FROM json_each(?))`;
const REMEMBER = `
INSERT INTO dedupe (known_as, sender, message, connection, received_at, hash, repeats) VALUES (?, ?, ?, ?, ?, ?, 0)
ON CONFLICT DO UPDATE SET hash = excluded.hash`;
const DELIVERIES = 'SELECT id, connection, state FROM delivery WHERE id >= ? AND id < ?';

/** What must be known of a message to remove it. */
export const DEPARTING_COLUMNS = `
  message.id, message.connection, message.received_at, message.state, message.planned, message.repeats,
  message.control_id, message.sender, message.dedupe_id, message.hash`;

export interface Departing {
  readonly id: number;
  readonly connection: number;
  readonly received_at: number;
  readonly state: number;
  readonly planned: number;
  readonly repeats: number;
  readonly control_id: string | null;
  readonly sender: number | null;
  readonly dedupe_id: string | null;
  readonly hash: string | null;
}

export const isRejected = (row: Departing): boolean => MESSAGE_STATES[row.state] === 'rejected';

/** A delivery of a message that departs. */
export interface DepartingDelivery {
  readonly id: number;
  readonly connection: number;
  readonly state: number;
}

export function departures(desk: Desk) {
  const { database, filing, numbers } = desk;
  const deliveries = database.prepare(DELIVERIES);
  const ofDelivery = [DROP_STEPS, DROP_ATTEMPTS].map((sql) => database.prepare(sql));
  const dropDeliveries = database.prepare(DROP_DELIVERIES);
  const dropControl = database.prepare(DROP_CONTROL);
  const dropMessage = database.prepare(DROP_MESSAGE);
  const dropPatients = database.prepare(DROP_PATIENTS);
  const remember = database.prepare(REMEMBER);

  return {
    deliveriesOf: (id: number): readonly DepartingDelivery[] =>
      deliveries.all(deliveryId(id, 0), deliveryId(id + 1, 0)) as unknown as readonly DepartingDelivery[],
    /** Removes messages in ascending order. `rememberedSince`: repeats of those received then or later are still recognised. */
    remove(rows: readonly Departing[], rememberedSince: number): void {
      const first = rows[0];
      const last = rows.at(-1);
      if (!first || !last) return;
      numbers.keep();
      for (const row of rows) {
        const { id, sender, hash } = row;
        for (const delivery of this.deliveriesOf(id)) for (const drop of ofDelivery) drop.run(delivery.id);
        dropDeliveries.run(deliveryId(id, 0), deliveryId(id + 1, 0));
        const knownAs = row.dedupe_id ?? row.control_id;
        if (knownAs !== null) dropControl.run(knownAs, sender ?? 0, id);
        if (row.dedupe_id !== null && row.control_id !== null) dropControl.run(row.control_id, 0, id);
        if (knownAs !== null && sender !== null && hash !== null) {
          const remembered = row.received_at >= rememberedSince;
          if (remembered) remember.run(knownAs, sender, id, row.connection, row.received_at, hash);
          filing.depart(id, sender, knownAs, remembered);
        }
        dropMessage.run(id);
      }
      dropPatients.run(bucketOf(first.id), bucketOf(last.id), JSON.stringify(rows.map((row) => row.id)));
    },
  };
}
