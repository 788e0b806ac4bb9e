/** `suture sites cursors`: where the learning of each resource stands; `--rewind` sets one back. */
import type { Command } from 'commander';
import type { CursorView } from '../../engine/index.ts';
import { printJson, printLine, printNote, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly rewind?: string;
  readonly to?: string;
  readonly reason?: string;
}

export function addCursors(sites: Command): void {
  deskOptions(
    sites
      .command('cursors')
      .description('show by which method each resource is learnt and where that stands; or set it back')
      .argument('[site]', 'only this site'),
  )
    .option('--rewind <resource>', 'ask again for what changed since --to: what was missed is told')
    .option('--to <time>', 'a time, such as 2026-03-02T06:00:00Z')
    .option('--reason <text>', 'why; kept in the audit trail')
    .action((site: string | undefined, options: Options) =>
      withDesk(options, async (desk) => {
        if (options.rewind === undefined) {
          const cursors = await desk.cursors(site);
          if (options.json) for (const cursor of cursors) printJson(cursor);
          else if (cursors.length === 0) printLine('nothing is learnt: the site records name no resource.');
          else for (const cursor of cursors) printCursor(cursor);
          return;
        }
        const to = /[zZ]$|[+-]\d\d:\d\d$/.test(options.to ?? '') ? Date.parse(options.to ?? '') : Number.NaN;
        if (site === undefined || Number.isNaN(to) || !options.reason) {
          printNote(
            site === undefined
              ? 'name the site whose cursor is to be set back.'
              : Number.isNaN(to)
                ? 'give --to a time with its zone, such as 2026-03-02T06:00:00Z.'
                : 'say why with --reason; it is kept in the audit trail.',
          );
          process.exitCode = 2;
          return;
        }
        const cursor = await desk.rewind({ site, resource: options.rewind, to, reason: options.reason });
        if (options.json) printJson(cursor);
        else printCursor(cursor);
      }),
    );
}

function printCursor({ site, resource, method, connection, phase, position, movedAt }: CursorView): void {
  printLine(`${site} / ${resource}  ${method} by ${connection}${phase === 'live' ? '' : `, ${phase}`}`);
  printLine(`    ${position}; moved ${movedAt === null ? 'never' : `${timeText(movedAt)} UTC`}`);
}
