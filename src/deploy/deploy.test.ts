import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Flow } from '../flow/index.ts';
import { loadSites } from '../site/index.ts';
import { manualClock } from '../std/index.ts';
import { newDisk, openMemoryStore, type Store } from '../store/index.ts';
import {
  contentOf,
  createDeploys,
  createTidy,
  type Deployable,
  type Deploys,
  type DeployWish,
  factsOf,
  filesOf,
  KEPT_DEPLOYMENTS,
  readProject,
  type SeenCode,
  snapshotOf,
} from './index.ts';

const SITE = `site: mercy
name: Mercy
environment: production
ehr: { vendor: epic }
timeZone: UTC
identifiers: { mrn: { system: urn:mrn } }
connections:
  feed: { connector: mllp, listen: { port: 6661 } }
`;
const step = (more: object = {}) => ({
  ...{ id: 'notice', kind: 'map', map: 'contact', fields: { mrn: { from: 'hl7:PID-3.1' } } },
  ...more,
});
const aFlow = (name: string, more: object = {}): string =>
  JSON.stringify({
    ...{ name, about: 'Tells.', sites: 'all', trigger: { kind: 'hl7', type: 'ADT^A01' }, order: 'patient' },
    ...{ steps: [step()], giveUpAfter: 1_000 },
    ...more,
  });
const first: Readonly<Record<string, string>> = {
  'suture.config.ts': 'export default {};',
  'sites/mercy/site.yaml': SITE,
  'sites/mercy/maps/units.csv': 'source,target\nMG,mg\nOLD,g\n',
  'flows/one.yaml': aFlow('one'),
  'flows/two.yaml': aFlow('two', { steps: [step({ map: 'other' })] }),
  'maps/contact.yaml': 'fields: { mrn: { from: hl7:PID-3.1 } }\n',
  'maps/other.yaml': 'fields: {}\n',
};

let home: string;
let store: Store;
let refuse: Error | null;
let ran: string[];
let disk: ReturnType<typeof newDisk>;
let approval: boolean;
let seen: readonly SeenCode[];
const clock = manualClock(1_790_000_000_000);

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-deploy-'));
  disk = newDisk();
  store = await openMemoryStore({ disk });
  refuse = null;
  approval = false;
  seen = [];
  ran = [];
});
afterEach(async () => {
  await store.close();
  rmSync(home, { recursive: true, force: true });
});

/** Flows as JSON, which is YAML; a flow that says `broken` is a fault. */
async function load(folder: string): Promise<Deployable> {
  const { sites, faults } = loadSites(join(folder, 'sites'), {});
  const flows = readdirSync(join(folder, 'flows')).map(
    (name) => parse(readFileSync(join(folder, 'flows', name), 'utf8')) as Flow,
  );
  const asks = approval && !readFileSync(join(folder, 'suture.config.ts'), 'utf8').includes('alone');
  const broken = flows.filter(({ about }) => about === 'broken');
  return {
    config: { sites: 'sites', flows: 'flows', deploy: { secondApproval: asks } },
    sites,
    flows,
    faults: [
      ...faults,
      ...broken.map(({ name }) => ({
        file: `${folder}/flows/${name}.yaml`,
        line: 3,
        reason: 'is broken',
        fix: 'mend it',
      })),
    ],
  };
}

function desk(): Deploys<Deployable> {
  return createDeploys({
    ...{ store, clock, load, into: join(home, 'versions'), packages: home, environment: null },
    faultText: ({ file, line, reason, fix }) => `${file}:${line}: ${reason}; ${fix}`,
    ran: () => null,
    random: () => String(Math.random()),
    seen: () => Promise.resolve(seen),
    async apply(project, _queued, commit) {
      if (refuse) throw refuse;
      await commit();
      ran.push(project.flows.map(({ name }) => name).join());
    },
  });
}

/** Writes a working folder and brings it to the store. */
async function bring(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(home, 'working');
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { root, contents } = readProject(folder, { sites: 'sites', flows: 'flows' });
  await store.putContent(contents);
  return root;
}
const wish = (root: string, more: Partial<DeployWish> = {}): DeployWish => ({
  ...{ root, act: 'deploy', scope: {}, queued: 'drain', who: 'kim', note: 'why not' },
  ...more,
});
const deployFirst = async () => desk().deploy(wish(await bring(first)));

