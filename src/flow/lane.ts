/** Which lanes a delivery stands in. Known before the message is kept: no look-up, no conversion. */
import type { Order } from './flow.ts';

export interface LaneFacts {
  readonly flow: string;
  readonly order: Order;
  readonly site: string;
  readonly connection: string;
  /** Keyed hashes of the patients that the message names; two for a merge; none when it names none. */
  readonly patients: readonly string[];
}

/**
 * Names of the lanes, at least one, in a fixed order; the engine stores them hashed. The flow's name is part of each: a
 * stuck head of one flow does not stop the next flow. A patient order without a known patient keeps the connection's
 * order, never none. Within one flow a patient's lane is the same from every connection of the site.
 * @example
 * laneNames({ flow: 'crm', order: 'patient', site: 'mercy', connection: 'adt-in', patients: [] }) // ['crm/mercy/connection/adt-in']
 */
export function laneNames({ flow, order, site, connection, patients }: LaneFacts): readonly string[] {
  const lane = (...parts: readonly string[]): string =>
    [flow, site, ...parts].map(encodeURIComponent).join('/');
  if (order === 'flow') return [lane('flow')];
  if (order === 'connection' || patients.length === 0) return [lane('connection', connection)];
  return [...new Set(patients)].sort().map((patient) => lane('patient', patient));
}
