/** What an import writes: the files of a project, made in memory first, so that either all are written or none. */
import { stringify } from 'yaml';
import { type Flow, toYaml } from '../../flow/index.ts';
import { importFailure } from '../failures.ts';
import type { Document } from '../sources.ts';
import type { MirthExport } from './export.ts';
import { FlowMaker, type Made } from './flows.ts';
import { slug } from './names.ts';
import { readExport } from './read-export.ts';
import { reportText, type Summary } from './report.ts';
import type { WorkItem } from './work.ts';

export interface ImportOptions {
  /** The site’s name; left out: the server’s, or `imported`. */
  readonly site?: string;
  /** IANA; left out: where the channels were last changed. */
  readonly timeZone?: string;
  /** Told for each channel. */
  readonly progress?: (done: number, all: number, channel: string) => void;
}

export interface Imported {
  readonly summary: Summary;
  readonly work: readonly WorkItem[];
  /** By path below the project’s folder. */
  readonly files: ReadonlyMap<string, string>;
}

const isZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** @throws Failure IMPORT_NOTHING: there is no channel and no code template in it. */
export function importMirth(documents: readonly Document[], options: ImportOptions = {}): Imported {
  const exported = readExport(documents);
  if (exported.channels.length === 0 && exported.templates.length === 0)
    throw importFailure('IMPORT_NOTHING');
  const site = options.site ?? slug(exported.serverName ?? '', 'imported');
  const work: WorkItem[] = [];
  const made = makeAll(exported, site, work, options.progress);
  beside(exported, made, work);
  const timeZone = options.timeZone ?? usualZone(exported);
  about(exported, made, site, timeZone, options, work);
  const files = new Map<string, string>();
  files.set('suture.config.ts', CONFIG);
  files.set(`sites/${site}/site.yaml`, siteText(site, exported.serverName ?? site, timeZone ?? 'UTC', made));
  for (const { flow, code, parked } of made.flows) {
    files.set(`${parked ? 'import/flows' : 'flows'}/${flow.name}.yaml`, flowText(flow));
    if (code !== undefined) files.set(code.file, code.text);
  }
  if (Object.keys(made.parkedConnections).length > 0)
    files.set('import/connections.yaml', parkedText(site, made));
  for (const { file, text } of made.left) files.set(file, text.endsWith('\n') ? text : `${text}\n`);
  const summary = summaryOf(exported, made, work, site);
  files.set('IMPORT.md', reportText(summary, work));
  return { summary, work, files };
}

function makeAll(
  exported: MirthExport,
  site: string,
  work: WorkItem[],
  progress: ImportOptions['progress'],
): Made {
  const making = new FlowMaker(exported, site, work).make();
  for (let done = 1; ; done += 1) {
    const next = making.next();
    if (next.done) return next.value;
    progress?.(done, exported.channels.length, next.value.channel.name);
  }
}

/** Parts of a backup that no channel owns. */
function beside(exported: MirthExport, made: Made, work: WorkItem[]): void {
  const fixes = {
    alert: 'Suture’s own alerts watch connections, dead letters and silence.',
    'global script': 'What it does for every channel, do in the flows that need it.',
    resource: 'Java libraries are not used.',
    'server setting': 'Look at the settings of Suture.',
    'lookup table': 'Make it a value set map.',
    user: 'Add who works with Suture in its console, each with a role.',
    plugin: 'Retention, alerts and the record of who did what are Suture’s own.',
  } as const;
  for (const { what, name, script, file, line } of exported.beside) {
    if (script !== undefined && /^(\/\/[^\n]*\n|\s)*(return( message)?;?)?\s*$/.test(script.text)) continue;
    work.push({
      level: 'left out',
      channel: '(server)',
      part: `${what} "${name}"`,
      file,
      line,
      reason: `the ${what} is not carried over`,
      fix: fixes[what],
    });
  }
  const texts = made.flows.map(({ code }) => code?.text ?? '').join('\n');
  for (const { name, library, file, line, type } of exported.templates) {
    if (type === 'DRAG_AND_DROP_CODE' || texts.includes(`// Code template "${name}"`)) continue;
    work.push({
      level: 'left out',
      channel: '(server)',
      part: `code template "${name}"${library === '' ? '' : ` of "${library}"`}`,
      file,
      line,
      reason: 'no script that was carried over uses it',
      fix: 'Nothing, unless a script on this list does.',
    });
  }
}

function usualZone({ channels }: MirthExport): string | undefined {
  const zones = channels
    .map(({ timeZone }) => timeZone)
    .filter((zone) => zone !== undefined && zone !== 'UTC' && isZone(zone));
  return zones[0];
}