test('a plan says in words what changes: steps, sources, order, ports and codes', async () => {
  await deployFirst();
  const next = {
    ...first,
    'sites/mercy/site.yaml': SITE.replace('6661', '6662'),
    'sites/mercy/maps/units.csv': 'source,target\nMG,"mg/d"\nNEW,l\n',
    'flows/one.yaml': aFlow('one', {
      order: 'connection',
      steps: [step({ fields: { mrn: { from: 'hl7:PID-2.1' } } }), { id: 'kept', kind: 'filter', that: {} }],
    }),
    'flows/three.yaml': aFlow('three'),
  };
  const plan = await desk().plan(wish(await bring(next)));
  expect(plan.changes.map(({ of, name, text }) => `${of} ${name}: ${text}`)).toEqual([
    'site mercy: connection feed: listen.port is now 6662 (was 6661)',
    'flow one: its order is now by "connection" (was "patient")',
    'flow one: step "notice": mrn is now taken from "hl7:PID-2.1" (was "hl7:PID-3.1")',
    'flow one: step "kept" is new (filter, behind "notice")',
    'flow three: the flow is new',
    'map sites/mercy/maps/units.csv: the code "MG" now means "mg/d" (was "mg")',
    'map sites/mercy/maps/units.csv: the code "NEW" is new: it means "l"',
    'map sites/mercy/maps/units.csv: the code "OLD" is gone',
  ]);
  expect(plan.missing.join()).toMatch(/mercy: .*nobody/);
  expect(ran).toEqual(['one,two']);
});

test('what runs is changed only whole: with a fault, or an engine that refuses, everything stays and nothing is written', async () => {
  const { id } = await deployFirst();
  const root = await bring({ ...first, 'flows/one.yaml': aFlow('one', { about: 'broken' }) });
  await expect(desk().deploy(wish(root))).rejects.toThrow(/1 fault.*flows\/one\.yaml:3: is broken/);
  refuse = new Error('the port is taken');
  const other = await bring({ ...first, 'flows/one.yaml': aFlow('one', { order: 'none' }) });
  await expect(desk().deploy(wish(other))).rejects.toThrow(/the port is taken/);
  refuse = null;
  await expect(desk().deploy(wish(await bring(first)))).rejects.toMatchObject({ code: 'DEPLOY_NOTHING' });
  expect((await store.deployments({ limit: 9 })).map((one) => one.id)).toEqual([id]);
  expect((await store.auditTrail({ limit: 9 })).rows).toMatchObject([{ act: 'project.deploy', who: 'kim' }]);
  // The next one may: nothing is left locked.
  await desk().deploy(wish(other));
  expect(ran).toHaveLength(2);
});

test('while one deploys another is refused and told who does; one that died gives way', async () => {
  await deployFirst();
  const { version, now } = await store.slot('deploy');
  const value = { who: 'ida', what: 'deploy', token: 'x', at: now - 5_000 };
  await store.swapSlot({ name: 'deploy', expect: version, value, until: now + 60_000 });
  const root = await bring({ ...first, 'flows/one.yaml': aFlow('one', { order: 'none' }) });
  await expect(desk().deploy(wish(root))).rejects.toThrow(/ida deploys just now \(deploy, for 5 s\)/);
  await store.swapSlot({ name: 'deploy', expect: version + 1, value, until: now - 1 });
  await desk().deploy(wish(root));
  expect(ran).toHaveLength(2);
});

test('one flow alone takes its map along and leaves what else differs; what others use, too, is not taken silently', async () => {
  await deployFirst();
  const next = {
    ...first,
    'flows/one.yaml': aFlow('one', { order: 'none' }),
    'flows/two.yaml': aFlow('two', { order: 'none', steps: [step({ map: 'other' })] }),
    'maps/contact.yaml': 'fields: { mrn: { from: hl7:PID-2.1 } }\n',
  };
  const root = await bring(next);
  const done = await desk().deploy(wish(root, { scope: { flows: ['one'] } }));
  expect(factsOf(done).changes.map(({ name }) => name)).toEqual(['one', 'maps/contact.yaml']);
  const { project } = await desk().version(done.root);
  expect(project.flows.map(({ name, order }) => `${name} ${order}`)).toEqual(['one none', 'two patient']);
  expect((await desk().plan(wish(root, { scope: { flows: ['one'] } }))).outside).toEqual(['flows/two.yaml']);
  const shared = await bring({
    ...next,
    'flows/two.yaml': aFlow('two', { steps: [step({ map: 'contact' })] }),
    'maps/contact.yaml': 'fields: {}\n',
  });
  await desk().deploy(wish(shared, { scope: { flows: ['two', 'one'] } }));
  const again = await bring({
    ...next,
    'flows/two.yaml': aFlow('two', { steps: [step({ map: 'contact' })] }),
  });
  await expect(desk().deploy(wish(again, { scope: { flows: ['one'] } }))).rejects.toThrow(
    /maps\/contact\.yaml changes, and the flow two uses it, too/,
  );
  await expect(desk().deploy(wish(again, { scope: { flows: ['onee'] } }))).rejects.toThrow(/no flow "onee"/);
  await expect(desk().deploy(wish(again, { scope: { sites: ['mercyy'] } }))).rejects.toThrow(
    /Did you mean|no site/,
  );
});

