/**
 * One flow run by hand, on a message that is kept or on one from a file: as a message of its own, by the way that all take, or
 * dry, which looks things up and tells what it would do.
 */
import type { CallContext, Connection } from '../connectors/index.ts';
import {
  type Command,
  eventContext,
  type ItemsThrough,
  NECESSARY_STEP,
  next,
  type PreparedFlow,
  runsAt,
  startedType,
  triggerText,
} from '../flow/index.ts';
import { peek } from '../hl7/index.ts';
import type { Format } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type FailureRecord, type Json } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { Intake } from './intake.ts';
import type { Necessary } from './necessary.ts';
import { notStartedByHand, outOfTurn } from './schedules.ts';
import type { RunScript } from './scripts.ts';

export interface RunRequest {
  readonly flow: string;
  /** Left out for a flow that a person or a schedule starts: it gets an empty object, or the time. */
  readonly from?:
    | { readonly messageId: string }
    /** `type` of a FHIR resource: `Appointment.created`. Left out: read from the bytes, as created. */
    | { readonly bytes: Uint8Array; readonly format?: Format; readonly type?: string };
  /** Left out: the message's, or the only one that the flow runs at. */
  readonly site?: string;
  readonly who: string;
}

/** What a dry run would do, step by step. */
export interface DryStep {
  readonly step: string;
  /** `asked`: a find, which was really made. `would`: an effect, which was not. */
  readonly kind: 'asked' | 'would' | 'code' | 'sleep' | 'end' | 'stopped';
  readonly connection?: string;
  readonly do?: string;
  readonly args?: Json;
  readonly output?: Json;
  readonly state?: string;
  readonly failure?: FailureRecord;
}

export interface RunControl {
  /** @throws Failure `RUN_REFUSED`: there is no such flow, message or site, or the flow does not start on it. */
  run(request: RunRequest): Promise<{ readonly messageId: string; readonly deliveryId: string }>;
  dryRun(request: RunRequest): Promise<readonly DryStep[]>;
}

export interface RunParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly flow: (name: string) => { readonly prepared: PreparedFlow } | undefined;
  readonly see: Necessary['see'];
  readonly sites: () => ReadonlyMap<string, SiteRecord>;
  readonly connection: (site: string, name: string) => Connection | undefined;
  readonly intake: (site: string, connection: string) => Intake | undefined;
  readonly planned: (deliveries: number) => void;
  readonly script: RunScript;
}

interface Material {
  readonly prepared: PreparedFlow;
  readonly site: SiteRecord;
  readonly connection: string;
  readonly bytes: Uint8Array;
  readonly format: Format;
  readonly type: string;
  readonly parent: string | undefined;
}

const MOST_STEPS = 200;

/** What a person starts a flow with who gives nothing. */
const nothing = Buffer.from('{}');

const refused = (message: string): Failure =>
  new Failure({
    code: 'RUN_REFUSED',
    kind: 'config',
    message,
    fix: 'Look at the flow’s trigger and its sites, and at the message.',
    retry: { again: false },
  });

