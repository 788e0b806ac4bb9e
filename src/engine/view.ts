/** What screens are shown of connections, deliveries and messages; read only. */
import type { Capability, Connection, Listening, Receiver } from '../connectors/index.ts';
import { eventContext, type PreparedFlow, type TraceEntry, trace } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import type { Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { ConnectionState } from './control.ts';
import type { Gate } from './gate.ts';
import type { Intake } from './intake.ts';
import type { Necessary } from './necessary.ts';

/** A connection that the engine has opened. */
export interface Open {
  /** As it is now; a swap changes it when the connection itself stays open. */
  site: SiteRecord;
  readonly name: string;
  readonly connector: string;
  readonly capabilities: readonly Capability[];
  readonly connection: Connection;
  /** Resolves when no call is under way. */
  readonly idle: () => Promise<void>;
  /** Plans with the flows of now. */
  intake: Intake;
  readonly receiver: Receiver;
  listening: Listening | null;
  failure: Failure | null;
  paused: { readonly queued: number } | null;
}

/**
 * @param limit The backlog at which senders are no longer read.
 * @param learns Something is learnt by it.
 */
export function connectionState(
  one: Open,
  limit: number,
  gate: Pick<Gate, 'state'>,
  learns: boolean,
): ConnectionState {
  const calls = gate.state({ site: one.site.site, connection: one.name });
  const { circuit } = calls;
  return {
    site: one.site.site,
    connection: one.name,
    connector: one.connector,
    roles: [
      ...(one.listening || one.connection.http ? (['in'] as const) : []),
      ...(learns ? (['learn'] as const) : []),
      ...(one.connection.call ? (['out'] as const) : []),
    ],
    address: one.listening?.address ?? null,
    state: one.paused
      ? 'paused'
      : circuit.state === 'stopped'
        ? 'stopped'
        : one.failure || circuit.state === 'open'
          ? 'failing'
          : 'running',
    text: one.paused
      ? `Senders are not read: ${one.paused.queued} deliveries wait (limit ${limit}). Look at what the queue waits for.`
      : (calls.text ?? (one.failure ? `${one.failure.message} ${one.failure.fix}` : null)),
  };
}

export interface Readers {
  readonly store: Store;
  readonly flow: (name: string) => { readonly prepared: PreparedFlow; readonly version: string } | undefined;
  readonly site: (name: string) => SiteRecord | undefined;
  readonly see: Necessary['see'];
}

/** The steps of a delivery, computed again from what is remembered; see `EngineControl.trace`. */
export async function traceOf(
  { store, flow, site, see }: Readers,
  deliveryId: string,
): Promise<{ readonly entries: readonly TraceEntry[]; readonly sameVersion: boolean } | null> {
  const history = await store.history(deliveryId);
  if (history === null) return null;
  const { delivery } = history;
  const kept = await store.message(delivery.messageId);
  const bytes = await store.payload(delivery.messageId);
  const running = flow(delivery.flow);
  const record = kept && site(kept.message.site);
  const sameVersion = running?.version === delivery.flowVersion;
  if (!kept || !bytes || !record || !running || !sameVersion) {
    const entries = history.steps.map(({ step, output }) => ({
      step,
      kind: 'remembered',
      state: 'done' as const,
      output,
    }));
    return { entries, sameVersion };
  }
  const remembered = new Map(history.steps.map((step) => [step.step, step.output]));
  const seen = await see(record, running.prepared.flow, kept.message, bytes);
  if (!seen.seen) return { entries: [], sameVersion };
  return {
    entries: trace(running.prepared, eventContext(kept.message, seen.bytes, record), remembered),
    sameVersion,
  };
}

/** The FHIR reading of a message; see `EngineControl.fhirView`. */
export async function fhirViewOf(
  { store, site }: Pick<Readers, 'store' | 'site'>,
  messageId: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  const kept = await store.message(messageId);
  const bytes = await store.payload(messageId);
  const record = kept && site(kept.message.site);
  if (!kept || !bytes || !record || kept.message.state === 'rejected') return null;
  try {
    const { event } = eventContext(kept.message, bytes, record);
    return kept.message.format === 'hl7' ? { patient: event.patient, encounter: event.encounter } : { event };
  } catch {
    return null; // bytes that cannot be read as FHIR have no FHIR view
  }
}
