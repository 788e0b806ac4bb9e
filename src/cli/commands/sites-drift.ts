/** `suture sites drift`: what servers and HL7 messages of a site have that was not written down, or have no more. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { driftText } from '../../connectors/index.ts';
import type { ShapeState } from '../../engine/index.ts';
import { type Observed, observedFile, observedText, observedTime } from '../../site/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import { printJson, printLine, timeText } from '../output.ts';
import { loadProject } from '../project/index.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly accept?: boolean;
  readonly connection?: string;
}

/** So many findings of one kind are printed one by one. */
const MOST = 40;

export function addDrift(sites: Command): void {
  deskOptions(
    sites
      .command('drift')
      .description(
        'what a site’s servers and HL7 messages have that was not written down, or have no more: a trigger, a segment, a search parameter, a scope, a certificate that ends',
      )
      .argument('<site>', 'the site’s name'),
  )
    .option('--connection <name>', 'only this connection')
    .option('--accept', 'write down what HL7 messages look like now, so that it counts as known')
    .addHelpText('after', '\nExit code: 0 nothing differs, 1 something does, 2 bad usage or set-up.')
    .action((site: string, options: Options) =>
      withDesk(options, async (desk) => {
        const drift = await desk.drift(site);
        if (drift === null)
          throw new Failure({
            code: 'SITE_UNKNOWN',
            kind: 'config',
            message: `There is no site "${site}".`,
            fix: 'Name one of those that suture sites list shows.',
          });
        const wanted = <Of extends { readonly connection: string }>(all: readonly Of[]): readonly Of[] =>
          all.filter(
            ({ connection }) => options.connection === undefined || connection === options.connection,
          );
        const [servers, feeds] = [wanted(drift.servers), wanted(drift.feeds)];
        if (options.accept) return accept(site, feeds, options);
        const count = [...servers, ...feeds].reduce((sum, { found }) => sum + found.length, 0);
        process.exitCode = count > 0 ? 1 : 0;
        if (options.json) return printJson({ site, servers, feeds });
        for (const { connection, at, unwritten, found, failure } of servers) {
          const when = at === null ? 'not compared yet' : `compared ${timeText(at)} UTC`;
          printLine(
            `${site} / ${connection}: ${unwritten ? 'nothing is written down; run suture probe' : when}`,
          );
          if (failure !== null) printLine(`  could not be asked: ${failure.message} ${failure.fix}`);
          for (const each of found) printLine(`  ${driftText(each)}`);
        }
        if (desk.from === 'folder')
          printLine(`no engine runs: what servers say now tells suture probe ${site} --dry-run`);
        for (const feed of feeds) printFeed(site, feed);
        if (feeds.length === 0) printLine(`${site}: no HL7 message was looked at yet.`);
        if (feeds.some(({ found }) => found.length > 0))
          printLine(
            `\nAsk the interface engine analyst of the site what has changed; then correct the record, or: suture sites drift ${site} --accept`,
          );
        else if (count === 0) printLine('nothing differs from what is known.');
      }),
    );
}

function printFeed(site: string, { connection, messages, learns, found }: ShapeState): void {
  const still = learns > 0 ? `, ${learns} more teach what is usual` : '';
  printLine(`${site} / ${connection}: ${messages} HL7 messages looked at${still}`);
  for (const { text, against, count, firstAt, lastAt, message } of found.slice(0, MOST)) {
    const why = against === 'record' ? 'not in the record' : 'not seen before';
    const last = count > 1 ? `, last ${timeText(lastAt)}` : '';
    printLine(`  ${text}: ${why}`);
    printLine(`      ${count} times since ${timeText(firstAt)} UTC${last}; first in message ${message}`);
  }
  if (found.length > MOST) printLine(`  and ${found.length - MOST} more; --json has all`);
}

/** The written shape, what was learnt since and what was found, as one: a file to be reviewed like the record. */
async function accept(site: string, feeds: readonly ShapeState[], options: Options): Promise<void> {
  const project = await loadProject(options.project, process.env);
  const loaded = project.sites.find((each) => each.record.site === site);
  if (loaded === undefined) return;
  for (const feed of feeds) {
    const before = project.observed[site]?.[feed.connection]?.shape;
    const file = join(dirname(loaded.file), 'observed', observedFile(feed.connection, 'shape'));
    const text = observedText('shape', shapeWith(before, feed));
    if (textOf(file) === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    printLine(`wrote ${relative(process.cwd(), file)}`);
    const said = feed.found.filter(({ against }) => against === 'record');
    for (const { text: what } of said)
      printLine(`  still to be said in the record (hl7.sends, hl7.profiles.${feed.connection}): ${what}`);
  }
  printLine('suture dev takes it up by itself; elsewhere deploy it or start again.');
}

function shapeWith(
  before: Observed['shape'],
  { messages, learnt, found }: ShapeState,
): NonNullable<Observed['shape']> {
  const facts: Record<string, Record<string, number>> = {};
  const add = (kind: string, value: string, count: number): void => {
    facts[kind] = { [value]: count, ...facts[kind] };
  };
  for (const one of [before?.facts ?? {}, learnt])
    for (const [kind, values] of Object.entries(one))
      for (const [value, count] of Object.entries(values)) add(kind, value, count);
  for (const { kind, value, count } of found) add(kind, value, count);
  const observedAt = observedTime(systemClock.now());
  return {
    observedAt,
    from: 'messages received',
    messages: Math.max(messages, before?.messages ?? 0),
    facts,
  };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