export function runControl(parts: RunParts): RunControl {
  const { store, clock } = parts;

  async function materialOf(request: RunRequest): Promise<Material> {
    const found = parts.flow(request.flow);
    if (found === undefined) throw refused(`There is no flow "${request.flow}".`);
    const { flow } = found.prepared;
    const { trigger } = flow;
    const byHand = trigger.kind === 'manual' || trigger.kind === 'schedule';
    const from = request.from ?? (byHand ? { bytes: nothing } : undefined);
    if (from === undefined) throw notStartedByHand(flow.name);
    if ('messageId' in from) {
      const kept = await store.message(from.messageId);
      const bytes = kept && (await store.payload(from.messageId));
      if (!kept || !bytes)
        throw refused(`There is no message ${from.messageId}, or its bytes are no longer kept.`);
      const { format, type, connection } = kept.message;
      const site = siteOf(request.site ?? kept.message.site, flow.sites);
      const there =
        site.connections[connection] === undefined ? connectionOf(site, found.prepared) : connection;
      return {
        prepared: found.prepared,
        site,
        connection: there,
        bytes,
        format,
        type,
        parent: from.messageId,
      };
    }
    const site = siteOf(request.site, flow.sites);
    const { format, type } = byHand
      ? ({ format: 'json', type: startedType(trigger, flow.name) } as const)
      : kindOf(from);
    if (request.from === undefined && trigger.kind === 'schedule') {
      const bytes = Buffer.from(JSON.stringify(outOfTurn(flow.name, clock.now(), site.timeZone)));
      const connection = connectionOf(site, found.prepared);
      return { prepared: found.prepared, site, connection, bytes, format, type, parent: undefined };
    }
    const connection = connectionOf(site, found.prepared);
    return { prepared: found.prepared, site, connection, bytes: from.bytes, format, type, parent: undefined };
  }

  function siteOf(name: string | undefined, of: 'all' | readonly string[]): SiteRecord {
    const possible = [...parts.sites().values()].filter((site) => runsAt({ sites: of }, site));
    if (name === undefined) {
      const [only, ...others] = possible;
      if (only !== undefined && others.length === 0) return only;
      throw refused(
        `Name the site: the flow runs at ${possible.map(({ site }) => site).join(', ') || 'none'}.`,
      );
    }
    const site = possible.find((one) => one.site === name);
    if (site === undefined) throw refused(`The flow does not run at a site "${name}".`);
    return site;
  }

  async function run(request: RunRequest): Promise<{ messageId: string; deliveryId: string }> {
    const { prepared, site, connection, bytes, format, type, parent } = await materialOf(request);
    const intake = parts.intake(site.site, connection);
    if (intake === undefined) throw refused(`The connection "${connection}" of ${site.site} is not open.`);
    const at = clock.now();
    const message = intake.edited({ format, type, key: null, bytes }, at);
    const deliveries = message.deliveries.filter(({ flow }) => flow === prepared.flow.name);
    if (deliveries.length === 0)
      throw refused(
        `The flow starts on ${triggerText(prepared.flow.trigger)}, and this is ${type || format}.`,
      );
    const [appended] = await store.append({
      site: site.site,
      connection,
      messages: [
        { ...message, door: 'manual', flags: [], deliveries, ...(parent === undefined ? {} : { parent }) },
      ],
      audit: [
        {
          at,
          who: request.who,
          act: 'flow.run',
          on: prepared.flow.name,
          facts: { site: site.site, from: parent ?? 'a file' },
        },
      ],
    });
    const messageId = appended?.messageId ?? '';
    const kept = await store.message(messageId);
    parts.planned(deliveries.length);
    return { messageId, deliveryId: kept?.deliveries[0]?.id ?? '' };
  }

  async function dryRun(request: RunRequest): Promise<readonly DryStep[]> {
    const { prepared, site, bytes: whole, format, type, parent, connection } = await materialOf(request);
    const { name } = prepared.flow;
    // Committed before anything is looked up: what it gives is content of the message.
    const facts = { site: site.site, from: parent ?? 'a file', dry: true };
    await store.audit([{ at: clock.now(), who: request.who, act: 'flow.run', on: name, facts }]);
    const seen = await parts.see(site, prepared.flow, { format, connection }, whole);
    if (!seen.seen) return [{ step: NECESSARY_STEP, kind: 'end', state: 'filtered' }];
    const { bytes } = seen;
    const context = eventContext(
      { format, type, id: parent ?? 'dry-run', receivedAt: clock.now() },
      bytes,
      site,
    );
    const remembered = new Map<string, unknown>();
    const through: ItemsThrough = new Map();
    const steps: DryStep[] = [];
    while (steps.length < MOST_STEPS) {
      const command = next(prepared, context, remembered, through);
      if (command.kind === 'end') {
        steps.push({ step: 'step' in command ? command.step : '', kind: 'end', state: command.state });
        return steps;
      }
      const { step } = command;
      if (command.kind === 'call') {
        const { connection, do: capability, args } = command;
        const told = { step, connection, do: capability, args };
        if (command.effect) {
          steps.push({ ...told, kind: 'would' });
          remembered.set(step, { id: 'dry-run', reference: null, outcome: 'dry run' });
          continue;
        }
        const message = { id: parent ?? '', bytes, format };
        const asked = await look(site.site, command, { flow: name, step, message });
        steps.push({ ...told, kind: asked instanceof Failure ? 'stopped' : 'asked', ...outcome(asked) });
        if (asked instanceof Failure) return steps;
        remembered.set(step, asked);
      } else if (command.kind === 'script') {
        // What runs in the sandbox changes nothing outside of it.
        const given = await script(site, command);
        steps.push({ step, kind: given instanceof Failure ? 'stopped' : 'code', ...outcome(given) });
        if (given instanceof Failure) return steps;
        remembered.set(step, given);
      } else if (command.kind === 'code') {
        // Free code may do anything: it is not run.
        steps.push({ step, kind: 'code' });
        remembered.set(step, null);
      } else {
        const stopped = command.kind === 'sleep' ? {} : { failure: command.failure.toJSON() };
        steps.push({ step, kind: command.kind === 'sleep' ? 'sleep' : 'stopped', ...stopped });
        return steps;
      }
    }
    return steps;
  }

  async function script(
    site: SiteRecord,
    { script, source, input }: Extract<Command, { kind: 'script' }>,
  ): Promise<Json | Failure> {
    const signal = AbortSignal.timeout(60_000);
    try {
      const run = { script, source, input: input as Json, signal, at: clock.now(), timeZone: site.timeZone };
      return await parts.script(run);
    } catch (error) {
      return asFailure(error);
    }
  }

  async function look(
    site: string,
    { connection, do: capability, args }: { connection: string; do: string; args: Json },
    about: Pick<CallContext, 'flow' | 'step' | 'message'>,
  ): Promise<Json | Failure> {
    const open = parts.connection(site, connection);
    if (open?.call === undefined)
      return refused(`There is no connection "${connection}" at ${site} that can be called.`);
    try {
      return await open.call(
        { do: capability, args },
        {
          ...about,
          idempotencyKey: 'dry-run',
          delivery: '0',
          attempt: 1,
          possibleDuplicate: false,
          signal: AbortSignal.timeout(60_000),
        },
      );
    } catch (error) {
      return asFailure(error, { site, connection, step: about.step });
    }
  }

  return { run, dryRun };
}

