/** `suture sites connect`: by a person's consent in the browser, or by keys; and `disconnect`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { SignInView } from '../../engine/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import type { Desk } from '../desk.ts';
import { printJson, printLine, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

/** Connectors that sign in at an EHR. */
const SMART = new Set(['epic', 'fhir']);

export function addConnect(sites: Command): void {
  deskOptions(
    sites
      .command('connect')
      .description(
        'connect an EHR: prints the link at which a person consents, or tests the sign-in by keys; and what to register',
      )
      .argument('<site>', 'the site')
      .argument('[connection]', 'its connection, where there are several'),
  ).action((site: string, connection: string | undefined, options: DeskOptions) =>
    withDesk(options, (desk) => connect(desk, site, connection, options.json ?? false)),
  );

  deskOptions(
    sites
      .command('disconnect')
      .description('forget a person’s consent and its tokens; what needs them waits')
      .argument('<site>', 'the site')
      .argument('<connection>', 'its connection'),
  )
    .option('--reason <text>', 'why; kept in the audit trail', 'by the command line')
    .action((site: string, connection: string, options: DeskOptions & { reason: string }) =>
      withDesk(options, async (desk) => {
        await desk.smart.disconnect(site, connection, options.reason);
        printLine(`${site}/${connection} is not connected any more.`);
      }),
    );
}

async function connect(desk: Desk, site: string, wanted: string | undefined, json: boolean): Promise<void> {
  const { register, rows } = await desk.smart.signIns();
  const all = (await desk.connections()).filter(
    (one) => one.site === site && SMART.has(one.connector) && (wanted ?? one.connection) === one.connection,
  );
  const [one, another] = all;
  if (one === undefined) throw nothingToConnect(site, wanted);
  if (another !== undefined)
    throw several(
      site,
      all.map(({ connection }) => connection),
    );
  const { connection } = one;
  const byConsent = rows.find((row) => row.site === site && row.connection === connection);
  if (byConsent === undefined) {
    const { results } = await desk.smart.test(site, connection);
    const asked = results.every(({ ok }) => ok);
    // What waited for it need not wait until its time comes; and what it does may fail where the test does not.
    const trouble = asked && one.state !== 'running' ? await goesOn(desk, site, connection) : null;
    const connected = asked && trouble === null;
    if (json) printJson({ site, connection, method: 'backend', register, connected, results, trouble });
    else {
      printLine(`${site}/${connection} signs in as itself. At the site, its client needs this address:`);
      printLine(`    key set           ${register.keySetUrl}`);
      for (const { check, ok, text } of results) printLine(`${ok ? 'ok  ' : 'FAIL'} ${check}: ${text}`);
      if (trouble !== null) printLine(`FAIL its work: ${trouble}`);
    }
    if (!connected) process.exitCode = 1;
    return;
  }
  const invitation = byConsent.begins.includes('standalone')
    ? await desk.smart.invite(site, connection)
    : undefined;
  if (json) printJson({ ...byConsent, method: 'consent', register, ...(invitation ? { invitation } : {}) });
  else printConsent(byConsent, register, invitation);
}

const GOES_ON_WITHIN = 5_000;

/** Calls it again; `null` when it works, else what it says after a while. */
async function goesOn(desk: Desk, site: string, connection: string): Promise<string | null> {
  await desk.resume(site, connection, 'its sign-in was tested');
  const until = systemClock.elapsed() + GOES_ON_WITHIN;
  for (;;) {
    const one = (await desk.connections()).find(
      (each) => each.site === site && each.connection === connection,
    );
    if (one === undefined || one.state === 'running') return null;
    if (systemClock.elapsed() > until) return one.text ?? one.state;
    await sleep(200);
  }
}

function printConsent(
  { site, connection, host, clientId, consent, begins, scopes }: SignInView,
  register: { redirectUri: string; launchUrl: string; keySetUrl: string },
  invitation: { url: string; until: number } | undefined,
): void {
  const now =
    consent === null ? 'nobody has consented yet' : consent.ended ? 'its consent is over' : 'it is connected';
  printLine(`${site}/${connection} works with a person’s consent at ${host}; ${now}.`);
  printLine(`At the site, the client ${clientId} needs these addresses, letter by letter:`);
  printLine(`    redirect address  ${register.redirectUri}`);
  if (begins.includes('ehr')) printLine(`    launch address    ${register.launchUrl}`);
  printLine(`    key set           ${register.keySetUrl}`);
  printLine(`It asks for: ${scopes.join(' ')}`);
  if (invitation !== undefined) {
    printLine(`The person who consents opens this, once, until ${timeText(invitation.until)} UTC:`);
    printLine(invitation.url);
  }
}

const nothingToConnect = (site: string, connection: string | undefined): Failure =>
  new Failure({
    code: 'CONNECTION_UNKNOWN',
    kind: 'config',
    message: `There is no connection${connection === undefined ? '' : ` "${connection}"`} of ${site} that signs in at an EHR.`,
    fix: 'List them with "suture connections".',
  });

const several = (site: string, names: readonly string[]): Failure =>
  new Failure({
    code: 'CONNECTION_NOT_SAID',
    kind: 'config',
    message: `${site} has several connections that sign in at an EHR: ${names.join(', ')}.`,
    fix: 'Name one of them.',
  });
