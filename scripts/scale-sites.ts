/**
 * How long a large project takes to load and to check, and how much memory: `npm run scale-sites`. It makes 1,000 sites with
 * 200 value set maps each in a temporary folder, runs the command line on it as a user would, and removes it again.
 *
 *     npm run scale-sites -- --sites 1000 --maps 200 [--keep]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fullRecord } from '../src/site/full-record.fixture.ts';
import { usage } from './usage.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '1000' },
    maps: { type: 'string', default: '200' },
    rows: { type: 'string', default: '12' },
    keep: { type: 'boolean', default: false },
  },
});
const [sites, maps, rows] = [Number(values.sites), Number(values.maps), Number(values.rows)];
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'suture-scale-'));

/** Every record says something of every subject, and shares what sites of one EHR share. */
function makeProject(): void {
  writeFileSync(join(folder, 'suture.config.ts'), 'export default {};\n');
  mkdirSync(join(folder, 'flows'));
  mkdirSync(join(folder, 'sites', '_base'), { recursive: true });
  writeFileSync(
    join(folder, 'sites', '_base', 'hospital.yaml'),
    'retention: { days: 30 }\nquirks:\n  shared: { what: "A31 without PV1", where: adt-in, seen: 2026-10-01, does: "reads the patient alone" }\n',
  );
  const map = [
    'source,target,display,note,verified by,verified on',
    ...Array.from({ length: rows }, (_, at) => `C${at},code-${at},Code ${at},,desk,2026-09-01`),
  ].join('\n');
  for (let site = 0; site < sites; site++) {
    const name = `site-${String(site).padStart(4, '0')}`;
    const at = join(folder, 'sites', name);
    mkdirSync(join(at, 'maps'), { recursive: true });
    mkdirSync(join(at, 'overlays'));
    writeFileSync(
      join(at, 'site.yaml'),
      `extends: hospital\n${fullRecord.replace('site: mercy', `site: ${name}`).replace('  appointment-status: { reviewed: 2026-09-01 }\n', '  set-0: { reviewed: 2026-09-01 }\n')}`,
    );
    writeFileSync(join(at, 'overlays', 'prd.yaml'), 'budget: { requestsPerSecond: 10 }\n');
    for (let each = 0; each < maps; each++) writeFileSync(join(at, 'maps', `set-${each}.csv`), map);
  }
}

interface Run {
  readonly what: string;
  readonly seconds: number;
  /** Of the processor; on a machine that does other work, too, what counts. */
  readonly work: string;
  readonly megabytes: number;
  readonly code: number | null;
  readonly said: string;
}

function run(what: string, args: readonly string[]): Run {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, SUTURE_ENVIRONMENT: 'prd' },
  });
  const seconds = (performance.now() - started) / 1_000;
  const [, peak, work = '?'] = /peak (\d+) MB, work ([\d.]+) s/.exec(stderr) ?? [];
  return {
    what,
    seconds,
    work,
    megabytes: Number(peak ?? Number.NaN),
    code: status,
    said: `${stdout.trim().split('\n').at(-1) ?? ''}${/\d+ of \d+/.test(stderr) ? ' (with progress)' : ''}`,
  };
}

/** Peak memory of a process, as the system counted it, told when it ends. */
const counted = `data:text/javascript,${encodeURIComponent(
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source for the process that is started
  "process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); process.stderr.write(`peak ${Math.round(maxRSS / 1024)} MB, work ${((userCPUTime + systemCPUTime) / 1e6).toFixed(2)} s\\n`); })",
)}`;

try {
  process.stdout.write(`making ${sites} sites with ${maps} maps each ...\n`);
  makeProject();
  const suture = join(root, 'bin', 'suture.cjs');
  const loading = `data:text/javascript,${encodeURIComponent(
    `import { loadProject } from ${JSON.stringify(join(root, 'src/cli/project/index.ts'))};
     const started = performance.now();
     const { sites, faults } = await loadProject(${JSON.stringify(folder)}, process.env);
     console.log(sites.length + ' sites and ' + faults.length + ' faults, loaded in ' + ((performance.now() - started) / 1000).toFixed(2) + ' s');`,
  )}`;
  const runs = [
    run('load', [
      '--import',
      counted,
      '--input-type=module',
      '--eval',
      decodeURIComponent(loading.slice(21)),
    ]),
    run('check', ['--import', counted, suture, 'check', '--project', folder]),
  ];
  for (const { what, seconds, work, megabytes, code, said } of runs)
    process.stdout.write(
      `${what}: ${seconds.toFixed(2)} s with the start of the program (${work} s of the processor), ${megabytes} MB, exit ${code}: ${said}\n`,
    );
} finally {
  if (values.keep) process.stdout.write(`kept: ${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
}