test('a plan names the codes that cases have and maps lack, once each, as a shell takes them; a part tells of its own', async () => {
  const code = { map: 'units', back: false } as const;
  seen = [
    { ...code, site: 'mercy', code: 'ML', place: 'one/b' },
    { ...code, site: 'mercy', code: "a 'b'", place: 'one/a' },
    { ...code, site: 'mercy', code: 'ML', place: 'one/c' },
    { ...code, site: 'other', code: 'X', place: 'one/d' },
    { ...code, site: 'mercy', code: null, back: true, place: 'one/e' },
  ];
  const root = await bring(first);
  const codes = async (scope = {}) =>
    (await desk().plan(wish(root, { scope }))).missing.filter((text) => text.includes('has no row'));
  expect(await codes()).toEqual([
    'mercy: the value set map "units" has no row for a text that is not shown here as a target (in the case one/e); add the row to the map',
    `mercy: the value set map "units" has no row for "a 'b'" (in the case one/a); suture maps add mercy units 'a '\\''b'\\''' <target>`,
    'mercy: the value set map "units" has no row for "ML" (in the case one/b, one/c); suture maps add mercy units ML <target>',
  ]);
  await deployFirst();
  expect(await codes()).toHaveLength(3);
  expect(await codes({ sites: ['mercy'] })).toEqual([]);
});

test('back in one step, and further back by the next; to a version whose map is gone, not at all', async () => {
  const one = await deployFirst();
  const two = await desk().deploy(
    wish(await bring({ ...first, 'flows/one.yaml': aFlow('one', { order: 'none' }) })),
  );
  const three = await desk().deploy(
    wish(await bring({ ...first, 'maps/other.yaml': 'fields: { a: { value: 1 } }\n' })),
  );
  const back = { who: 'ida', note: 'it was wrong', queued: 'drain', scope: {} } as const;
  expect((await desk().rollback(back)).root).toBe(two.root);
  const again = await desk().rollback(back);
  expect(again.root).toBe(one.root);
  expect(factsOf(again)).toMatchObject({ act: 'roll back', from: one.id });
  await expect(desk().rollback(back)).rejects.toThrow(/no earlier deployment/);
  const { files } = await desk().version(three.root);
  disk.state.contents.delete(files.get('maps/other.yaml') as string);
  const before = await store.deployments({ limit: 20 });
  await expect(desk().rollback({ ...back, to: three.id })).rejects.toThrow(
    /maps\/other\.yaml is not kept any more/,
  );
  expect(await store.deployments({ limit: 20 })).toEqual(before);
});

test('a production site waits for a second person: never the one who asked, and not when something else came in between', async () => {
  approval = true;
  const asked = await deployFirst();
  expect(asked.state).toBe('asked');
  expect(ran).toEqual([]);
  const yes = { approved: true, note: 'looked at it' };
  await expect(desk().decide(asked.id, { ...yes, who: 'kim' })).rejects.toThrow(/kim has asked/);
  const late = await desk().deploy(
    wish(await bring({ ...first, 'flows/one.yaml': aFlow('one', { order: 'none' }) })),
  );
  expect(await desk().decide(asked.id, { ...yes, who: 'ida' })).toMatchObject({
    state: 'deployed',
    decidedBy: 'ida',
  });
  expect(ran).toEqual(['one,two']);
  await expect(desk().decide(asked.id, { ...yes, who: 'ida' })).rejects.toThrow(/nobody is asked/);
  await expect(desk().decide(late.id, { ...yes, who: 'ida' })).rejects.toThrow(
    /Since deployment 2 was asked for, 1 was deployed/,
  );
  expect(await desk().decide(late.id, { approved: false, note: 'too late', who: 'ida' })).toMatchObject({
    state: 'refused',
  });
  expect((await store.auditTrail({ limit: 9 })).rows.map(({ act, who }) => `${act} ${who}`)).toEqual([
    'project.refuse ida',
    'project.approve ida',
    'project.ask kim',
    'project.ask kim',
  ]);
});

