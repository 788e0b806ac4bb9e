import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../flow/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import { lackingMaps, loadMaps } from './maps.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-maps-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function files(all: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
}
const sites = ['mercy', 'riverside'].map((site) => ({ record: { site }, file: '' }) as unknown as LoadedSite);
const load = () =>
  loadMaps(
    join(home, 'maps'),
    sites.map((site) => ({ ...site, file: join(home, 'sites', site.record.site, 'site.yaml') })),
  );
const told = (all: readonly { readonly file: string; readonly line: number; readonly reason: string }[]) =>
  all.map(({ file, line, reason }) => `${file.slice(home.length + 1)}:${line} ${reason}`);

describe('the maps of a project', () => {
  test('are shared, and each site’s own go over them', () => {
    files({
      'maps/visit-types.csv': 'source,target\nFU,follow-up\nNP,new\n',
      'sites/mercy/maps/visit-types.csv': 'source,target\nNP,new-patient\n',
      'sites/riverside/maps/rooms.csv': 'source,target\n4,Four\n',
      'maps/person.yaml': 'about: A person.\nfields: { mrn: hl7:PID-3.1 }\n',
      'maps/README.md': 'what they are for',
    });
    const { maps, faults } = load();
    expect(faults).toEqual([]);
    expect(maps).toMatchObject({ names: ['rooms', 'visit-types'], maps: ['person'], checked: true });
    expect(maps.map('person')).toEqual({ mrn: 'hl7:PID-3.1' });
    const target = (site: string, map: string, code: string) =>
      maps.valueSets(site).get(map)?.row(code)?.target;
    expect(target('mercy', 'visit-types', 'NP')).toBe('new-patient');
    expect(target('riverside', 'visit-types', 'NP')).toBe('new');
    expect(target('mercy', 'rooms', '4')).toBeUndefined();
    // What a site adds nothing to is one value for all sites.
    expect(maps.valueSets('riverside').get('visit-types')).toBe(maps.shared.get('visit-types'));
  });

  test('with faults say of each the file, the line and the fix; a faulty file is never half used', () => {
    files({
      'maps/visit-types.csv': 'source,target\nFU,follow-up\nNP,new\nFU,other\n',
      'maps/rooms.csv': 'source,display\n4,Four\n',
      'maps/old.csv': new Uint8Array([
        ...new TextEncoder().encode('source,target\n'),
        0xff,
        0x2c,
        0x41,
        0x0a,
      ]),
      'maps/person.yaml': 'makes: Patient\nfields:\n  brithDate: hl7:PID-7\n',
      'maps/broken.yaml': 'fields: { a: event.b',
      'maps/Visit Types.csv': 'source,target\n',
      'maps/codes.xlsx': 'PK',
      'sites/mercy/maps/person.yaml': 'fields: { a: event.b }',
    });
    const { maps, faults } = load();
    expect(told(faults).sort()).toEqual([
      'maps/Visit Types.csv:0 is not named as maps are',
      expect.stringMatching(/^maps\/broken.yaml:1 not valid YAML/),
      'maps/codes.xlsx:0 is no map',
      'maps/old.csv:2 is not UTF-8',
      'maps/person.yaml:3 brithDate: Patient has no field "brithDate"',
      'maps/rooms.csv:1 the column "target" is missing',
      'maps/visit-types.csv:4 the code "FU" stands here and on line 2',
      'sites/mercy/maps/person.yaml:0 is no map',
    ]);
    expect(faults.every(({ fix }) => fix !== '')).toBe(true);
    expect(() => maps.valueSets('mercy').get('visit-types')).toThrow(/line 4: the code "FU"/);
  });

  test('tell of targets that nobody can go back from, where a flow does', () => {
    files({
      'sites/mercy/maps/visit-types.csv': 'source,target\nMF,follow-up\nMG,follow-up\n',
      'maps/visit-types.csv': 'source,target,preferred\nFU,follow-up,\nF2,follow-up,\nN1,new,yes\nN2,new,\n',
    });
    const { maps, faults } = load();
    expect(faults).toEqual([]);
    const using = (to: 'ours' | 'theirs') =>
      flow('notice')
        .on(hl7.message('ADT^*'))
        .lookup('kind', { valueSet: 'visit-types', code: 'hl7:PV1-4', to });
    expect(maps.check([using('ours')]).findings).toEqual([]);
    expect(told(maps.check([using('theirs')]).findings)).toEqual([
      'maps/visit-types.csv:2 the target "follow-up" stands in several rows (2, 3), and none is preferred',
      'sites/mercy/maps/visit-types.csv:2 the target "follow-up" stands in several rows (2, 3, and 2, 3 of the shared map), and none is preferred',
    ]);
  });

  test('that flows need and a site has not are named, with the nearest there is', () => {
    files({ 'sites/mercy/maps/visit-types.csv': 'source,target\nNP,new\n' });
    const { maps } = load();
    const using = (valueSet: string) => ({
      file: join(home, 'flows/notice.ts'),
      flow: flow('notice')
        .on(hl7.message('ADT^*'))
        .map('visit', { kind: { from: 'hl7:PV1-4', transform: ['trim', { lookup: valueSet }] } }),
    });
    expect(lackingMaps([using('visit-type')], maps, sites)).toMatchObject([
      { reason: 'notice: there is no value set map "visit-type"', fix: 'did you mean "visit-types"?' },
    ]);
    expect(lackingMaps([using('visit-types')], maps, sites)).toMatchObject([
      { reason: 'notice: the site riverside has no value set map "visit-types"' },
    ]);
  });
});