function about(
  exported: MirthExport,
  made: Made,
  site: string,
  timeZone: string | undefined,
  options: ImportOptions,
  work: WorkItem[],
): void {
  const file = `sites/${site}/site.yaml`;
  const add = (level: WorkItem['level'], part: string, reason: string, fix: string): void => {
    work.push({ level, channel: '(site)', part, file, line: 1, reason, fix });
  };
  add(
    'to do',
    'identifiers.mrn.system',
    'an export does not say by which id system the hospital’s medical record numbers go',
    'Put it in, as FHIR names it there: urn:oid:….',
  );
  add(
    'look at',
    'environment, ehr',
    'an export does not say which environment and which EHR it is',
    'Correct both.',
  );
  if (timeZone === undefined)
    add(
      'to do',
      'timeZone',
      'the export names no time zone',
      'Put in the hospital’s, or import again with --time-zone.',
    );
  else if (options.timeZone === undefined)
    add(
      'look at',
      'timeZone',
      `${timeZone} is where the channels were last changed`,
      'Correct it where the hospital is elsewhere.',
    );
  for (const { connection, secret, what } of made.secrets)
    add(
      'to do',
      `connection "${connection}"`,
      `its secret "${secret}" was not carried over: ${what}`,
      `Set SUTURE_SECRET_${secret.toUpperCase().replaceAll('-', '_')} where the engine starts.`,
    );
  const waiting = Object.keys(made.parkedConnections);
  if (waiting.length > 0)
    add(
      'look at',
      'connections',
      `${waiting.length === 1 ? 'one connection stands' : `${waiting.length} connections stand`} in import/connections.yaml: ${waiting.join(', ')}. Only flows that do not run yet want what ${waiting.length === 1 ? 'it takes' : 'they take'}`,
      'Put each under connections: of the site when its flow moves to flows/.',
    );
  const unused = [...exported.configuration.keys()].length;
  if (unused > 0)
    add(
      'look at',
      'configuration map',
      `the configuration map has ${unused} entries; only what scripts and addresses name was taken`,
      'Values whose names say that they are secrets were not taken.',
    );
}

const CONFIG = `import { defineConfig } from 'suture';

export default defineConfig({});
`;

function siteText(site: string, name: string, timeZone: string, { connections }: Made): string {
  const head = {
    site,
    name,
    environment: 'non-production',
    ehr: { vendor: 'unknown' },
    timeZone,
    identifiers: { mrn: { system: `urn:id:${site}:mrn` } },
    connections,
  };
  return `# Made by \`suture import mirth\`. IMPORT.md says what is to be put in and looked at.\n${stringify(head, { lineWidth: 0 })}`;
}

const parkedText = (site: string, { parkedConnections }: Made): string =>
  `# Connections that take messages or files which no flow that runs wants yet: put each below connections: of\n# sites/${site}/site.yaml when its flow moves from import/flows/ to flows/.\n${stringify(parkedConnections, { lineWidth: 0 })}`;

const flowText = (flow: Flow): string => toYaml(flow);

function summaryOf(
  exported: MirthExport,
  { flows, left }: Made,
  work: readonly WorkItem[],
  site: string,
): Summary {
  const count = (level: WorkItem['level'], of = work): number =>
    of.filter((each) => each.level === level).length;
  const flowsOf = Map.groupBy(flows, ({ channel }) => channel);
  const workOf = Map.groupBy(work, ({ channel }) => channel);
  const steps = flows.flatMap(({ flow }) => flow.steps);
  return {
    site,
    channels: exported.channels.map(({ name, version, file, line, enabled, group, tags }) => {
      const own = flowsOf.get(name) ?? [];
      const rows = workOf.get(name) ?? [];
      return {
        name,
        version,
        file,
        line,
        enabled,
        group: [group, ...tags].filter((each) => each !== undefined).join(', '),
        flows: own.filter(({ parked }) => !parked).map(({ flow }) => flow.name),
        parked: own.filter(({ parked }) => parked).map(({ flow }) => flow.name),
        toDo: count('to do', rows),
        lookAt: count('look at', rows),
      };
    }),
    flows: flows.filter(({ parked }) => !parked).length,
    parked: flows.filter(({ parked }) => parked).length,
    declarative: flows.filter(({ code }) => code === undefined).length,
    scripts: flows.filter(({ code }) => code !== undefined).length,
    steps: Object.fromEntries(
      [...new Set(steps.map(({ kind }) => kind))]
        .sort()
        .map((kind) => [kind, steps.filter((each) => each.kind === kind).length]),
    ),
    codeTemplates: exported.templates.length,
    leftScripts: left.filter(({ file }) => file.startsWith('import/')).length,
    toDo: count('to do'),
    lookAt: count('look at'),
    leftOut: count('left out'),
  };
}