const outcome = (asked: Json | Failure): Pick<DryStep, 'output' | 'failure'> =>
  asked instanceof Failure ? { failure: asked.toJSON() } : { output: asked };

/** The hook of a webhook flow, else the first connection of the site that such messages come by. */
function connectionOf(site: SiteRecord, { flow }: PreparedFlow): string {
  const names = Object.keys(site.connections);
  const { trigger } = flow;
  if ('connection' in trigger && trigger.connection !== undefined) return trigger.connection;
  const first = names.find((name) => {
    const record = site.connections[name];
    if (trigger.kind !== 'hl7') return record?.connector === 'epic' || record?.connector === 'fhir';
    return record?.connector === 'mllp' && record.listen !== undefined;
  });
  const any = first ?? names[0];
  if (any === undefined) throw refused(`The site ${site.site} has no connection.`);
  return any;
}

function kindOf(from: { readonly bytes: Uint8Array; readonly format?: Format; readonly type?: string }): {
  readonly format: Format;
  readonly type: string;
} {
  const text = Buffer.from(from.bytes).toString('utf8').trimStart();
  const guessed = text.startsWith('MSH') ? 'hl7' : text.startsWith('{') ? 'json' : 'text';
  if ((from.format ?? guessed) === 'hl7') return { format: 'hl7', type: from.type ?? peek(from.bytes).type };
  let resourceType: unknown;
  try {
    ({ resourceType } = JSON.parse(text) as { resourceType?: unknown });
  } catch {
    return { format: from.format ?? 'text', type: from.type ?? '' };
  }
  const isFhir = typeof resourceType === 'string';
  return {
    format: from.format ?? (isFhir ? 'fhir' : 'json'),
    type: from.type ?? (isFhir ? `${resourceType}.created` : ''),
  };
}
