/** `suture sites draft`: the first draft of a site's record, out of what its servers say and its messages show. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { needs } from '../../flow/index.ts';
import { FEED_FACT_KINDS } from '../../hl7/index.ts';
import { isPlaceholder, type LoadedSite, type Observed, observedTime, readSite } from '../../site/index.ts';
import { asFailure, Failure, systemClock } from '../../std/index.ts';
import { dataFolder } from '../data-folder.ts';
import { countsOf } from '../draft/feed-part.ts';
import { type Draft, type DraftInput, draftRecord } from '../draft/record.ts';
import { readSamples, type SeenSamples } from '../draft/samples.ts';
import { askServers, type SeenServer } from '../draft/servers.ts';
import { printSummary } from '../draft/summary.ts';
import { draftText } from '../draft/text.ts';
import { writeDraft } from '../draft/write.ts';
import { explain, failureText, printJson, printNote } from '../output.ts';
import { openProbing } from '../probing.ts';
import { connectionFaults } from '../project/connections.ts';
import { faultText, loadProject, type Project } from '../project/index.ts';
import { hasData } from '../store.ts';
import { processTerminal } from './hl7/terminal.ts';

interface Options {
  readonly project: string;
  readonly data?: string;
  readonly fhir?: readonly string[];
  readonly messages?: readonly string[];
  readonly name?: string;
  readonly environment: string;
  readonly timeZone?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly signIn?: boolean;
  readonly force?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

const NO_SAMPLES: SeenSamples = { feeds: [], messages: 0, unusable: 0, leftOut: 0 };
const FIRST_PORT = 6661;

export function addDraft(sites: Command): void {
  sites
    .command('draft')
    .description(
      'write the first draft of a site’s record from what its FHIR servers say and its sample messages show; what a person has to say stands in it as "to confirm with <role>"',
    )
    .argument('<site>', 'the site’s name: lower-case letters, digits and hyphens')
    .option('--fhir <addresses...>', 'bases of its FHIR servers; they are asked without credentials')
    .option(
      '--messages <paths...>',
      'sample HL7 messages: files, folders, batches; adt-in=<path> names the connection they come over',
    )
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA), for --sign-in')
    .option('--name <name>', 'what the site is called')
    .option('--environment <kind>', 'sandbox, non-production or production', 'non-production')
    .option('--time-zone <zone>', 'where HL7 times are local to, such as America/Chicago')
    .option('--client-id <id>', 'our client id there')
    .option('--secret <name>', 'the name of our client secret, where we sign in by one')
    .option(
      '--sign-in',
      'sign in, too, and ask what suture probe asks: granted scopes, and whether each type may be read',
    )
    .option('--force', 'write over the record that is there; value set maps keep their rows')
    .option('--print', 'print the record, and write nothing')
    .option('--json', 'one JSON object: the record, what is to be confirmed, what was written')
    .action(async (site: string, options: Options) => {
      try {
        await draft(site, options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

async function draft(site: string, options: Options): Promise<void> {
  const project = options.print === true ? await projectIf(options.project) : await loaded(options.project);
  checkWords(site, options);
  const file = join(
    project?.folder ?? resolve(options.project),
    project?.config.sites ?? 'sites',
    site,
    'site.yaml',
  );
  if (options.print !== true && options.force !== true && existsSync(file))
    throw refused(
      'DRAFT_IN_THE_WAY',
      `${shown(file)} is there already; nothing was written.`,
      'See the draft with --print, or write over it with --force.',
    );
  const clientId = options.clientId ?? knownClient(project, site);
  const servers = await askServers(options.fhir ?? [], {
    clock: systemClock,
    ...(clientId === undefined ? {} : { clientId }),
    tell: (text) => options.json !== true && printNote(text),
  });
  const samples =
    options.messages === undefined
      ? NO_SAMPLES
      : await readSamples(processTerminal, options.messages, options.json);
  if (servers.length === 0 && samples.messages === 0)
    throw refused(
      'DRAFT_NOTHING',
      options.messages === undefined
        ? 'There is nothing to draft from.'
        : `No message with a usable MSH was found in ${options.messages.join(', ')}.`,
      'Give --fhir with the base of a FHIR server, --messages with sample messages, or both.',
    );
  const input: DraftInput = {
    site,
    ...(options.name === undefined ? {} : { name: options.name }),
    environment: options.environment,
    ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(options.secret === undefined ? {} : { secret: options.secret }),
    servers,
    samples,
    observed: {},
    freePort: freePorts(project, site),
    shared: sharedConnections(project, site),
    today: new Date(systemClock.now()).toISOString().slice(0, 10),
  };
  const about = aboutOf(servers, samples);
  // What an earlier probe was told after signing in still stands, unless it is asked anew.
  const { connection } = draftRecord(input);
  const before = connection === undefined ? undefined : project?.observed[site]?.[connection];
  let observed = merged(
    connection === undefined || before === undefined ? {} : { [connection]: before },
    observedOf(connection, servers),
  );
  let made = draftRecord({ ...input, observed });
  if (options.signIn === true) {
    const more = await signedIn(project, site, made, draftText(made, about), file, options);
    observed = merged(observed, more);
    made = draftRecord({ ...input, observed });
  }
  const text = draftText(made, about);
  soundSite(text, file);
  if (options.print === true) {
    if (options.json === true) printJson({ site, text, record: made.value, confirm: made.confirm });
    else process.stdout.write(text);
    return;
  }
  const written = writeDraft(file, text, made, merged(observed, shapesOf(samples)), project);
  if (options.json === true)
    return printJson({ site, record: made.value, confirm: made.confirm, written: written.map(shown) });
  printSummary(site, servers, samples, made, written.map(shown));
}

const refused = (code: string, message: string, fix: string): Failure =>
  new Failure({ code, kind: 'config', message, fix });

const shown = (file: string): string => relative(process.cwd(), file) || file;

const loaded = (folder: string): Promise<Project> => loadProject(folder, process.env);

/** To print a draft no project is needed. */
async function projectIf(folder: string): Promise<Project | undefined> {
  return existsSync(join(resolve(folder), 'suture.config.ts')) ? loaded(folder) : undefined;
}

