/** How servers and feeds differ from what was written down: of the running engine, or of its folder. */
import type { DriftAnswer } from '../api/index.ts';
import { shapesOf } from '../engine/index.ts';
import type { Store } from '../store/index.ts';
import type { Project } from './project/index.ts';

export interface DriftDesk {
  /** `servers` is empty where no engine runs: nobody has asked them. `null`: there is no such site. */
  drift(site: string): Promise<Pick<DriftAnswer, 'servers' | 'feeds'> | null>;
}

export function engineDrift(ask: (path: string) => Promise<Response>): DriftDesk {
  return {
    async drift(site) {
      const found = await ask(`/api/sites/${encodeURIComponent(site)}/drift`);
      return found.ok ? ((await found.json()) as DriftAnswer) : null;
    },
  };
}

export function folderDrift(store: Store, project: () => Promise<Project>): DriftDesk {
  return {
    async drift(site) {
      const { sites, observed } = await project();
      const record = sites.find((each) => each.record.site === site)?.record;
      if (record === undefined) return null;
      return { servers: [], feeds: await shapesOf(store, record, observed[site] ?? {}) };
    },
  };
}