test('two persons are two: the system user and the console user of one name are one, and the command line without a name is anybody there', async () => {
  approval = true;
  const yes = { approved: true, note: 'looked at it' };
  const root = await bring(first);
  const { id } = await desk().deploy(wish(root, { who: 'cli:kim' }));
  for (const who of ['cli:kim', 'kim', 'cli:Kim', 'cli'])
    await expect(desk().decide(id, { ...yes, who })).rejects.toMatchObject({ code: 'DEPLOY_APPROVAL' });
  await expect(desk().decide(id, { ...yes, who: 'kim' })).rejects.toThrow(
    /cli:kim has asked for deployment 1, and kim may be the same person/,
  );
  expect(await desk().decide(id, { ...yes, who: 'cli:ida' })).toMatchObject({ decidedBy: 'cli:ida' });
});

test('back to what ran approved is one step; to what never did it waits for a second person, whole or in part', async () => {
  const other = SITE.replace('site: mercy', 'site: north').replace('6661', '6671');
  const both = { ...first, 'sites/north/site.yaml': other };
  const at = (port: number) => SITE.replace('6661', String(port));
  const unapproved = await desk().deploy(wish(await bring(both)));
  expect(unapproved.state).toBe('deployed');
  approval = true;
  const approve = async (files: Readonly<Record<string, string>>) => {
    const { id, state } = await desk().deploy(wish(await bring(files)));
    expect(state).toBe('asked');
    return desk().decide(id, { approved: true, note: 'looked at it', who: 'ida' });
  };
  const second = await approve({ ...both, 'sites/mercy/site.yaml': at(6662) });
  await approve({ ...both, 'sites/mercy/site.yaml': at(6663) });
  await approve({
    ...both,
    'sites/mercy/site.yaml': at(6663),
    'sites/north/site.yaml': other.replace('6671', '6672'),
  });
  const back = { who: 'kim', note: 'it was wrong', queued: 'drain', scope: {} } as const;
  // Mercy as it was in 2, north as it is in 4: each ran approved so, though not both at once.
  const part = await desk().rollback({ ...back, to: second.id, scope: { sites: ['mercy'] } });
  expect(part).toMatchObject({ state: 'deployed', decidedBy: null });
  expect(factsOf(part)).toMatchObject({ production: ['mercy'], approvals: [second.id] });
  const whole = await desk().rollback({ ...back, to: second.id });
  expect(whole.state).toBe('deployed');
  expect(factsOf(whole)).toMatchObject({ production: ['north'], approvals: [second.id] });
  const asked = await desk().rollback({ ...back, to: unapproved.id });
  expect(asked).toMatchObject({ state: 'asked' });
  expect((await desk().live())?.id).toBe(whole.id);
  const yes = { approved: true, note: 'it was fine' };
  await expect(desk().decide(asked.id, { ...yes, who: 'kim' })).rejects.toThrow(/kim has asked/);
  expect((await desk().decide(asked.id, { ...yes, who: 'ida' })).root).toBe(unapproved.root);
});

test('what would take approval away needs approval: a config that asks no more, a site that is production no more, one that goes, a flow that goes', async () => {
  approval = true;
  const north = SITE.replace('site: mercy', 'site: north').replace('6661', '6671');
  const all: Readonly<Record<string, string>> = {
    ...first,
    'sites/north/site.yaml': north.replace('production', 'sandbox'),
  };
  const { id } = await desk().deploy(wish(await bring(all)));
  await desk().decide(id, { approved: true, note: 'looked at it', who: 'ida' });
  const { 'flows/two.yaml': _, ...oneFlow } = all;
  const { 'sites/mercy/site.yaml': __, 'sites/mercy/maps/units.csv': ___, ...noSite } = all;
  const cases = [
    { ...all, 'suture.config.ts': 'export default { alone: true };' },
    { ...all, 'sites/mercy/site.yaml': SITE.replace('production', 'sandbox') },
    noSite,
    oneFlow,
  ];
  for (const files of cases) {
    const asked = await desk().deploy(wish(await bring(files)));
    expect(asked.state).toBe('asked');
    expect(factsOf(asked).production).toEqual(['mercy']);
  }
});

