/**
 * What commands ask about messages: of the engine that runs on a data folder, or of the folder itself when
 * none runs. Both answer alike.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorAnswer, searchMessages } from '../api/index.ts';
import { type Person, patientKeysOf, scanEntry } from '../engine/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type { DeadLetter, MessageQuery, MessageRow, Page, ScanPage, ScanQuery } from '../store/index.ts';
import { announced, keyOf } from './data-folder.ts';
import { loadProject } from './project.ts';
import type { Environment } from './settings.ts';

export interface Desk {
  readonly from: 'engine' | 'folder';
  /** By a patient, the search is recorded. */
  search(query: Omit<MessageQuery, 'patient'> & { asked?: string | Person }): Promise<Page<MessageRow>>;
  /** Free text: a bounded number of payloads; recorded. */
  scan(query: ScanQuery): Promise<ScanPage>;
  /** A copy of the data folder in a folder of its own. */
  backup(to: string): Promise<void>;
  /** The bytes as received; the reading is recorded. */
  raw(messageId: string): Promise<Uint8Array | null>;
  dead(query: {
    site?: string;
    flow?: string;
    code?: string;
    before?: string;
    limit: number;
  }): Promise<Page<DeadLetter>>;
  replay(request: {
    deliveryIds: readonly string[];
    fromStep?: string;
    reason: string;
  }): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** @param project Where the site records are: without them a folder does not know how a patient is named in it. */
export async function openDesk(folder: string, environment: Environment, project = '.'): Promise<Desk> {
  const word = announced(folder);
  if (word !== null && (await answers(word.url))) return engineDesk(word.url, word.token);
  if (!existsSync(join(folder, 'suture.db'))) {
    throw new Failure({
      code: 'NOTHING_HERE',
      kind: 'config',
      message: `No engine runs on ${folder}, and there is no data in it.`,
      fix: 'Start the engine, or name its data folder with SUTURE_DATA.',
    });
  }
  return folderDesk(folder, environment, project);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function engineDesk(url: string, token: string): Desk {
  async function ask(path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok || answer.status === 404) return answer;
    const said = (await answer.json().catch(() => ({}))) as Partial<ErrorAnswer>;
    throw new Failure({
      code: said.error?.code ?? 'API_REFUSED',
      kind: 'rejected',
      message: said.error?.message ?? `The engine answered ${answer.status} to ${path}.`,
      fix: said.error?.fix ?? 'Look at the engine’s log of this time.',
    });
  }
  return {
    from: 'engine',
    async search({ asked, ...query }) {
      const patient =
        asked === undefined ? {} : typeof asked === 'string' ? { patient: asked } : { person: asked };
      return (await ask('/api/messages/search', { ...query, ...patient })).json() as Promise<
        Page<MessageRow>
      >;
    },
    scan: async (query) => (await ask('/api/messages/scan', query)).json() as Promise<ScanPage>,
    backup: async (to) => void (await ask('/api/backup', { to })),
    async raw(messageId) {
      const answer = await ask(`/api/messages/${messageId}/raw`);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
    async dead(query) {
      const wanted = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      return (await ask(`/api/dead?${wanted}`)).json() as Promise<Page<DeadLetter>>;
    },
    replay: async (request) =>
      ((await (await ask('/api/replay', request)).json()) as { deliveryIds: string[] }).deliveryIds,
    close: () => Promise.resolve(),
  };
}

async function folderDesk(folder: string, environment: Environment, project: string): Promise<Desk> {
  const { openSqliteStore } = await import('../store/index.ts');
  const key = keyOf(folder, environment);
  const store = await openSqliteStore({ folder, masterKey: key, clock: systemClock });
  return {
    from: 'folder',
    async search({ asked, ...query }) {
      if (asked === undefined) return store.search(query);
      const { sites } = await loadProject(project, environment);
      const keys = patientKeysOf(
        store.keyedHash,
        sites.map((site) => site.record),
        asked,
      );
      const page = await searchMessages(store, query, keys);
      const facts = {
        by: typeof asked === 'string' ? 'identifier' : 'name and birth date',
        found: page.rows.length,
      };
      await store.audit([
        { at: systemClock.now(), who: 'cli', act: 'patient.search', on: 'messages', facts },
      ]);
      return page;
    },
    async scan(query) {
      const page = await store.scan(query);
      await store.audit([scanEntry('cli', systemClock.now(), query, page)]);
      return page;
    },
    async backup(to) {
      await store.backup(to);
      await store.audit([{ at: systemClock.now(), who: 'cli', act: 'store.backup', on: 'data folder' }]);
    },
    async raw(messageId) {
      await store.audit([{ at: systemClock.now(), who: 'cli', act: 'message.reveal', on: messageId }]);
      return store.payload(messageId);
    },
    dead: (query) => store.deadLetters(query),
    replay: () =>
      Promise.reject(
        new Failure({
          code: 'ENGINE_NOT_RUNNING',
          kind: 'config',
          message: 'A replay needs the running engine, which knows the flows.',
          fix: 'Start it with "suture start", then replay.',
        }),
      ),
    close: () => store.close(),
  };
}
