/**
 * What commands ask about messages: of the engine that runs on a data folder, or of the folder itself when
 * none runs. Both answer alike.
 */

import {
  type ConnectionState,
  type CursorsAnswer,
  type ErrorAnswer,
  type GapsAnswer,
  type LanesAnswer,
  PERSON_HEADER,
  type RewindAnswer,
  type ServiceAnswer,
  searchMessages,
} from '../api/index.ts';
import {
  approvalDesk,
  type CursorView,
  cursorDesk,
  type EngineControl,
  type Gap,
  gapsOf,
  type Person,
  patientKeysOf,
  scanEntry,
} from '../engine/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type {
  DeadLetter,
  MessageQuery,
  MessageRow,
  Page,
  ScanPage,
  ScanQuery,
  Store,
  StuckLane,
} from '../store/index.ts';
import { announced } from './data-folder.ts';
import { type DeployDeskOfCommands, engineDeploys, folderDeploys } from './deploy-desk.ts';
import { type DriftDesk, engineDrift, folderDrift } from './drift-desk.ts';
import { engineKept, folderKept, type KeptDesk } from './kept-desk.ts';
import { askPassword, person, provenUser, signIn, systemUser } from './person.ts';
import { loadProject } from './project/index.ts';
import { engineReplays, folderReplays, needsEngine, type ReplayDesk } from './replay-desk.ts';
import type { Environment } from './settings.ts';
import { engineSmart, folderSmart, type SmartDesk } from './smart-desk.ts';
import { hasData, openToLook, whenFree } from './store.ts';
import { engineWrites, folderWrites, type WriteDeskOfCommands } from './write-desk.ts';

export interface Desk extends WriteDeskOfCommands, KeptDesk, DriftDesk {
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
    fingerprint?: string;
    before?: string;
    limit: number;
  }): Promise<Page<DeadLetter>>;
  replay(request: {
    deliveryIds: readonly string[];
    fromStep?: string;
    version?: 'ran' | 'present';
    reason: string;
  }): Promise<readonly string[]>;
  lanes(query: { site?: string; flow?: string; limit: number }): Promise<readonly StuckLane[]>;
  release(request: {
    deliveryIds: readonly string[];
    to: 'waiting' | 'dead';
    reason: string;
  }): Promise<number>;
  /** Codes that value set maps lack, and what waits for them. */
  gaps(site?: string): Promise<readonly Gap[]>;
  /** Where the learning of each resource stands. */
  cursors(site?: string): Promise<readonly CursorView[]>;
  rewind(request: { site: string; resource: string; to: number; reason: string }): Promise<CursorView>;
  connections(): Promise<readonly ConnectionState[]>;
  /** What flows promise at their sites, and whether it is kept. */
  service(): Promise<ServiceAnswer['service']>;
  /** False: nothing kept it from being called. `null`: there is no such connection. */
  resume(site: string, connection: string, reason: string): Promise<boolean | null>;
  approvals(query: {
    site?: string;
    flow?: string;
    after?: string;
    limit: number;
  }): ReturnType<EngineControl['approvals']>;
  /** A person's answer to a question; refused when it was answered or ended meanwhile. */
  answer(request: { deliveryId: string; approved: boolean; reason: string }): Promise<void>;
  readonly replays: ReplayDesk;
  readonly smart: SmartDesk;
  readonly deploys: DeployDeskOfCommands;
  close(): Promise<void>;
}

/** How long a command waits for an engine that is ending or beginning. */
const ENGINE_COMES_WITHIN = 15_000;

/**
 * @param project Where the site records are: without them a folder does not know how a patient is named in it.
 * @param as A user of the console in whose name it is done, with the password of that user; left out: the system's user.
 */
export async function openDesk(
  folder: string,
  environment: Environment,
  project = '.',
  as?: string,
): Promise<Desk> {
  const known = as === undefined ? undefined : { user: as, password: await askPassword(as) };
  return whenFree(ENGINE_COMES_WITHIN, () => deskNow(folder, environment, project, known));
}

type Known = { readonly user: string; readonly password: string } | undefined;

