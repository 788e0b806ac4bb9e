import { choice, flag, type Switch, whole } from '../profile/switch.ts';

/** How the server that is not Epic behaves: first what it can do, then what goes wrong in it. */
export const genericSwitches = {
  secured: flag(false, 'site', 'a token of its own token endpoint is needed (SMART backend services)'),
  strict: flag(
    false,
    'site',
    'an unknown search parameter is 400; else it is ignored, and left out of the self link',
  ),
  conditionalCreate: choice(
    ['works', 'ignored', 'refused'],
    'works',
    'site',
    'If-None-Exist is honoured, silently ignored (a second resource comes to be), or refused with 501',
  ),
  conditionalCreateListed: flag(true, 'site', 'the CapabilityStatement says conditionalCreate'),
  updateCreates: flag(true, 'site', 'PUT of an id that is not there creates it; else 405'),
  versions: flag(true, 'site', 'meta.versionId, ETag, If-Match, vread and history; else none of them'),
  deleted: choice(['410', '404'], '410', 'site', 'what a read of a deleted resource is answered with'),
  pageSize: whole(100, 1, 1000, 'site', 'the most entries of a page, and as many when _count is absent'),
  paging: choice(
    ['snapshot', 'offset'],
    'snapshot',
    'site',
    'next continues the result as it was, or asks again from an offset, so that pages shift under changes',
  ),
  snapshotSeconds: whole(300, 1, 86_400, 'site', 'how long a snapshot is kept; afterwards next is 410'),
  totals: flag(true, 'site', 'searchsets say total'),
  sorting: flag(true, 'site', '_sort works; else it is ignored, and left out of the self link'),
  upperBound: choice(
    ['kept', 'ignored'],
    'kept',
    'site',
    'of two bounds on _lastUpdated the upper one counts, or is ignored without a word',
  ),
  exports: flag(true, 'site', 'a Group can be exported as Bulk Data'),
  exportLooks: whole(
    1,
    0,
    1000,
    'site',
    'how often the state of an export is asked for before its files are there',
  ),
  notifyBy: choice(
    ['PUT', 'POST'],
    'PUT',
    'site',
    'a notification with a payload: PUT to endpoint/Type/id, or POST to the endpoint',
  ),

  tickMs: whole(1, 1, 60_000, 'site', 'lastUpdated is rounded down to this: 1000 makes ties'),
  skewMs: whole(
    0,
    0,
    600_000,
    'site',
    'lastUpdated is off by up to this, either way: nodes whose clocks differ',
  ),
  clockAheadMs: whole(
    0,
    -86_400_000,
    86_400_000,
    'site',
    'the clock of the whole server, its Date header too, is ahead by this',
  ),
  latePerThousand: whole(
    0,
    0,
    1000,
    'site',
    'changes of others that become visible later than their lastUpdated',
  ),
  lateMs: whole(60_000, 0, 3_600_000, 'site', 'how much later at most'),
  indexLagMs: whole(0, 0, 3_600_000, 'site', 'searches see every change this much later than reads'),
  busyPerThousand: whole(0, 0, 1000, 'site', 'requests answered 429'),
  retryAfter: choice(['seconds', 'date', 'none'], 'seconds', 'site', 'how 429 and 503 spell Retry-After'),
  failPerThousand: whole(0, 0, 1000, 'site', 'requests answered 500, 502 or 503 before anything is done'),
  lostPerThousand: whole(
    0,
    0,
    1000,
    'site',
    'requests carried out whose answer is lost: the connection is reset',
  ),
  lostNotificationsPerThousand: whole(0, 0, 1000, 'site', 'notifications that are never sent'),
  repeatedNotificationsPerThousand: whole(0, 0, 1000, 'site', 'notifications that are sent twice'),
} as const;

type Switches = typeof genericSwitches;
export type GenericBehaviour = {
  readonly [N in keyof Switches]: Switches[N] extends Switch<infer T> ? T : never;
};

/** The switches as they stand; they may be turned while the server runs. Throws a RangeError for what is none. */
export class GenericSwitchboard {
  readonly behaviour: GenericBehaviour;

  constructor(changes: Partial<GenericBehaviour> = {}) {
    const usual = Object.entries(genericSwitches).map(([name, { usual: value }]) => [name, value]);
    this.behaviour = Object.fromEntries(usual) as unknown as GenericBehaviour;
    this.change(changes);
  }

  /** Checks all values before it sets the first. */
  change(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (!Object.hasOwn(genericSwitches, name))
        throw new RangeError(`${name} is no switch of the generic server`);
      const { accepts, expects } = genericSwitches[name as keyof Switches] as Switch<unknown>;
      if (!accepts(value)) throw new RangeError(`${name} must be ${expects}`);
    }
    Object.assign(this.behaviour, values);
  }
}