function checkWords(site: string, { environment, timeZone, signIn, clientId, fhir }: Options): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(site))
    throw refused(
      'DRAFT_NAME',
      `"${site}" is no name for a site.`,
      'Use lower-case letters, digits and hyphens, such as mercy.',
    );
  if (!['sandbox', 'non-production', 'production'].includes(environment))
    throw refused(
      'DRAFT_ENVIRONMENT',
      `"${environment}" is no kind of environment.`,
      'Use sandbox, non-production or production.',
    );
  if (timeZone !== undefined && !isZone(timeZone))
    throw refused('DRAFT_ZONE', `"${timeZone}" is no IANA time zone.`, 'Use a name such as America/Chicago.');
  if (signIn === true && (clientId === undefined || fhir === undefined))
    throw refused(
      'DRAFT_SIGN_IN',
      'Signing in needs to know where, and as whom.',
      'Give --fhir and --client-id (and --secret, where it is not by our key).',
    );
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** As whom the record that is there signs in. */
function knownClient(project: Project | undefined, site: string): string | undefined {
  const record = project?.sites.find((each) => each.record.site === site)?.record;
  for (const connection of Object.values(record?.connections ?? {})) {
    const { clientId } = connection as { readonly clientId?: unknown };
    if (typeof clientId === 'string' && !isPlaceholder(clientId)) return clientId;
  }
  return undefined;
}

/** Ports that no other site of the project listens on. */
function freePorts(project: Project | undefined, site: string): (nth: number) => number {
  const taken = new Set(
    (project?.sites ?? [])
      .filter(({ record }) => record.site !== site)
      .flatMap(({ record }) =>
        Object.values(record.connections).map(
          (connection) => (connection as { readonly listen?: { readonly port?: unknown } }).listen?.port,
        ),
      ),
  );
  const free: number[] = [];
  for (let port = FIRST_PORT; free.length < 64; port += 1) if (!taken.has(port)) free.push(port);
  return (nth) => free[nth] ?? FIRST_PORT + nth;
}

/** What talks to the application, not to the hospital. */
const OUR_SIDE = ['webhook', 'email', 'file'];

