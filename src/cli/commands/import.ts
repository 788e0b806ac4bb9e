/** `suture import mirth`: exported channels, code templates and backups as a project of Suture. */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type Document,
  documentsOf,
  importMirth,
  placeText,
  type Unread,
  writeFiles,
} from '../../import/index.ts';
import { Failure } from '../../std/index.ts';
import { explain, failureText, printJson, printLine, printNote, printTable } from '../output.ts';
import { makeModule } from '../scaffold.ts';

interface Options {
  readonly out: string;
  readonly site?: string;
  readonly timeZone?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const PROGRESS_FROM = 25;
/** Bytes of one file from which it is said that it is being read. */
const LARGE = 16 * 1024 * 1024;

export function addImport(program: Command): void {
  const group = program.command('import').description('take over what another engine has');
  group
    .command('mirth')
    .description(
      'make a project of exports of Mirth Connect 3 and 4 and its forks: channels, code templates, a backup of the server’s configuration',
    )
    .argument('<path>', 'an XML file, a folder of them, or a zip archive')
    .option('--out <folder>', 'the project to write into; made if it is not there', '.')
    .option('--site <name>', 'the site’s name; left out: the server’s')
    .option('--time-zone <zone>', 'the hospital’s, such as America/Chicago')
    .option('--dry-run', 'write nothing; say what would come of it')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Nothing of an export is run. What could not be carried over is in IMPORT.md, each with file and line, the reason and
what to do; flows that need work are in import/flows/. Secrets are never taken over.
Exit codes: 0 written; 1 a file could not be read, or nothing was found; 2 bad usage.`,
    )
    .action((path: string, options: Options) => {
      try {
        process.exitCode = run(path, options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

function run(path: string, { out, site, timeZone, dryRun, json }: Options): number {
  if (site !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(site))
    throw badOption(`--site ${site}`, 'Use lower-case letters, digits and hyphens: riverside.');
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw badOption(`--time-zone ${timeZone}`, 'Name it as IANA does: America/Chicago.');
  const documents: Document[] = [];
  const unread: Unread[] = [];
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes >= LARGE) printNote(`reading ${path} (${Math.round(bytes / 1e6)} MB) ...`);
  for (const each of documentsOf(path)) {
    if ('root' in each) documents.push(each);
    else unread.push(each);
    const count = documents.length + unread.length;
    if (count % PROGRESS_FROM === 0) printNote(`${count} files read`);
  }
  if (documents.length === 0 && unread[0] !== undefined) throw unread[0].error;
  const { summary, work, files } = importMirth(documents, {
    ...(site === undefined ? {} : { site }),
    ...(timeZone === undefined ? {} : { timeZone }),
    progress(done, all, channel) {
      if (all >= PROGRESS_FROM && (done % PROGRESS_FROM === 0 || done === all))
        printNote(`${done} of ${all} channels: ${channel}`);
    },
  });
  const written = dryRun ? [] : writeFiles(out, files);
  const changed = dryRun ? null : makeModule(out);
  const faults = unread.map(({ file, error }) => ({ file, text: failureText(error).text }));
  if (json) printJson({ ...summary, work, files: [...files.keys()], written, unread: faults });
  else {
    printTable(
      ['channel', 'version', 'flows', 'not running yet', 'to do', 'look at'],
      summary.channels.map((each) => [
        each.name,
        each.version,
        String(each.flows.length),
        String(each.parked.length),
        String(each.toDo),
        String(each.lookAt),
      ]),
    );
    for (const item of work) {
      if (item.level === 'to do')
        printLine(`to do: ${placeText(item)}: ${item.channel}, ${item.part}: ${item.reason}. ${item.fix}`);
    }
    printLine(
      `${dryRun ? 'would write' : 'wrote'} ${dryRun ? files.size : written.length} files: ${summary.flows} flows, ${summary.parked} that need work, and the whole list in IMPORT.md`,
    );
  }
  if (changed !== null && !json) printLine(`package.json: ${changed}`);
  for (const { text } of faults) printNote(text);
  return unread.length > 0 ? 1 : 0;
}

const badOption = (option: string, fix: string): Failure =>
  new Failure({ code: 'IMPORT_OPTION', kind: 'config', message: `${option} is none.`, fix });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