test('what no deployment needs any more goes, in the second round that finds it so: never of what runs, may be gone back to, waits, or ran with a kept message', async () => {
  const tidy = createTidy({ store, clock, random: () => String(Math.random()) });
  const day = 86_400_000;
  const at = (name: string) => ({ ...first, 'maps/other.yaml': `fields: { a: { value: ${name} } }\n` });
  const held = (name: string): string => contentOf(Buffer.from(at(name)['maps/other.yaml'])).hash;
  const ids: string[] = [];
  const start = clock.now();
  const whole = await filesOf(await bring(first), (hash) => store.content(hash));
  const facts = { act: 'deploy', flows: {}, ran: {}, production: [], changes: [] };
  const run = async (turn: number): Promise<void> => {
    const other = contentOf(Buffer.from(at(`n${turn}`)['maps/other.yaml']));
    const { root, contents } = snapshotOf(new Map([...whole, ['maps/other.yaml', other.hash]]), [other]);
    await store.putContent(contents);
    const row = { state: 'deployed', root, after: ids.at(-1) ?? null, at: clock.now(), note: '' } as const;
    const id = await store.putDeployment({
      deployment: { ...row, who: 'kim', decidedBy: null, decidedAt: null, facts },
      audit: { at: clock.now(), who: 'kim', act: 'project.deploy', on: 'deployment #' },
    });
    ids.push(id ?? '');
    clock.advance(3 * day);
  };
  for (let turn = 0; turn < KEPT_DEPLOYMENTS + 5; turn++) await run(turn);
  // A message came while the third ran.
  const message: Parameters<Store['append']>[0]['messages'][number] = {
    ...{ controlId: null, reason: null, flags: [], patients: [], deliveries: [], bytes: Buffer.from('x') },
    door: 'feed',
    format: 'text',
    type: 'note',
    state: 'accepted',
    receivedAt: start + 2.5 * 3 * day,
  };
  await store.append({ site: 'mercy', connection: 'feed', messages: [message] });
  await store.append({
    ...{ site: 'mercy', connection: 'feed', messages: [{ ...message, receivedAt: clock.now() }] },
  });
  approval = true;
  const asked = await desk().deploy(wish(await bring(at('asked'))));
  expect(asked.state).toBe('asked');
  await run(KEPT_DEPLOYMENTS + 5);
  await bring(at('only planned'));
  expect(await tidy.round()).toBe(0);
  await bring(at('being brought'));
  const dropped = await tidy.round();
  expect(dropped).toBeGreaterThan(0);
  const names = ['n0', 'n1', 'n2', 'n3', 'n5', 'asked', 'only planned', 'being brought'];
  const gone = new Set(await store.lacking(names.map(held)));
  expect(names.filter((name) => gone.has(held(name)))).toEqual(['n0', 'n1', 'only planned']);
  // Somebody deploys: nothing is touched.
  const { version, now } = await store.slot('deploy');
  const value = { who: 'ida', what: 'deploy', token: 'x', at: now };
  await store.swapSlot({ name: 'deploy', expect: version, value, until: now + 60_000 });
  expect(await tidy.round()).toBe(0);
  await store.swapSlot({ name: 'deploy', expect: version + 1, value: null });
  expect(await tidy.round()).toBeGreaterThan(0);
  expect(await store.lacking([held('being brought')])).toHaveLength(1);
  expect(await tidy.round()).toBe(0);
  // With the messages gone, those that can be gone back to stay: so many, and no more.
  await store.prune({ receivedBefore: clock.now() + day, limit: 10 });
  await tidy.round();
  expect(await tidy.round()).toBeGreaterThan(0);
  expect(await store.lacking(['n2', 'n5', 'n6', 'n7', 'asked'].map(held))).toEqual(['n2', 'n5'].map(held));
  approval = false;
  const back = { who: 'ida', note: 'it was better', queued: 'drain', scope: {} } as const;
  await desk().rollback({ ...back, to: ids[6] as string });
  await expect(desk().rollback({ ...back, to: ids[0] as string })).rejects.toThrow(/not kept any more/);
});
