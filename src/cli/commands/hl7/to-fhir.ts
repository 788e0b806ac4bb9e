/** `suture hl7 to-fhir`: messages as FHIR R4, one Bundle each, by HL7's v2-to-FHIR guide. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { siteLookup } from '../../../flow/index.ts';
import { parse } from '../../../hl7/index.ts';
import { type Lookup, noLookup, type ToFhirOptions, toFhir } from '../../../mapping/index.ts';
import { readSite } from '../../../site/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { readText } from './message-files.ts';
import { MessageRun } from './message-run.ts';
import { OutputFolder } from './output-folder.ts';
import { badUsage } from './refusal.ts';
import { action, type Terminal, writeJson, writeLine } from './terminal.ts';
import { timeZone } from './time-zone.ts';

interface Options {
  readonly site: string;
  readonly timeZone: string;
  readonly system?: Readonly<Record<string, string>>;
  readonly siteRecord?: string;
  readonly bundle: string;
  readonly base?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly each?: boolean;
  readonly json?: boolean;
}

export function addToFhir(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('to-fhir')
    .description('convert messages to FHIR R4, one Bundle each; what could not be carried over is told')
    .argument('<files...>', 'files, folders, or - for standard input')
    .option('-o, --output <folder>', 'a file for each Bundle: adt.hl7 becomes adt-000001.json and so on')
    .option('--site <name>', 'ids of resources are stable within it', 'site')
    .option('--time-zone <name>', 'the IANA zone of times without an offset, such as America/Chicago', 'UTC')
    .option(
      '--system <assigner=uri>',
      'the id system of an assigner, or of an assigner and a type: EPIC:MR=urn:oid:1.2.3 (repeatable)',
      system,
    )
    .option('--site-record <file>', 'a site.yaml, which says the site, its time zone and its id systems')
    .addOption(
      new Option('--bundle <type>', 'the kind of Bundle')
        .choices(['message', 'transaction', 'batch', 'collection'])
        .default('message'),
    )
    .option('--base <url>', 'the server’s base, for the full URLs of the entries')
    .option('--force', 'writes over files that are there')
    .option('--each', 'of many messages every finding on a line, instead of a table')
    .option('--json', 'each Bundle on one line, and each finding as JSON on standard error')
    .action(action(terminal, (files: string[], options: Options) => convert(terminal, files, options)));
  exitsWith(command, 'when a message has no usable MSH, so that it has no Bundle');
}

async function convert(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const settings = await readingOptions(terminal, options);
  const folder =
    options.output === undefined ? undefined : new OutputFolder(options.output, options.force === true);
  const run = new MessageRun(terminal, files, options);
  let fine = true;
  for await (const found of run.messages()) {
    const message = parse(found.bytes);
    if (!message.usable) {
      fine = false;
      await run.tell(found, {
        rule: 'no-header',
        severity: 'error',
        where: '',
        text: message.reason ?? 'There is no usable MSH.',
      });
      continue;
    }
    const { bundle, findings } = toFhir(message, settings);
    for (const { code, where, text } of findings) await run.tell(found, { rule: code, where, text });
    if (folder !== undefined) {
      const file = folder.write(found, '.json', `${JSON.stringify(bundle, undefined, 2)}\n`);
      if (options.json) await writeJson(terminal.output, { message: found.name, file });
    } else if (found.only && !options.json)
      await writeLine(terminal.output, JSON.stringify(bundle, undefined, 2));
    else await writeJson(terminal.output, bundle);
  }
  await run.finish();
  if (folder !== undefined && !options.json)
    await writeLine(
      terminal.output,
      `${folder.count} ${folder.count === 1 ? 'Bundle' : 'Bundles'} in ${options.output}`,
    );
  return fine && run.unreadable === 0 ? 0 : 1;
}

async function readingOptions(terminal: Terminal, options: Options): Promise<ToFhirOptions> {
  const own = lookupOf(options.system ?? {});
  const shape = {
    bundle: options.bundle as NonNullable<ToFhirOptions['bundle']>,
    ...(options.base === undefined ? {} : { base: options.base.replace(/\/$/, '') }),
  };
  if (options.siteRecord === undefined)
    return { ...shape, site: options.site, timeZone: timeZone(options.timeZone), lookup: own };
  const { siteRecord } = options;
  const { site, faults } = readSite(await readText(terminal, siteRecord), siteRecord, process.env);
  const [fault] = faults;
  if (site === undefined || fault !== undefined)
    throw badUsage(
      `${siteRecord}${fault?.line ? `:${fault.line}` : ''}: ${fault?.reason ?? 'it is no site record'}.`,
      fault?.fix ?? 'Name a site.yaml.',
    );
  const { record } = site;
  const recorded = siteLookup(record);
  return {
    ...shape,
    site: record.site,
    timeZone: record.timeZone,
    mrnSystem: record.identifiers.mrn.system,
    lookup: {
      ...recorded,
      identifierSystem: (...where) => own.identifierSystem(...where) ?? recorded.identifierSystem(...where),
    },
  };
}

function system(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, uri] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
  if (name === undefined || uri === undefined)
    throw new InvalidArgumentError('Write it as EPIC=urn:oid:1.2.3 or EPIC:MR=urn:oid:1.2.3.');
  return { ...before, [name]: uri };
}

function lookupOf(systems: Readonly<Record<string, string>>): Lookup {
  if (Object.keys(systems).length === 0) return noLookup;
  const known = new Map(Object.entries(systems));
  return {
    identifierSystem: (assigner, type) => known.get(`${assigner}:${type}`) ?? known.get(assigner),
  };
}
