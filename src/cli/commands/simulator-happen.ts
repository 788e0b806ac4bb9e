/** `suture simulator happen`: makes things happen in a demo hospital that runs. */
import type { Command } from 'commander';
import { Failure } from '../../std/index.ts';
import { explain, printJson, printLine } from '../output.ts';
import { portSetting } from '../settings.ts';

interface Options {
  readonly patient?: string;
  readonly port?: string;
  readonly json?: boolean;
}

/** As the hospital tells it: what it was, and the message that went out about it. */
interface Happening {
  readonly kind: string;
  readonly message?: string;
  readonly mrn?: string;
}

export function addHappen(simulator: Command): void {
  simulator
    .command('happen')
    .description('make things happen, one after the other, in the pretend hospital that runs')
    .argument(
      '<events...>',
      'admit, register, discharge, update, book, reschedule, cancel, vitals, result, correct, note, addend ...',
    )
    .option(
      '--patient <id>',
      'to this patient: a record number, or an id such as Z6101; left out, chance picks',
    )
    .option('--port <number>', 'the HTTP port of the hospital (SIMULATOR_PORT, 4610)')
    .option('--json', 'one JSON object a line')
    .action(async (events: readonly string[], own: Options, command: Command) => {
      try {
        const options = command.optsWithGlobals<Options>();
        const port = options.port ?? String(portSetting(process.env, 'SIMULATOR_PORT', 4610));
        for (const kind of events) {
          const happened = await ask(`http://127.0.0.1:${port}/admin/events`, {
            kind,
            ...(own.patient === undefined ? {} : { patient: own.patient }),
          });
          if (own.json) printJson(happened);
          else
            printLine(
              `${happened.kind.padEnd(24)} ${happened.message ?? 'no message'}${happened.mrn ? `, patient ${happened.mrn}` : ''}`,
            );
        }
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

async function ask(url: string, body: Readonly<Record<string, string>>): Promise<Happening> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch((error: unknown) => {
    throw new Failure({
      code: 'SIMULATOR_NOT_THERE',
      kind: 'config',
      message: `No pretend hospital answers at ${new URL(url).host}.`,
      fix: 'Start one with "suture simulator", or name its port with --port.',
      cause: error,
    });
  });
  const said = (await answer.json().catch(() => ({}))) as Happening & { error?: string };
  if (answer.ok) return said;
  throw new Failure({
    code: 'SIMULATOR_REFUSED',
    kind: 'config',
    message: `"${body.kind}" cannot happen: ${said.error ?? `the hospital answered ${answer.status}`}.`,
    fix: 'Name another event, or another patient with --patient.',
  });
}
