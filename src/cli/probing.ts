/** Who asks a site's server: the engine that runs on a data folder, or one that is opened for the question alone. */
import type { ErrorAnswer, ProbeAnswer } from '../api/index.ts';
import { createEngine, secretVariable } from '../engine/index.ts';
import type { Observed } from '../site/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import { announced } from './data-folder.ts';
import { type Project, secretNames } from './project/index.ts';
import { type Environment, setting } from './settings.ts';
import { openToLook, whenFree } from './store.ts';

export interface Probing {
  /** @param writes Make records about nobody there, too, to see which headers are honoured. */
  probe(site: string, connection: string, writes?: boolean): Promise<Observed>;
  close(): Promise<void>;
}

const ENGINE_COMES_WITHIN = 15_000;

export const openProbing = (folder: string, environment: Environment, project: Project): Promise<Probing> =>
  whenFree(ENGINE_COMES_WITHIN, () => probingNow(folder, environment, project));

async function probingNow(folder: string, environment: Environment, project: Project): Promise<Probing> {
  const word = announced(folder);
  if (word !== null && (await answers(word.url))) return engineProbing(word.url, word.token);
  const store = await openToLook(folder, environment);
  // As a start does: what the environment says of a secret is kept, sealed.
  for (const { name } of secretNames(project.sites)) {
    const given = setting(environment, secretVariable(name));
    if (given !== undefined && given !== (await store.getSecret(`secret:${name}`)))
      await store.putSecret(`secret:${name}`, given);
  }
  const engine = createEngine({
    store,
    sites: project.sites.map((site) => site.record),
    flows: [],
    clock: systemClock,
    keyedHash: store.keyedHash,
    log: () => undefined,
  });
  return {
    probe: (site, connection, writes = false) =>
      writes ? engine.capabilities.tryWrites(site, connection) : engine.capabilities.probe(site, connection),
    close: () => store.close(),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function engineProbing(url: string, token: string): Probing {
  return {
    async probe(site, connection, writes = false) {
      const place = `${encodeURIComponent(site)}/${encodeURIComponent(connection)}`;
      const answer = await fetch(`${url}/api/sites/${place}/probe`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ writes }),
      });
      if (answer.ok) return ((await answer.json()) as ProbeAnswer).observed;
      const said = (await answer.json().catch(() => ({}))) as Partial<ErrorAnswer>;
      throw new Failure({
        code: said.error?.code ?? 'API_REFUSED',
        kind: 'rejected',
        message: said.error?.message ?? `The engine answered ${answer.status}.`,
        fix: said.error?.fix ?? 'Look at the engine’s log of this time.',
      });
    },
    close: () => Promise.resolve(),
  };
}
