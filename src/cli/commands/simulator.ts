/** `suture simulator`: the demo hospital alone. */
import type { Command } from 'commander';
import type { Behaviour, ClientOptions, FeedOptions, ProfileName, Simulator } from '../../simulator/index.ts';
import { Failure } from '../../std/index.ts';
import { explain, printLine } from '../output.ts';
import { portSetting } from '../settings.ts';
import { addHappen } from './simulator-happen.ts';

interface Options {
  port?: string;
  host: string;
  profile: string;
  set: string[];
  patients: string;
  seed: string;
  speed: string;
  stopped?: true;
  now?: string;
  timeZone: string;
  eventsPerMinute: string;
  hl7: string[];
  hl7Port?: string;
  client: string[];
}

const everyMessage = ['ADT', 'SIU', 'ORU', 'MDM'] as const;

export function addSimulator(program: Command): void {
  const collect = (value: string, earlier: string[]): string[] => [...earlier, value];
  const simulator = program
    .command('simulator')
    .description('run the pretend hospital alone: FHIR with OAuth 2, and HL7 v2 feeds from the same day')
    .option('--port <number>', 'HTTP port (SIMULATOR_PORT, 4610)')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option(
      '--profile <name>',
      'sandbox-2026-05, prod-2025-11, prod-2025-05, legacy-2022, strict-proxy or no-background-user',
      'sandbox-2026-05',
    )
    .option(
      '--set <switch=value>',
      'a switch that is not as the profile has it; /admin/behaviour shows all (may be given again)',
      collect,
      [],
    )
    .option('--patients <number>', 'how many patients', '60')
    .option('--seed <text>', 'the same seed makes the same hospital', '1')
    .option('--speed <factor>', 'hospital seconds a real second', '1')
    .option('--stopped', 'the clock stands until /admin starts or steps it')
    .option('--now <instant>', 'where the clock starts, ISO 8601 with a zone (now)')
    .option('--time-zone <zone>', 'the zone the hospital lives in', 'America/Chicago')
    .option(
      '--events-per-minute <number>',
      'how much happens in a real minute; natural: as much as in a hospital of this size at each hour',
      '30',
    )
    .option(
      '--hl7 <host:port>',
      'send HL7 there over MLLP; host:port/ADT,SIU sends these only (may be given again)',
      collect,
      [],
    )
    .option(
      '--hl7-port <number>',
      'where it takes in SIU, ADT, ORU and MDM over MLLP, or off (SIMULATOR_HL7_PORT, 6671)',
    )
    .option(
      '--client <id=jwks-url>',
      'a backend client with keys at that URL and a background user (may be given again)',
      collect,
      [],
    )
    .action(async (options: Options) => {
      try {
        const simulator = await open(options);
        if (!options.stopped) simulator.start();
        const stop = (): void => void simulator.close().then(() => process.exit(0));
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
        process.on('disconnect', stop);
        if (process.send) process.send('ready');
        else announce(simulator, options);
      } catch (error) {
        process.exitCode = explain(error);
        process.exit();
      }
    });
  addHappen(simulator);
}

async function open(options: Options): Promise<Simulator> {
  // Loaded when wanted: no other command carries a hospital in memory.
  const { createSimulator, readTyped } = await import('../../simulator/index.ts');
  const port = options.port ?? String(portSetting(process.env, 'SIMULATOR_PORT', 4610));
  const hl7Port = options.hl7Port ?? String(portSetting(process.env, 'SIMULATOR_HL7_PORT', 6671));
  const speed = numberOf('--speed', options.speed);
  if (!(speed > 0)) throw refused(`--speed is "${options.speed}", and must be above 0.`);
  try {
    return await createSimulator({
      port: numberOf('--port', port),
      host: options.host,
      profile: options.profile as ProfileName,
      behaviour: Object.assign(
        {},
        ...options.set.map((text) => readTyped(...pair('--set', text))),
      ) as Partial<Behaviour>,
      seed: options.seed,
      patients: numberOf('--patients', options.patients),
      speed,
      timeZone: zoneOf(options.timeZone),
      // The simulator counts on its own clock.
      eventsPerMinute:
        options.eventsPerMinute === 'natural'
          ? 'natural'
          : numberOf('--events-per-minute', options.eventsPerMinute) / speed,
      feeds: options.hl7.map(feedOf),
      ...(hl7Port === 'off'
        ? {}
        : { receiver: { port: numberOf('--hl7-port', hl7Port), host: options.host } }),
      clients: options.client.map(clientOf),
      ...(options.now === undefined ? {} : { now: instantOf(options.now) }),
    });
  } catch (error) {
    if (error instanceof RangeError) throw refused(`${error.message}.`);
    const { code, port: taken } = error as { code?: string; port?: number };
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error;
    throw refused(`port ${taken ?? port} of ${options.host} cannot be listened on (${code}).`);
  }
}

function announce(simulator: Simulator, { profile, patients, stopped, hl7, host }: Options): void {
  const rows: [string, string][] = [
    ['Hospital', `${profile}, ${patients} patients, ${stopped ? 'the clock stands' : 'the clock runs'}`],
    ['FHIR', simulator.fhirBase],
    ['Authorize', simulator.authorizeUrl],
    ['Token', simulator.tokenUrl],
    ['Not Epic', simulator.genericBase],
    ['HL7 in', simulator.receiver ? `${host}:${simulator.receiver.port}` : 'off'],
    ['HL7 to', hl7.length > 0 ? hl7.join(' ') : 'nobody (--hl7 host:port)'],
    ['Admin', simulator.adminUrl],
    ['Clients', `${simulator.adminUrl}/clients`],
  ];
  for (const [name, value] of rows) printLine(`${name.padEnd(11)}${value}`);
}

function refused(message: string): Failure {
  return new Failure({
    code: 'SIMULATOR_OPTION',
    kind: 'config',
    message,
    fix: '"suture simulator --help" says what each option may be.',
  });
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw refused(`${name} is "${text}", which is no number.`);
  return value;
}

function instantOf(text: string): number {
  const value = Date.parse(text);
  if (!/(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(value)) {
    throw refused(`--now is "${text}", which is no instant such as 2026-05-12T15:00:00Z.`);
  }
  return value;
}

function zoneOf(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw refused(`--time-zone is "${zone}", which is no zone such as America/Chicago.`);
  }
}

function pair(name: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw refused(`${name} is "${text}", and must be two parts with = between them.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function clientOf(text: string): ClientOptions {
  const [clientId, jwksUrl] = pair('--client', text);
  if (!URL.canParse(jwksUrl)) throw refused(`--client ${clientId} has "${jwksUrl}", which is no URL.`);
  return { clientId, jwksUrl, backgroundUser: true };
}

function feedOf(text: string, index: number): FeedOptions {
  const [, host, port, list] = /^(.+):(\d{1,5})(?:\/([A-Z,]+))?$/.exec(text) ?? [];
  const kinds =
    list === undefined ? everyMessage : everyMessage.filter((each) => list.split(',').includes(each));
  if (!host || (list !== undefined && kinds.length < list.split(',').length)) {
    throw refused(`--hl7 is "${text}", and must be host:port or host:port/ADT,SIU,ORU,MDM.`);
  }
  return { name: `feed-${index + 1}`, host, port: Number(port), kinds };
}
