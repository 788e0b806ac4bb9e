/** `suture simulator`: the demo hospital alone. */
import type { Command } from 'commander';
import { explain, printLine } from '../output.ts';
import { portSetting } from '../settings.ts';

interface Options {
  port?: string;
  patients: string;
  seed: string;
  speed: string;
  eventsPerMinute: string;
  feed: string[];
  client: string[];
}

export function addSimulator(program: Command): void {
  const collect = (value: string, earlier: string[]): string[] => [...earlier, value];
  program
    .command('simulator')
    .description('run the pretend hospital alone: FHIR with OAuth 2, and HL7 v2 feeds from the same day')
    .option('--port <number>', 'HTTP port (SIMULATOR_PORT, 4610)')
    .option('--patients <number>', 'how many patients', '60')
    .option('--seed <number>', 'the same seed makes the same hospital', '1')
    .option('--speed <factor>', 'hospital seconds a real second', '1')
    .option('--events-per-minute <number>', 'how much happens in a real minute', '30')
    .option('--feed <host:port>', 'send ADT and SIU there over MLLP (may be given again)', collect, [])
    .option(
      '--client <id=jwks-url>',
      'a client that may sign in with keys at that URL (may be given again)',
      collect,
      [],
    )
    .action(async (options: Options) => {
      try {
        // Loaded when wanted: no other command carries a hospital in memory.
        const { createSimulator } = await import('../../simulator/index.ts');
        const simulator = await createSimulator({
          port:
            options.port === undefined
              ? portSetting(process.env, 'SIMULATOR_PORT', 4610)
              : Number(options.port),
          seed: Number(options.seed),
          patients: Number(options.patients),
          speed: Number(options.speed),
          // The simulator counts on its own clock.
          eventsPerMinute: Number(options.eventsPerMinute) / Number(options.speed),
          feeds: options.feed.map((address, index) => {
            const [host, port] = splitAddress(address);
            return { name: `feed-${index + 1}`, host, port, kinds: ['ADT', 'SIU'] };
          }),
          clients: options.client.map((text) => {
            const at = text.indexOf('=');
            return { clientId: text.slice(0, at), jwksUrl: text.slice(at + 1), backgroundUser: true };
          }),
        });
        await simulator.start();
        const stop = (): void => void simulator.close().then(() => process.exit(0));
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
        process.on('disconnect', stop);
        if (process.send) process.send('ready');
        else {
          printLine(`FHIR R4   ${simulator.fhirBase}`);
          printLine(`Token     ${simulator.tokenUrl}`);
          printLine(`Admin     ${simulator.adminUrl}`);
        }
      } catch (error) {
        process.exitCode = explain(error);
        process.exit();
      }
    });
}

function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
}
