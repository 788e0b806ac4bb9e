/**
 * `feed wakes read`: whoever a message has named is asked about at once, and twice more a little later, since a server may
 * serve what its interface has told only after a moment. Who was named stands in the roster with the time, so nothing is
 * lost with the process. Besides, slowly, everybody is asked about: an interface may have been silent.
 */
import type { Connection, LearnAnswer, LearnSettings, RosterEntry } from '../../connectors/index.ts';
import { type Clock, canonicalJson, type Json } from '../../std/index.ts';
import type { Ask } from './learner.ts';

/** So long after a message: the first look, and those that find what was not there yet. */
const AGAIN = [0, 10_000, 60_000] as const;
const LOOK_AGAIN = 2_000;
const PAGE = 200;
/** The position is written so often when nothing happens. */
const WRITE = 60_000;
/** In a first turn, and after a long stop, not everybody since 1970. */
const MOST_BACK = 7 * 86_400_000;

export interface WakesOptions {
  readonly connection: Pick<Connection, 'learn'>;
  readonly resource: string;
  readonly settings: LearnSettings;
  readonly clock: Clock;
  readonly roster: {
    page(
      after: string | null,
      limit: number,
      activity: { readonly from: number; readonly to: number },
    ): Promise<readonly RosterEntry[]>;
  };
}

interface Position {
  readonly upto: number;
  readonly walk: Json;
}

export function wakesPosition(cursor: Json): Position | null {
  const { kind, upto, walk } = (cursor ?? {}) as { kind?: unknown; upto?: unknown; walk?: Json };
  return kind === 'wakes' && typeof upto === 'number' ? { upto, walk: walk ?? null } : null;
}

export function wakesAsk(options: WakesOptions): Ask {
  const { clock, connection, resource, roster, settings } = options;
  const slow: LearnSettings = { ...settings, every: settings.rarely, rarely: settings.rarely * 4 };
  /** Named and not yet asked about. The written position passes them only when they are done. */
  const waiting = new Set<string>();
  let looked: number | null = null;
  let written: Json | undefined;

  async function name(from: number, to: number): Promise<void> {
    for (const delay of AGAIN) {
      const span = { from: from - delay, to: to - delay };
      for (let after: string | null = null; span.to > span.from; ) {
        const page: readonly RosterEntry[] = await roster.page(after, PAGE, span);
        for (const { key } of page) waiting.add(key);
        if (page.length < PAGE) break;
        after = page.at(-1)?.key ?? null;
      }
    }
  }

  const ask = (request: { cursor: Json; wake?: readonly string[]; seed: boolean; signal: AbortSignal }) =>
    connection.learn?.({ resource, settings: slow, ...request }) as Promise<LearnAnswer>;

  return async ({ cursor, seed, signal }) => {
    const now = clock.now();
    const held = wakesPosition(cursor);
    // A poll's cursor, from before the method was changed, is where its walk stands.
    const walk = held === null ? cursor : held.walk;
    const begin = Math.max(held?.upto ?? now, now - MOST_BACK);
    const at = (upto: number, position: Json): Json => ({ kind: 'wakes', upto, walk: position });
    if (seed) {
      const answer = await ask({ cursor: walk, seed, signal });
      return { ...answer, cursor: at(begin, answer.cursor) };
    }
    // Somebody has set the cursor back: what this process remembers of it counts no more.
    if (written !== undefined && canonicalJson(written) !== canonicalJson(cursor)) looked = null;
    await name(looked ?? begin, now);
    looked = now;
    if (waiting.size > 0) {
      const wake = [...waiting].slice(0, settings.batch);
      const answer = await ask({ cursor: walk, wake, seed, signal });
      for (const key of wake) waiting.delete(key);
      written = at(waiting.size === 0 ? now : begin, walk);
      return { ...answer, cursor: written, more: waiting.size > 0, wait: LOOK_AGAIN };
    }
    const answer = await ask({ cursor: walk, seed, signal });
    const same = held !== null && canonicalJson(answer.cursor) === canonicalJson(walk);
    written = same && now - held.upto < WRITE ? cursor : at(now, answer.cursor);
    return { ...answer, cursor: written, wait: Math.min(LOOK_AGAIN, answer.wait ?? LOOK_AGAIN) };
  };
}
