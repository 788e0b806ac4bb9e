/** Merges and unlinks: one append whose deliveries stand in both patients' lanes, with the aliases of those lanes. */
import type { Verdict } from '../../src/connectors/index.ts';
import { flowVersion, laneNames, matches } from '../../src/flow/index.ts';
import { asFailure, type Clock } from '../../src/std/index.ts';
import type { LaneAlias, NewDelivery, Store } from '../../src/store/index.ts';
import { FLOWS, SITE, siteRecord } from './flows.ts';
import type { Sent } from './messages.ts';

const versions = new Map(FLOWS.map((flow) => [flow.name, flowVersion(flow)]));
const keyOf = (patient: string): string =>
  ['patient', SITE, siteRecord.identifiers.mrn.system, patient].join('|');

export async function appendMerge(store: Store, message: Sent, clock: Clock): Promise<Verdict> {
  const { sender: connection, type } = message;
  const undo = type === 'ADT^A37';
  const deliveries: NewDelivery[] = [];
  const aliases: LaneAlias[] = [];
  for (const { name, order, trigger } of FLOWS) {
    if (!matches(trigger, { format: 'hl7', type, connection })) continue;
    const lanesOf = (patients: readonly string[]): readonly string[] =>
      laneNames({ flow: name, order, site: SITE, connection, patients }).map((lane) => `lane|${lane}`);
    const lanes = lanesOf(message.patients.map(keyOf));
    deliveries.push({ flow: name, flowVersion: versions.get(name) as string, lanes });
    if (order !== 'patient') continue;
    const [from, to] = message.patients.map((patient) => lanesOf([keyOf(patient)])[0] as string);
    aliases.push({ from: from as string, to: to as string, ...(undo ? { undo } : {}) });
  }
  try {
    const [kept] = await store.append({
      site: SITE,
      connection,
      aliases,
      messages: [
        {
          door: 'feed',
          format: 'hl7',
          type,
          controlId: message.controlId,
          receivedAt: clock.now(),
          state: 'accepted',
          reason: null,
          flags: [],
          bytes: message.bytes,
          patients: message.patients.map(keyOf),
          dedupe: { sender: connection, id: message.controlId, hash: message.text },
          deliveries,
        },
      ],
    });
    if (kept === undefined) throw new Error('the store answered an append of one message with none');
    const { messageId, receivedAt } = kept;
    return { kind: kept.kind === 'kept' ? 'accepted' : 'duplicate', messageId, receivedAt };
  } catch (error) {
    return { kind: 'not kept', failure: asFailure(error) };
  }
}
