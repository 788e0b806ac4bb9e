/** Deploys two projects in turn as fast as it can, until it is killed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDeploys, type Deployable, readProject } from '../../src/deploy/index.ts';
import { loadSites } from '../../src/site/index.ts';
import { secret, systemClock } from '../../src/std/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';

const folder = process.argv[2] as string;
const store = await openSqliteStore({
  folder: join(folder, 'data'),
  masterKey: Buffer.alloc(32, 7),
  clock: systemClock,
});
const deploys = createDeploys<Deployable>({
  store,
  clock: systemClock,
  into: join(folder, 'data', 'deployments'),
  packages: folder,
  async load(at) {
    readFileSync(join(at, 'maps', 'contact.yaml'));
    const { sites, faults } = loadSites(join(at, 'sites'), {});
    return { config: { sites: 'sites', flows: 'flows' }, sites, flows: [], faults };
  },
  faultText: ({ reason }) => reason,
  ran: () => ({}),
  environment: null,
  random: secret,
  apply: null,
});
for (let turn = 0; ; turn++) {
  const { root, contents } = readProject(join(folder, turn % 2 === 0 ? 'even' : 'odd'), {
    sites: 'sites',
    flows: 'flows',
  });
  await store.putContent(contents);
  await deploys
    .deploy({ root, act: 'deploy', scope: {}, queued: 'drain', who: 'kim', note: '' })
    .then(({ id }) => process.send?.(id))
    .catch((error: { code?: string }) => {
      // One that was killed holds the others up for a minute; here nobody waits that long.
      if (error.code !== 'DEPLOY_RUNNING' && error.code !== 'DEPLOY_NOTHING') throw error;
      return store
        .slot('deploy')
        .then(({ version, value }) =>
          value === null ? false : store.swapSlot({ name: 'deploy', expect: version, value: null }),
        );
    });
}
