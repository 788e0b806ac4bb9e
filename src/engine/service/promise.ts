/** What flows promise, judged for one flow at one site. Pure: what came is an argument, and so is the time. */
import { everyStep, type Flow, triggerText } from '../../flow/index.ts';
import { countedTime, learningOf, type SiteRecord } from '../../site/index.ts';
import { durationText, lengthText } from '../../std/index.ts';
import { type Arrivals, type Learnt, MISSED, missedSince, WEEKS_NEEDED } from './usual.ts';

/** One promise of a flow at a site, and whether it is kept. */
export interface ServiceState {
  readonly site: string;
  readonly flow: string;
  readonly promise: 'silence' | 'end to end';
  /** `not judged`: there is not enough to judge by; the text says what is missing. */
  readonly state: 'kept' | 'broken' | 'not judged';
  /** Of a broken one the finding's name: `FLOW_SILENT`, `FLOW_SLOW`. */
  readonly code: 'FLOW_SILENT' | 'FLOW_SLOW' | null;
  /** Since when it is broken; milliseconds. */
  readonly since: number | null;
  /** When the last event came; of silence only. */
  readonly lastAt: number | null;
  /** One sentence. Of a broken one: what, since when. */
  readonly text: string;
  /** What to do first; of a broken one. */
  readonly fix: string | null;
}

/** By which connections of the site the flow's events come, as far as the record says. */
export function sourcesOf({ trigger }: Pick<Flow, 'trigger'>, site: SiteRecord): readonly string[] {
  if (trigger.kind === 'webhook' || trigger.kind === 'file') return [trigger.connection];
  if (trigger.kind === 'hl7')
    return trigger.connection !== undefined
      ? [trigger.connection]
      : Object.entries(site.connections)
          .filter(([, { connector, listen }]) => connector === 'mllp' && listen !== undefined)
          .map(([name]) => name);
  if (trigger.kind === 'event' || trigger.kind === 'bulk')
    return learningOf(site)
      .filter(({ resource }) => resource === trigger.resource)
      .map(({ from }) => from);
  return [];
}

/** A quiet so short is none, however much should have come in it. */
const SHORTEST = 10 * 60_000;

export interface Quiet {
  /** The last event, `null`: none was ever seen; then it is quiet since it is watched. Milliseconds. */
  readonly lastAt: number | null;
  readonly watchedSince: number;
  readonly now: number;
}

export interface Judged {
  readonly state: ServiceState['state'];
  /** 0 when an event has just come, 1 when it is a silence: how near. */
  readonly share: number;
  readonly text: string;
}

const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/**
 * Whether it has been quiet for too long.
 * @param learnt What is usual, of a flow that says `learn`.
 */
export function judgeSilence(
  flow: Flow,
  site: SiteRecord,
  { lastAt, watchedSince, now }: Quiet,
  learnt?: { readonly learnt: Learnt; readonly arrivals: Arrivals },
): Judged {
  const silence = flow.service?.silence;
  const since = lastAt ?? watchedSince;
  const connections = sourcesOf(flow, site);
  const what = `${triggerText(flow.trigger)} for the flow "${flow.name}"`;
  const none = lastAt === null ? `${what} has never come` : `no ${what} has come since ${moment(since)}`;
  if (typeof silence === 'number') {
    const counting = { connections, staffed: true };
    const quiet = now - since < silence ? now - since : countedTime(site, since, now, counting, silence);
    const promised = `one comes at least every ${durationText(silence)}`;
    const counted = site.calendar === undefined ? '' : ' of the time that counts there';
    return quiet <= silence
      ? { state: 'kept', share: quiet / silence, text: `${promised}${counted}` }
      : {
          state: 'broken',
          share: 1,
          text: `${none}, longer than ${durationText(silence)}${counted}`,
        };
  }
  const known = learnt?.learnt ?? { state: 'learning', weeks: 0 };
  if (known.state === 'learning')
    return {
      state: 'not judged',
      share: 0,
      text: `learns what is usual: ${known.weeks} of ${WEEKS_NEEDED} weeks are known`,
    };
  if (known.state === 'too few')
    return {
      state: 'not judged',
      share: 0,
      text: `in a usual week only about ${Math.round(known.aWeek)} come hour by hour, too few to miss ${MISSED}: name a length of time instead`,
    };
  const arrivals = learnt?.arrivals ?? { from: 0, counts: [] };
  const missed = missedSince(site, arrivals, known.usual, { since, now, connections });
  const broken = missed >= MISSED && now - since >= SHORTEST;
  return {
    state: broken ? 'broken' : 'kept',
    share: Math.min(1, missed / MISSED),
    text: broken
      ? `${none}: by what is usual here, about ${Math.floor(missed)} should have`
      : 'they come as is usual here',
  };
}

/** What of a delivery's time its promise is about: not what the site, or all that the flow calls there, is down on purpose. */
export function promisedTime(site: SiteRecord, flow: Flow, from: number, to: number): number {
  const enough = flow.service?.endToEnd ?? 0;
  if (to - from <= enough) return to - from;
  const called = new Set(
    everyStep(flow.steps).flatMap((step) => ('connection' in step ? [step.connection] : [])),
  );
  const all = countedTime(site, from, to, { holidays: true }, enough);
  // One receiver that is down holds the whole delivery.
  return [...called].reduce(
    (least, one) =>
      Math.min(least, countedTime(site, from, to, { holidays: true, connections: [one] }, enough)),
    all,
  );
}

export const silenceFix = (site: SiteRecord, flow: Flow): string => {
  const [source] = sourcesOf(flow, site);
  const looked = source === undefined ? 'the connections' : `the connection ${source}`;
  return `Look at ${looked} ("suture connections"), then ask the site whether it still sends.`;
};

/** @param took Of the last slow one that this node saw. */
export const slowText = (flow: Flow, took: number | undefined): string =>
  `deliveries of the flow "${flow.name}" take longer than the ${durationText(flow.service?.endToEnd ?? 0)} that it promises` +
  (took === undefined ? '' : `: the last one seen after ${lengthText(took)}`);
export const SLOW_FIX = 'Look at what they wait for: "suture lanes", and "suture connections".';
