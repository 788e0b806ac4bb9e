/** The composition root: opens the store, starts the engine and the API on it, and ends them in order. */
import { createApi } from '../api/index.ts';
import {
  createEngine,
  type Drain,
  type Engine,
  type EngineProject,
  type Replaced,
  secretVariable,
} from '../engine/index.ts';
import { Failure, secret, systemClock } from '../std/index.ts';
import type { Deployment, Store } from '../store/index.ts';
import { buildConsole, consoleFolder, consoleIsBuilt } from './console-build.ts';
import { announce, makeFolder, withdraw } from './data-folder.ts';
import { openDeploying } from './deploying.ts';
import { openLog } from './log.ts';
import { printNote } from './output.ts';
import { besideRecord, codeFile, faultText, type Project, secretNames } from './project/index.ts';
import { type Environment, portSetting, setting } from './settings.ts';
import { openStore, whenFree } from './store.ts';

export interface ServeOptions {
  readonly project: Project;
  readonly folder: string;
  readonly masterKey: Uint8Array;
  readonly environment: Environment;
  /** Secrets that are not set are made up: development and the demo. */
  readonly makeSecrets: boolean;
  /** What was deployed runs, where something was; otherwise the project as it was given. */
  readonly deployed?: boolean;
  /** What connections do is logged, too; otherwise only warnings and errors. */
  readonly verbose: boolean;
}

export interface Serving {
  readonly url: string;
  readonly engine: Engine;
  readonly store: Store;
  /** The one-time link that creates the first user; `null` when there is one. */
  readonly firstUserLink: string | null;
  /** Secrets by name, for programs that run beside the engine in development. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What it began with; `null`: the project's folder. */
  readonly deployment: Deployment | null;
  /** Resolves when the console can be opened. */
  readonly consoleReady: Promise<void>;
  /** Another reading of the project in place of the one that runs; on a Failure the running one stays. */
  replace(project: Project): Promise<Replaced>;
  close(drain?: Drain): Promise<void>;
}

export async function serve(options: ServeOptions): Promise<Serving> {
  const { folder, environment } = options;
  if (!options.deployed) refuseFaults(options.project);
  makeFolder(folder);
  const log = openLog(options.verbose);
  const port = portSetting(environment, 'PORT', 4600);
  const host = setting(environment, 'HOST') ?? '127.0.0.1';
  // A command that looks at the folder holds it for a moment.
  const store = await whenFree(3_000, () => openStore(folder, environment, options.masterKey));
  let engine: Engine | null = null;
  let build: { stop(): void } = { stop: () => undefined };
  let api: Awaited<ReturnType<typeof createApi>> | null = null;
  const deploying = openDeploying({
    store,
    data: folder,
    project: options.project.folder,
    environment,
    log,
  });
  try {
    const first = options.deployed ? await deploying.first() : null;
    const project = first?.project ?? options.project;
    refuseFaults(project);
    const secrets = await keepSecrets(store, project, environment, options.makeSecrets);
    engine = createEngine({
      store,
      ...engineProject(project),
      draining: await deploying.draining(),
      earlierFlow: deploying.deploys.earlierFlow,
      ahead: deploying.ahead,
      clock: systemClock,
      keyedHash: store.keyedHash,
      log,
      ...(project.config.backlogLimit === undefined ? {} : { backlogLimit: project.config.backlogLimit }),
    });
    let consoleState: 'building' | 'ready' = consoleIsBuilt() ? 'ready' : 'building';
    const cliToken = secret();
    const publicUrl = setting(environment, 'PUBLIC_URL');
    api = await createApi({
      engine,
      clock: systemClock,
      host,
      port,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      consoleFolder,
      consoleState: () => consoleState,
      cliToken,
      deploys: deploying.api,
      log,
    }).catch((error) => {
      throw portTaken(error, host, port);
    });
    await engine.start();
    const runs = engine;
    deploying.begin(
      async (next, queued, commit) => {
        refuseFaults(next);
        await keepSecrets(store, next, environment, options.makeSecrets);
        await runs.replace(engineProject(next), queued, commit);
      },
      () => Object.fromEntries(runs.flows.map(({ flow, version }) => [flow.name, version])),
    );
    const consoleReady = new Promise<void>((resolve) => {
      build = buildConsole((problem) => {
        if (problem === null) consoleState = 'ready';
        else printNote(problem);
        resolve();
      });
    });
    const listening = engine.connections().find((one) => one.connector === 'mllp' && one.address !== null);
    announce(folder, { url: api.url, token: cliToken, pid: process.pid, mllp: listening?.address ?? null });
    const serving = { engine, api };
    return {
      url: api.url,
      engine,
      store,
      firstUserLink: await api.firstUserLink(),
      secrets,
      consoleReady,
      deployment: first?.deployment ?? null,
      async replace(next) {
        refuseFaults(next);
        await keepSecrets(store, next, environment, options.makeSecrets);
        return serving.engine.replace(engineProject(next));
      },
      async close(drain) {
        build.stop();
        withdraw(folder);
        await deploying.close();
        await serving.engine.stop(drain);
        await serving.api.close();
        await store.close();
      },
    };
  } catch (error) {
    build.stop();
    await deploying.close();
    await engine?.stop().catch(() => undefined);
    await api?.close().catch(() => undefined);
    await store.close().catch(() => undefined);
    throw error;
  }
}

function refuseFaults({ faults }: Project): void {
  if (faults.length === 0) return;
  for (const fault of faults) printNote(faultText(fault));
  throw new Failure({
    code: 'PROJECT_FAULTY',
    kind: 'config',
    message: `The project has ${faults.length} fault${faults.length === 1 ? '' : 's'}.`,
    fix: 'Mend what is listed above; "suture check" lists it again.',
  });
}

/** What the engine takes of a project. */
const engineProject = (project: Project): EngineProject => ({
  sites: project.sites.map((site) => site.record),
  flows: project.flows,
  observed: project.observed,
  siteFile: (site, name) => besideRecord(project, site, name),
  valueSets: project.maps.valueSets,
  codeFile: (site, map) => codeFile(project, site, map),
});

/** What is in the way of the HTTP port, in words; anything else as it is. */
function portTaken(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const why = {
    EADDRINUSE: 'another program listens there already',
    EACCES: 'this user may not',
    EADDRNOTAVAIL: 'this machine has no such address',
  }[code];
  return new Failure({
    code: 'HTTP_PORT',
    kind: 'config',
    message: `The console and the API cannot listen on ${host} port ${port}: ${why}.`,
    fix:
      code === 'EADDRNOTAVAIL' ? 'Correct HOST.' : 'End what uses the port, or choose another one with PORT.',
    cause: error,
  });
}

/** From the environment into the sealed store; made up in development, but for keys; a sentence when one is missing. */
async function keepSecrets(
  store: Store,
  project: Project,
  environment: Environment,
  makeUp: boolean,
): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const { name, isKey } of secretNames(project.sites)) {
    const variable = secretVariable(name);
    const given = setting(environment, variable);
    const kept = await store.getSecret(`secret:${name}`);
    const value = given ?? kept ?? (makeUp && !isKey ? secret() : null);
    if (value === null) {
      throw new Failure({
        code: 'SECRET_MISSING',
        kind: 'config',
        message: `The secret "${name}" is not set.`,
        fix: `Set ${variable} (or ${variable}_FILE) once; it is kept sealed in the data folder.`,
      });
    }
    if (value !== kept) await store.putSecret(`secret:${name}`, value);
    if (!isKey) held.set(name, value);
  }
  return held;
}
