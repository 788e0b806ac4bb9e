/** `suture sites keys`: signing keys and where their exchange stands; `suture sites rotate-key`: begins one. */
import { type Command, Option } from 'commander';
import type { KeyView } from '../../engine/index.ts';
import { Failure, milliseconds } from '../../std/index.ts';
import { printJson, printLine, printTable, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface RotateOptions extends DeskOptions {
  readonly wait?: string;
  readonly algorithm?: 'RS384' | 'ES384';
  readonly atOnce?: boolean;
  readonly reason: string;
}

export function addSigningKeys(sites: Command): void {
  deskOptions(
    sites
      .command('keys')
      .description('list signing keys: which signs, which waits until every EHR must know it, which rests')
      .argument('[site]', 'only this site'),
  ).action((site: string | undefined, options: DeskOptions) =>
    withDesk(options, async (desk) => {
      const { keys } = await desk.smart.keys();
      const wanted = keys.filter((key) => site === undefined || key.site === site);
      if (options.json) for (const key of wanted) printJson(key);
      else printKeys(wanted);
    }),
  );

  deskOptions(
    sites
      .command('rotate-key')
      .description(
        'exchange a signing key: the new one is published now, signs after a wait, and then the old one rests',
      )
      .argument('<site>', 'the site')
      .argument('<connection>', 'its connection'),
  )
    .option('--wait <time>', 'until the new key signs; EHRs keep key sets for up to 29 hours (30h)')
    .addOption(new Option('--algorithm <name>', 'of the new key; as the old one').choices(['RS384', 'ES384']))
    .option(
      '--at-once',
      'the old key is known to others: it is withdrawn now, and sign-ins fail until the EHR looks again',
    )
    .option('--reason <text>', 'why; kept in the audit trail', 'by the command line')
    .action((site: string, connection: string, options: RotateOptions) =>
      withDesk(options, async (desk) => {
        const { wait, algorithm, atOnce = false, reason } = options;
        const { keys } = await desk.smart.rotate(site, connection, {
          ...(wait === undefined ? {} : { wait: waitOf(wait) }),
          ...(algorithm === undefined ? {} : { algorithm }),
          atOnce,
          reason,
        });
        if (options.json) for (const key of keys) printJson(key);
        else printKeys(keys);
      }),
    );
}

function waitOf(text: string): number {
  const wait = milliseconds(text);
  if (wait !== undefined) return wait;
  throw new Failure({
    code: 'WAIT_UNREADABLE',
    kind: 'config',
    message: `"${text}" is no length of time.`,
    fix: 'Say it like 30h, 90m or 10s.',
  });
}

function printKeys(keys: readonly KeyView[]): void {
  if (keys.length === 0) {
    printLine('no signing keys.');
    return;
  }
  printTable(
    ['CONNECTION', 'KEY', 'ALGORITHM', 'STATE', 'SIGNS FROM (UTC)', 'RETIRES (UTC)', 'KID'],
    keys.map((key) => [
      `${key.site}/${key.connection}`,
      key.name,
      key.algorithm,
      key.state,
      timeText(key.signsFrom),
      key.retiresAt === null ? '' : timeText(key.retiresAt),
      key.kid,
    ]),
  );
}
