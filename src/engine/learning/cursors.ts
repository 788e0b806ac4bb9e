/** What people see of learning, and may do about it: where each resource stands, and setting it back. */
import { learningOf, type SiteRecord } from '../../site/index.ts';
import { type Clock, Failure } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { cursorName } from './learner.ts';
import { methodName, methodOf, SITE_WIDE } from './method.ts';
import { positionText, rewound } from './position-text.ts';

/** Where one resource of one site stands. */
export interface CursorView {
  readonly site: string;
  readonly resource: string;
  /** As the record says. */
  readonly method: 'poll' | 'feed' | 'feed wakes read' | 'bulk';
  readonly connection: string;
  /**
   * `waiting`: nothing was learnt yet. `seeding`: after a change of method, what is there is being marked as seen. `switching`:
   * the record says another method than what runs; it changes with the next start.
   */
  readonly phase: 'waiting' | 'seeding' | 'live' | 'switching';
  /** When the method was chosen; `null` when it never ran. */
  readonly since: number | null;
  /** In words, without anything of a patient. */
  readonly position: string;
  /** When it last moved; `null`: never. */
  readonly movedAt: number | null;
}

export interface RewindRequest {
  readonly site: string;
  readonly resource: string;
  /** What has changed since then is asked for again; milliseconds. */
  readonly to: number;
  readonly who: string;
  readonly reason: string;
}

export interface CursorControl {
  cursors(site?: string): Promise<readonly CursorView[]>;
  /**
   * Sets a position back: what changed since then is asked for again, and what was not told of it is told. Audited.
   * @throws Failure `config` CURSOR_UNKNOWN: no such site or resource is learnt, or nothing has been learnt yet.
   */
  rewind(request: RewindRequest): Promise<CursorView>;
}

/** A poller at work moves its cursor several times a second. */
const TRIES = 50;

export function cursorDesk(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly sites: () => readonly SiteRecord[];
}): CursorControl {
  const { store, clock, sites } = options;

  async function view(site?: string): Promise<readonly CursorView[]> {
    const rows = await store.cursors(site);
    const find = (at: string, connection: string, name: string) =>
      rows.find((row) => row.site === at && row.connection === connection && row.name === name);
    return sites()
      .filter((one) => (site ?? one.site) === one.site)
      .flatMap((record) =>
        learningOf(record).map(({ resource, method, from }): CursorView => {
          const row = find(record.site, from, cursorName(resource));
          const state = methodOf(find(record.site, SITE_WIDE, methodName(resource))?.value ?? null);
          const same = state?.method === method && state.from === from;
          return {
            site: record.site,
            resource,
            method,
            connection: from,
            phase: state === null ? 'waiting' : same ? state.phase : 'switching',
            since: state?.since ?? null,
            position: row === undefined ? 'nothing yet' : positionText(row.value),
            movedAt: row === undefined || row.movedAt === 0 ? null : row.movedAt,
          };
        }),
      );
  }

  /** The newest message of a connection that was received before a time. */
  async function messageBefore(site: string, connection: string, to: number): Promise<number> {
    const [newest] = (await store.search({ site, connection, to, limit: 1 })).rows;
    return newest === undefined ? 0 : Number(newest.id);
  }

  async function rewindOnce({ site, resource, to, who, reason }: RewindRequest): Promise<CursorView> {
    const [before] = (await view(site)).filter((one) => one.resource === resource);
    const row = before && (await store.cursor(before.site, before.connection, cursorName(before.resource)));
    if (before === undefined || !row) {
      throw new Failure({
        code: 'CURSOR_UNKNOWN',
        kind: 'config',
        message: before
          ? `Nothing of ${resource} has been learnt at ${site} yet: there is nothing to set back.`
          : `${resource} is not learnt at ${site}.`,
        fix: 'List what is learnt with "suture sites cursors".',
        at: { site },
      });
    }
    const after = before.method === 'feed' ? await messageBefore(site, before.connection, to) : 0;
    const at = clock.now();
    const value = rewound(row.value, to, after);
    await store.append({
      site,
      connection: before.connection,
      messages: [],
      cursor: { name: cursorName(resource), value, expect: row.version, at },
      audit: [{ at, who, act: 'learning.rewind', on: `${site}/${resource}`, facts: { to, reason } }],
    });
    return { ...before, position: positionText(value), movedAt: at };
  }

  return {
    cursors: view,
    async rewind(request) {
      for (let tried = 1; ; tried++) {
        try {
          return await rewindOnce(request);
        } catch (error) {
          // The poller was faster: what it has committed meanwhile is kept, and set back with the rest.
          const moved = error instanceof Failure && error.code === 'STORE_CURSOR_MOVED';
          if (!moved || tried >= TRIES) throw error;
        }
      }
    },
  };
}
