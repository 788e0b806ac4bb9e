import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fullRecord } from './full-record.fixture.ts';
import { loadSites } from './load.ts';
import { siteText } from './show.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-sites-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const load = (environment?: string) =>
  loadSites(folder, environment === undefined ? {} : { SUTURE_ENVIRONMENT: environment });

/** With files named from the folder of sites on. */
const faults = (environment?: string) =>
  load(environment).faults.map(({ file, line, reason, fix }) => ({
    at: `${file.slice(folder.length + 1)}:${line}`,
    reason: reason.replaceAll(`${folder}/`, ''),
    fix,
  }));

const shared = `ehr:
  vendor: epic
  version: February 2026
timeZone: America/Chicago
budget: { requestsPerSecond: 5 }
connections:
  epic: { connector: epic, fhirBase: https://fhir.example, clientId: base }
  old: { connector: webhook, url: https://old.example, secret: old }
roster: { from: [epic, old] }
`;
const own = `extends: epic
site: mercy
name: Mercy
environment: non-production
identifiers: { mrn: { system: "urn:oid:1.2.3" } }
connections:
  epic: { clientId: mercy }
`;

describe('a record of several files', () => {
  test('fields merge by key, lists replace, null removes, and the highest word holds', () => {
    put({
      '_base/epic.yaml': shared,
      'mercy/site.yaml': own,
      'mercy/overlays/common.yaml': 'budget: { requestsPerSecond: 9 }\nroster: { from: [epic] }\n',
      'mercy/overlays/prd.yaml':
        'extends: common\nenvironment: production\nconnections:\n  old: null\n  epic:\n    fhirBase: https://prd.example\n',
    });
    expect(load().faults).toEqual([]);
    expect(load().sites[0]?.record).toMatchObject({
      environment: 'non-production',
      budget: { requestsPerSecond: 5 },
      roster: { from: ['epic', 'old'] },
    });
    const { sites, faults: found } = load('prd');
    expect(found).toEqual([]);
    const [site] = sites;
    expect(site?.record).toMatchObject({
      environment: 'production',
      budget: { requestsPerSecond: 9 },
      roster: { from: ['epic'] },
      connections: { epic: { clientId: 'mercy', fhirBase: 'https://prd.example' } },
    });
    expect(Object.keys(site?.record.connections ?? {})).toEqual(['epic']);
    const place = (path: string[]) => {
      const at = site?.originOf(path);
      return at && `${at.file.slice(folder.length + 1)}:${at.line}`;
    };
    expect(place(['connections', 'epic', 'clientId'])).toBe('mercy/site.yaml:7');
    expect(place(['connections', 'epic', 'fhirBase'])).toBe('mercy/overlays/prd.yaml:6');
    expect(place(['connections', 'epic', 'connector'])).toBe('_base/epic.yaml:7');
    expect(place(['budget', 'requestsPerSecond'])).toBe('mercy/overlays/common.yaml:1');
    expect(place(['retention'])).toBeUndefined();
    // The list that was replaced has no say any more.
    expect(place(['roster', 'from', '0'])).toBe('mercy/overlays/common.yaml:2');
    expect(place(['roster', 'from', '1'])).toBeUndefined();
  });

  test('a fault is shown in the file whose value it is', () => {
    put({
      '_base/epic.yaml': shared,
      'mercy/site.yaml': own,
      'mercy/overlays/prd.yaml': 'budget:\n  requestsPerSecond: much\nroster:\n  from: [epic, olt]\n',
    });
    expect(faults('prd')).toEqual([
      {
        at: 'mercy/overlays/prd.yaml:2',
        reason: 'budget.requestsPerSecond: Invalid input: expected number, received string',
        fix: 'correct the value',
      },
    ]);
    put({ '_base/epic.yaml': shared.replace('America/Chicago', 'Middle/Earth') });
    expect(faults()[0]?.at).toBe('_base/epic.yaml:4');
    // What is missing is missed in the site's own file.
    put({ '_base/epic.yaml': shared.replace('timeZone: America/Chicago\n', '') });
    expect(faults()).toEqual([
      { at: 'mercy/site.yaml:1', reason: 'timeZone is missing', fix: 'add timeZone' },
    ]);
  });

  test('what two sites share is at fault once', () => {
    put({
      '_base/epic.yaml': shared.replace('vendor: epic', 'vendr: epic'),
      'mercy/site.yaml': own,
      'north/site.yaml': own.replace('site: mercy', 'site: north'),
    });
    expect(faults()).toEqual([
      { at: '_base/epic.yaml:1', reason: 'ehr.vendor is missing', fix: 'add ehr.vendor' },
      { at: '_base/epic.yaml:2', reason: 'ehr has no field "vendr"', fix: 'did you mean "vendor"?' },
    ]);
  });

  test('a circle is named with its chain; what is not there, with its neighbour', () => {
    put({
      'mercy/site.yaml': own,
      '_base/epic.yaml': `extends: [hospital]\n${shared}`,
      '_base/hospital.yaml': 'extends: us\n',
      '_base/us.yaml': 'extends: epic\n',
    });
    expect(faults()).toEqual([
      {
        at: '_base/us.yaml:1',
        reason: 'the files extend one another in a circle: epic → hospital → us → epic',
        fix: 'take "epic" out of what us extends',
      },
    ]);
    put({ '_base/us.yaml': 'tags: [us]\n', '_base/hospital.yaml': 'extends: uss\n' });
    expect(faults()).toEqual([
      {
        at: '_base/hospital.yaml:1',
        reason: expect.stringContaining('extends "uss", and there is no _base/uss.yaml') as string,
        fix: 'did you mean "us"?',
      },
    ]);
    put({
      '_base/hospital.yaml': 'tags: [hospital]\n',
      'mercy/overlays/prd.yaml': 'extends: tst\n',
      'mercy/overlays/tst.yaml': 'extends: prd\n',
    });
    expect(faults('prd')[0]?.reason).toContain('prd → tst → prd');
    expect(faults()).toEqual([]);
    put({ 'mercy/site.yaml': own.replace('extends: epic', 'extends: ../../secrets') });
    expect(faults()[0]?.reason).toBe('extends is not a name or a list of names');
  });

  test('an environment that no site knows is a slip, and nothing to remove is one, too', () => {
    put({ '_base/epic.yaml': shared, 'mercy/site.yaml': own, 'mercy/overlays/prd.yaml': 'tags: [a]\n' });
    put({ 'north/site.yaml': own.replace('site: mercy', 'site: north') });
    expect(faults('prod')).toEqual([
      {
        at: expect.any(String) as string,
        reason: 'the environment is "prod", and no site has an overlay of that name',
        fix: 'did you mean "prd"?',
      },
    ]);
    // A site without that overlay is its base.
    expect(load('prd').sites.map(({ record }) => record.tags)).toEqual([['a'], []]);
    put({ 'mercy/overlays/prd.yaml': 'quirks: null\nconnections:\n  epic: null\n' });
    expect(faults('prd').map(({ at, reason }) => [at, reason])).toContainEqual([
      'mercy/overlays/prd.yaml:1',
      'quirks is empty, and nothing below it is there to be removed',
    ]);
  });

  test('is shown as it holds; values of the environment are not', () => {
    put({ 'mercy/site.yaml': fullRecord });
    const { sites, faults: found } = loadSites(folder, { MERCY_PORT: '7001' });
    expect(found).toEqual([]);
    const [site] = sites;
    if (site === undefined) throw new Error('no site');
    expect(site.record.connections['adt-in']?.listen).toEqual({ port: 7001 });
    const text = siteText(site);
    expect(text).toContain('env: MERCY_PORT');
    expect(text).not.toContain('7001');
    // What is shown is a record again, and the same.
    put({ 'mercy/site.yaml': text });
    expect(loadSites(folder, { MERCY_PORT: '7001' }).sites[0]?.record).toEqual(site.record);
    expect(siteText(site, (at) => (at === undefined ? 'default' : String(at.line)))).toMatch(
      /^ehr\.version: May 2026 +# 7$/m,
    );
  });
});