/** Connections to the application that flows of every site name: a new site needs them, too. */
function sharedConnections(project: Project | undefined, site: string): DraftInput['shared'] {
  const wanted = (project?.flows ?? [])
    .filter(({ sites }) => sites === 'all' || sites.includes(site))
    .flatMap((flow) => needs(flow, { capabilities: [] }).capabilities.map(({ connection }) => connection));
  const found: Record<string, { readonly of: string; readonly written: unknown }> = {};
  for (const { record, written } of project?.sites ?? []) {
    if (record.site === site) continue;
    const all = (written as { readonly connections?: Readonly<Record<string, unknown>> }).connections ?? {};
    for (const [name, { connector }] of Object.entries(record.connections))
      if (OUR_SIDE.includes(connector) && wanted.includes(name))
        found[name] ??= { of: record.site, written: all[name] };
  }
  return found;
}

function aboutOf(servers: readonly SeenServer[], samples: SeenSamples): string[] {
  const from = [
    ...(servers.length === 0 ? [] : [`${servers.length} FHIR server${servers.length === 1 ? '' : 's'}`]),
    ...(samples.messages === 0 ? [] : [`${samples.messages} sample messages`]),
  ];
  return [
    `First draft by "suture sites draft", from ${from.join(' and ')}. It holds codes and names of systems, no patient's value.`,
    'What nobody has said yet is marked "to confirm with <role>"; take the mark away when it is said.',
  ];
}

function observedOf(
  connection: string | undefined,
  servers: readonly SeenServer[],
): Readonly<Record<string, Observed>> {
  const main =
    servers.find(({ version }) => version === 'r4') ?? servers.find(({ version }) => version !== null);
  return connection === undefined || main === undefined ? {} : { [connection]: main.observed };
}

const merged = (
  one: Readonly<Record<string, Observed>>,
  other: Readonly<Record<string, Observed>>,
): Record<string, Observed> =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      { ...one[name], ...other[name] },
    ]),
  );

/** What each feed looked like, as the drift of later messages is judged by it. */
function shapesOf({ feeds }: SeenSamples): Readonly<Record<string, Observed>> {
  const observedAt = observedTime(systemClock.now());
  return Object.fromEntries(
    feeds.map((feed) => [
      feed.name,
      {
        shape: {
          observedAt,
          from: 'sample messages',
          messages: feed.messages,
          facts: Object.fromEntries(
            FEED_FACT_KINDS.map((kind) => [kind, Object.fromEntries(countsOf(feed, kind))]),
          ),
        },
      },
    ]),
  );
}

/** What the server says to our client; a draft is made without it, too. */
async function signedIn(
  project: Project | undefined,
  site: string,
  made: Draft,
  text: string,
  file: string,
  options: Options,
): Promise<Readonly<Record<string, Observed>>> {
  const { connection } = made;
  const folder = options.data ?? dataFolder(options.project, process.env);
  if (connection === undefined) return {};
  if (project === undefined || !hasData(folder, process.env)) {
    printNote(
      `not signed in: there is no data in ${folder}, and so no key of ours. Start the engine once, register its key, then: suture probe ${site}`,
    );
    return {};
  }
  const drafted = soundSite(text, file);
  const others = project.sites.filter(({ record }) => record.site !== site);
  try {
    const probing = await openProbing(folder, process.env, { ...project, sites: [...others, drafted] });
    try {
      printNote(`signing in at ${site} / ${connection}`);
      return { [connection]: await probing.probe(site, connection) };
    } finally {
      await probing.close();
    }
  } catch (error) {
    printNote(`not signed in: ${failureText(asFailure(error)).text}`);
    return {};
  }
}

/** A draft that does not load is a mistake of ours, and is not written. */
function soundSite(text: string, file: string): LoadedSite {
  const { site, faults } = readSite(text, file, {});
  const all = site === undefined ? faults : connectionFaults(site);
  const [fault] = all;
  if (site !== undefined && fault === undefined) return site;
  throw new Failure({
    code: 'DRAFT_FAULTY',
    kind: 'defect',
    message: `The draft would not load: ${fault === undefined ? 'no record came of it' : faultText(fault)}.`,
    fix: 'See it with --print, and report it.',
  });
}