async function deskNow(
  folder: string,
  environment: Environment,
  project: string,
  known: Known,
): Promise<Desk> {
  const word = announced(folder);
  if (word !== null && (await answers(word.url))) {
    const cookie = known && (await signIn(word.url, known.user, known.password));
    return engineDesk(word.url, word.token, cookie);
  }
  if (!hasData(folder, environment)) {
    throw new Failure({
      code: 'NOTHING_HERE',
      kind: 'config',
      message: `No engine runs on ${folder}, and there is no data in it.`,
      fix: 'Start the engine, or name its data folder with SUTURE_DATA.',
    });
  }
  return folderDesk(folder, environment, project, known);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function engineDesk(url: string, token: string, cookie: string | undefined): Desk {
  async function ask(path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        [PERSON_HEADER]: encodeURIComponent(systemUser()),
        ...(cookie === undefined ? {} : { cookie }),
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
    async lanes(query) {
      const wanted = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      return ((await (await ask(`/api/lanes?${wanted}`)).json()) as LanesAnswer).lanes;
    },
    release: async (request) =>
      ((await (await ask('/api/release', request)).json()) as { released: number }).released,
    async gaps(site) {
      const query = site === undefined ? '' : `?site=${encodeURIComponent(site)}`;
      return ((await (await ask(`/api/maps/gaps${query}`)).json()) as GapsAnswer).gaps;
    },
    async cursors(site) {
      const query = site === undefined ? '' : `?site=${encodeURIComponent(site)}`;
      return ((await (await ask(`/api/cursors${query}`)).json()) as CursorsAnswer).cursors;
    },
    rewind: async ({ site, ...body }) =>
      ((await (await ask(`/api/sites/${encodeURIComponent(site)}/rewind`, body)).json()) as RewindAnswer)
        .cursor,
    connections: async () => (await ask('/api/connections')).json() as Promise<readonly ConnectionState[]>,
    service: async () => ((await (await ask('/api/service')).json()) as ServiceAnswer).service,
    async resume(site, connection, reason) {
      const place = `${encodeURIComponent(site)}/${encodeURIComponent(connection)}`;
      const answer = await ask(`/api/connections/${place}/resume`, { reason });
      return answer.ok ? ((await answer.json()) as { resumed: boolean }).resumed : null;
    },
    async approvals(query) {
      const wanted = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      return (await ask(`/api/approvals?${wanted}`)).json() as ReturnType<Desk['approvals']>;
    },
    async answer({ deliveryId, ...body }) {
      const said = await ask(`/api/approvals/${encodeURIComponent(deliveryId)}`, body);
      if (said.status === 404) throw asksNobody(deliveryId);
    },
    replays: engineReplays(ask),
    ...engineWrites(ask),
    ...engineKept(ask),
    ...engineDrift(ask),
    smart: engineSmart(ask),
    deploys: engineDeploys(ask),
    async close() {
      if (cookie === undefined) return;
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      await fetch(`${url}/api/sign-out`, { method: 'POST', headers }).catch(() => undefined);
    },
  };
}

async function folderDesk(
  folder: string,
  environment: Environment,
  project: string,
  known: Known,
): Promise<Desk> {
  const store = await openToLook(folder, environment);
  const who = await whoOf(store, known).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const cursors = async () => {
    const { sites } = await loadProject(project, environment);
    return cursorDesk({ store, clock: systemClock, sites: () => sites.map((site) => site.record) });
  };
  const approvals = approvalDesk({ store, clock: systemClock, answered: () => undefined });
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
      await store.audit([{ at: systemClock.now(), who, act: 'patient.search', on: 'messages', facts }]);
      return page;
    },
    async scan(query) {
      const page = await store.scan(query);
      await store.audit([scanEntry(who, systemClock.now(), query, page)]);
      return page;
    },
    async backup(to) {
      await store.backup(to);
      await store.audit([{ at: systemClock.now(), who, act: 'store.backup', on: 'data folder' }]);
    },
    async raw(messageId) {
      await store.audit([{ at: systemClock.now(), who, act: 'message.reveal', on: messageId }]);
      return store.payload(messageId);
    },
    dead: (query) => store.deadLetters(query),
    replay: needsEngine,
    replays: folderReplays(store),
    ...folderWrites(store),
    ...folderKept(store),
    ...folderDrift(store, () => loadProject(project, environment)),
    smart: folderSmart(notRunning),
    deploys: folderDeploys(store, { data: folder, project, environment, who }),
    lanes: (query) => store.stuckLanes(query),
    gaps: (site) => gapsOf(store, site),
    release: () => notRunning('Letting a delivery go on needs the running engine.'),
    async cursors(site) {
      return (await cursors()).cursors(site);
    },
    rewind: async (request) => (await cursors()).rewind({ ...request, who }),
    connections: () => notRunning('Connections are open only while the engine runs.'),
    service: () => notRunning('What flows promise is watched only while the engine runs.'),
    resume: () => notRunning('Connections are open only while the engine runs.'),
    approvals: (query) => approvals.approvals(query),
    async answer({ deliveryId, approved, reason }) {
      const approval = await approvals.approval(deliveryId);
      if (approval === null) throw asksNobody(deliveryId);
      if (approval.role === 'admin') throw adminOnly();
      await approvals.approve({ deliveryId, step: approval.step, approved, who, reason });
    },
    close: () => store.close(),
  };
}

const whoOf = (store: Store, known: Known): Promise<string> =>
  known === undefined ? Promise.resolve(person()) : provenUser(store, known.user, known.password);

function notRunning(message: string): Promise<never> {
  return Promise.reject(
    new Failure({
      code: 'ENGINE_NOT_RUNNING',
      kind: 'config',
      message,
      fix: 'Start it with "suture start", then ask again.',
    }),
  );
}

const asksNobody = (deliveryId: string): Failure =>
  new Failure({
    code: 'APPROVAL_NOT_ASKED',
    kind: 'conflict',
    message: `The delivery "${deliveryId}" asks nobody (any more).`,
    fix: 'List the questions with "suture approvals".',
  });

/** The command line has the role of an operator, with a running engine as without. */
const adminOnly = (): Failure =>
  new Failure({
    code: 'API_ROLE_MISSING',
    kind: 'rejected',
    message: 'This question may be answered by the role admin only.',
    fix: 'Sign in to the console as an administrator and answer it there.',
  });
