/** Site records at the command line: what holds, where it comes from, what is wrong and what wants attention. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { fullRecord } from '../../src/site/full-record.fixture.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-records-'));
  put('suture.config.ts', 'export default {};\n');
  put('sites/_base/hospital.yaml', 'retention: { days: 45 }\n');
  put('sites/mercy/site.yaml', `extends: hospital\n${fullRecord}`);
  put('sites/mercy/maps/appointment-status.csv', 'source,target\nbooked,SCH\n');
  put('sites/mercy/overlays/tst.yaml', 'environment: non-production\nbudget: { requestsPerSecond: 3 }\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In this process: what is printed and how it ends. */
async function suture(words: readonly string[]): Promise<{ code: number; out: string; errors: string }> {
  const printed = { out: '', errors: '' };
  const hear = (stream: NodeJS.WriteStream, into: keyof typeof printed) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed[into] += String(text);
      return true;
    });
  const spies = [hear(process.stdout, 'out'), hear(process.stderr, 'errors')];
  const { exitCode } = process;
  process.exitCode = 0;
  try {
    await main(words);
    return { code: Number(process.exitCode), ...printed };
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

test('a record is listed, shown with where each value comes from, and checked', async () => {
  const list = await suture(['sites', 'list', '--project', folder, '--tag', 'cardiology', '--json']);
  const show = await suture([
    'sites',
    'show',
    'mercy',
    '--project',
    folder,
    '--environment',
    'tst',
    '--origin',
  ]);
  const plain = await suture(['sites', 'show', 'mercx', '--project', folder]);
  expect(JSON.parse(list.out)).toMatchObject({ site: 'mercy', environment: 'production', owner: 'lead' });
  expect(show.out).toMatch(/^budget\.requestsPerSecond: 3 +# sites\/mercy\/overlays\/tst\.yaml:2$/m);
  expect(show.out).toMatch(/^retention\.days: 45 +# sites\/_base\/hospital\.yaml:1$/m);
  expect(show.out).toMatch(/^environment: non-production +# sites\/mercy\/overlays\/tst\.yaml:1$/m);
  expect(plain).toMatchObject({ code: 2 });
  expect(plain.errors).toContain('Did you mean "mercy"?');
});

test('check names file, line, reason and fix, evaluates nothing, and tells findings apart from faults', async () => {
  const before = await suture(['check', '--project', folder, '--json']);
  expect(before.errors).toBe('');
  const sound = JSON.parse(before.out) as { ok: boolean; findings: { about: string; person?: string }[] };
  expect(sound.ok).toBe(true);
  const mark = join(folder, 'evaluated');
  put(
    'sites/north/site.yaml',
    `site: north\nname: !!js/function "require('fs').writeFileSync('${mark}', '')"\nenvironment: sandbox\n`,
  );
  put(
    'sites/south/site.yaml',
    fullRecord
      .replace('site: mercy', 'site: south')
      .replace('timeZone:', 'timezone:')
      .replace('seen: 2026-10-12', 'seen: last week')
      .replace('appointment-status:', 'appointment-states:'),
  );
  const checked = await suture(['check', '--project', folder, '--json']);
  const faulty = await suture(['sites', 'show', 'south', '--project', folder]);
  expect(checked.code).toBe(1);
  const { ok, faults } = JSON.parse(checked.out) as {
    ok: boolean;
    faults: { file: string; line: number; reason: string; fix: string }[];
  };
  expect(ok).toBe(false);
  expect(
    faults.map(({ file, line, reason, fix }) => [`${file.slice(folder.length + 1)}:${line}`, reason, fix]),
  ).toEqual([
    [
      'sites/north/site.yaml:2',
      expect.stringContaining('not plain YAML') as string,
      'take the tag away: a record holds values and nothing that is evaluated',
    ],
    ['sites/south/site.yaml:1', 'timeZone is missing', 'add timeZone'],
    ['sites/south/site.yaml:23', 'the record has no field "timezone"', 'did you mean "timeZone"?'],
    [
      'sites/south/site.yaml:61',
      'quirks.no-visit-number-in-a08.seen: a day that there is, such as 2026-11-21',
      'correct the value',
    ],
  ]);
  expect(existsSync(mark)).toBe(false);
  expect(faulty.errors).toContain('The record of "south" cannot be read');
});
