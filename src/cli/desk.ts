/**
 * What commands ask about messages: of the engine that runs on a data folder, or of the folder itself when
 * none runs. Both answer alike.
 */

import type { ErrorAnswer } from '../api/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type { DeadLetter, MessageQuery, MessageRow, Page } from '../store/index.ts';
import { announced } from './data-folder.ts';
import type { Environment } from './settings.ts';
import { hasData, openToLook } from './store.ts';

export interface Desk {
  readonly from: 'engine' | 'folder';
  search(query: Omit<MessageQuery, 'patient'>): Promise<Page<MessageRow>>;
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

export async function openDesk(folder: string, environment: Environment): Promise<Desk> {
  const word = announced(folder);
  if (word !== null && (await answers(word.url))) return engineDesk(word.url, word.token);
  if (!hasData(folder, environment)) {
    throw new Failure({
      code: 'NOTHING_HERE',
      kind: 'config',
      message: `No engine runs on ${folder}, and there is no data in it.`,
      fix: 'Start the engine, or name its data folder with SUTURE_DATA.',
    });
  }
  return folderDesk(folder, environment);
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
    search: async (query) => (await ask('/api/messages/search', query)).json() as Promise<Page<MessageRow>>,
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

async function folderDesk(folder: string, environment: Environment): Promise<Desk> {
  const store = await openToLook(folder, environment);
  return {
    from: 'folder',
    search: (query) => store.search(query),
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
