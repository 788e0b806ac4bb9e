/**
 * Starts flows at their times. What an occurrence starts is a message like any other, kept in one transaction with the
 * place up to which its schedule has been run at its site: so each starts once, whatever the number of nodes and of restarts.
 */
import type { ConnectionContext } from '../connectors/index.ts';
import {
  dueOccurrences,
  laneNames,
  nextOccurrence,
  runsAt,
  type ScheduleEvent,
  type ScheduleTrigger,
  startedType,
} from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, pause } from '../std/index.ts';
import type { NewMessage, Store } from '../store/index.ts';
import type { RunningFlow } from './control.ts';
import type { KeyedHash } from './patient.ts';

export interface SchedulesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly flows: () => readonly RunningFlow[];
  readonly sites: () => readonly SiteRecord[];
  readonly planned: (deliveries: number) => void;
  readonly log: ConnectionContext['log'];
}

/** By what its messages come: no connection of the site. */
export const SCHEDULE_CONNECTION = 'schedule';

/** Flows may change meanwhile; milliseconds. */
const LOOKS_AGAIN = 10_000;
/** An occurrence that is younger was not missed. */
const GRACE = 60_000;

/** Up to which occurrence a schedule has been run. */
interface Ran {
  /** Milliseconds since 1970. */
  readonly last: number;
  /** As it was written then: another schedule begins anew. */
  readonly schedule: string;
  /** It has started its flow before. */
  readonly begun: boolean;
}

interface Known extends Ran {
  readonly version: number;
}

interface Scheduled extends RunningFlow {
  readonly trigger: ScheduleTrigger;
  readonly site: SiteRecord;
}

export function startSchedules(options: SchedulesOptions): { stop(): Promise<void> } {
  const { store, clock, keyedHash, planned, log } = options;
  const stopping = new AbortController();
  const known = new Map<string, Known>();

  const scheduled = (): Scheduled[] =>
    options.flows().flatMap((running) => {
      const { trigger } = running.flow;
      if (trigger.kind !== 'schedule') return [];
      const sites = options.sites().filter((site) => runsAt(running.flow, site));
      return sites.map((site) => ({ ...running, trigger, site }));
    });

  /** Runs what is due, and says when the next occurrence is. */
  async function run(one: Scheduled): Promise<number | null> {
    const { flow, trigger, site } = one;
    const name = `schedule ${flow.name}`;
    const key = `${site.site} ${flow.name}`;
    const timeZone = trigger.timeZone ?? site.timeZone;
    const schedule = `${trigger.cron} ${timeZone}`;
    const now = clock.now();
    let ran = known.get(key);
    if (ran === undefined) {
      const kept = await store.cursor(site.site, SCHEDULE_CONNECTION, name);
      ran = kept === null ? undefined : { ...(kept.value as unknown as Ran), version: kept.version };
    }
    const move = async (next: Ran, messages: readonly NewMessage[]): Promise<void> => {
      const version = ran?.version ?? 0;
      // Another node may move it first: then it has run what is due, and nothing of this is kept.
      known.delete(key);
      await store.append({
        site: site.site,
        connection: SCHEDULE_CONNECTION,
        messages,
        cursor: { name, value: next as never, expect: version, at: now },
      });
      known.set(key, { ...next, version: version + 1 });
    };
    // The first time, and as another schedule, it begins now: what would have been before is not made up for.
    if (ran === undefined || ran.schedule !== schedule) {
      await move({ last: now, schedule, begun: false }, []);
      return nextOccurrence(trigger, timeZone, now);
    }
    const next = nextOccurrence(trigger, timeZone, ran.last);
    if (next === null || next > now) {
      known.set(key, ran);
      return next;
    }
    const due = dueOccurrences(trigger, timeZone, { after: ran.last, now, grace: GRACE });
    const previous = ran.begun ? ran.last : null;
    const messages = due.map((at, index) => messageOf(one, at, due[index - 1] ?? previous, timeZone, now));
    // What was passed over is behind us, too.
    await move({ last: due.at(-1) ?? now, schedule, begun: ran.begun || due.length > 0 }, messages);
    if (messages.length > 0) planned(messages.length);
    return nextOccurrence(trigger, timeZone, due.at(-1) ?? now);
  }

  function messageOf(
    { flow, version, site }: Scheduled,
    at: number,
    previous: number | null,
    timeZone: string,
    now: number,
  ): NewMessage {
    const event: ScheduleEvent = {
      flow: flow.name,
      scheduledFor: zonedTime(at, timeZone),
      previous: previous === null ? null : zonedTime(previous, timeZone),
    };
    const place = { site: site.site, connection: SCHEDULE_CONNECTION, patients: [] };
    const lanes = laneNames({ flow: flow.name, order: flow.order, ...place });
    return {
      door: 'schedule',
      format: 'json',
      type: startedType({ kind: 'schedule' }, flow.name),
      controlId: `${flow.name}@${new Date(at).toISOString()}`,
      receivedAt: now,
      state: 'accepted',
      reason: null,
      flags: [],
      bytes: Buffer.from(JSON.stringify(event)),
      patients: [],
      deliveries: [
        { flow: flow.name, flowVersion: version, lanes: lanes.map((lane) => keyedHash('lane', lane)) },
      ],
    };
  }

  /** Where another node was faster: looks again at once, or this one would not know when the next occurrence is. */
  async function runSurely(one: Scheduled): Promise<number | null> {
    for (;;) {
      try {
        return await run(one);
      } catch (error) {
        if (asFailure(error).code !== 'STORE_CURSOR_MOVED' || stopping.signal.aborted) throw error;
      }
    }
  }

  async function turn(): Promise<number> {
    let wait = LOOKS_AGAIN;
    for (const one of scheduled()) {
      if (stopping.signal.aborted) return 0;
      try {
        const next = await runSurely(one);
        if (next !== null) wait = Math.min(wait, Math.max(0, next - clock.now()));
      } catch (error) {
        const failure = asFailure(error);
        log('warn', `a schedule waits for its next turn: ${failure.message}`, {
          code: failure.code,
          flow: one.flow.name,
          site: one.site.site,
        });
      }
    }
    return wait;
  }

  const running = (async () => {
    while (!stopping.signal.aborted) await pause(clock, await turn(), stopping.signal);
  })();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

/** @example zonedTime(0, 'America/Chicago') // '1969-12-31T18:00:00-06:00' */
export function zonedTime(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', timeZoneName: 'longOffset' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const parts = Object.fromEntries(
    format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, timeZoneName = '' } = parts;
  const offset = timeZoneName.replace('GMT', '') || '+00:00';
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
}

/** What a person starts a scheduled flow with, out of its turn. */
export const outOfTurn = (flow: string, now: number, timeZone: string): ScheduleEvent => ({
  flow,
  scheduledFor: zonedTime(now, timeZone),
  previous: null,
});

export const notStartedByHand = (flow: string): Failure =>
  new Failure({
    code: 'RUN_REFUSED',
    kind: 'config',
    message: `The flow "${flow}" starts on a message, and none is named.`,
    fix: 'Name a message that is kept, or a file.',
    retry: { again: false },
  });
