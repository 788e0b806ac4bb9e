/** `suture hl7 from-fhir`: FHIR R4 resources as HL7 v2 messages, for sites that take no FHIR create. */
import type { Command } from 'commander';
import {
  type FhirWriting,
  fromFhir,
  type GivenResources,
  type WritingEvent,
  type WritingOptions,
  writingEvents,
} from '../../../mapping/index.ts';
import { nearest } from '../../../std/index.ts';
import type { ExitCode } from '../../output.ts';
import { newControlId } from './control-id.ts';
import { exitsWith } from './exit-codes.ts';
import { type Told, toldLine } from './finding-table.ts';
import { type GivenValue, givenValues } from './json-values.ts';
import { readText } from './message-files.ts';
import { badUsage, notDone } from './refusal.ts';
import { action, note, type Terminal, write, writeJson } from './terminal.ts';
import { timeZone } from './time-zone.ts';

interface Options {
  readonly event: string;
  readonly controlId?: string;
  readonly time?: string;
  readonly timeZone: string;
  readonly hl7Version?: string;
  readonly charset?: string;
  readonly processing?: string;
  readonly sendingApplication?: string;
  readonly sendingFacility?: string;
  readonly receivingApplication?: string;
  readonly receivingFacility?: string;
  readonly user?: string;
  readonly json?: boolean;
}

export function addFromFhir(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('from-fhir')
    .description('write FHIR R4 resources as HL7 v2 messages; what a message cannot say is told')
    .argument(
      '<files...>',
      'JSON files (a Bundle, a resource, or one Bundle a line), or - for standard input',
    )
    .requiredOption('--event <type>', writingEvents.join(', '))
    .option('--time-zone <name>', 'the IANA zone of the site: all times are written in it', 'UTC')
    .option('--control-id <id>', 'MSH-10 (made when left out; of several messages with their numbers)')
    .option('--time <time>', 'when the message is made, ISO 8601 with offset (now)')
    .option('--hl7-version <version>', 'MSH-12: 2.3 to 2.8', '2.5.1')
    .option('--charset <name>', 'MSH-18 (UNICODE UTF-8)')
    .option('--processing <id>', 'MSH-11: P, T or D', 'P')
    .option('--sending-application <name>', 'MSH-3')
    .option('--sending-facility <name>', 'MSH-4')
    .option('--receiving-application <name>', 'MSH-5')
    .option('--receiving-facility <name>', 'MSH-6')
    .option('--user <id>', 'the user in whose name it is sent')
    .option('--json', 'one JSON object a message with its text, and each finding as JSON on standard error')
    .action(action(terminal, (files: string[], options: Options) => convert(terminal, files, options)));
  exitsWith(command, 'when something needed is missing; that message is not printed');
}

async function convert(terminal: Terminal, files: readonly string[], options: Options): Promise<ExitCode> {
  const { event } = options;
  if (!isEvent(event)) {
    const near = nearest(event, writingEvents);
    throw badUsage(
      `--event is "${event}".`,
      near === undefined ? `Known are ${writingEvents.join(', ')}.` : `Did you mean "${near}"?`,
    );
  }
  const zone = timeZone(options.timeZone);
  let fine = true;
  let nth = 0;
  for (const file of files)
    for (const given of bundles(file, await readText(terminal, file))) {
      nth += 1;
      const { message, findings } = written(given, settingsOf(terminal, options, event, zone, nth));
      const failed = findings.some(({ severity }) => severity === 'error');
      if (failed) fine = false;
      for (const { code, severity, path, text, fix } of findings)
        await tell(
          terminal,
          given.name,
          { rule: code, severity, where: path, text, fix },
          options.json === true,
        );
      if (failed) {
        await note(terminal, `${given.name} is not printed: a receiver would refuse it.`);
        continue;
      }
      const { type, controlId } = message.header;
      if (options.json)
        await writeJson(terminal.output, { name: given.name, type, controlId, text: message.toString() });
      else await write(terminal.output, message.bytes());
    }
  return fine ? 0 : 1;
}

const isEvent = (event: string): event is WritingEvent =>
  (writingEvents as readonly string[]).includes(event);

async function tell(terminal: Terminal, name: string, told: Told, json: boolean): Promise<void> {
  if (json) await writeJson(terminal.errors, { name, ...told });
  else await note(terminal, toldLine(name, told));
}

/** A list of resources is one message; a list of Bundles, or a Bundle a line, is one message each. */
function bundles(
  file: string,
  text: string,
): readonly { readonly name: string; readonly value: GivenResources }[] {
  const values = givenValues(file, text);
  for (const { name, value } of values)
    if (typeOf(value) === undefined)
      throw notDone(`${name} is not a FHIR resource.`, 'Give a Bundle, a resource, or a list of resources.');
    else if (typeOf(value) === 'Bundle' && !Array.isArray((value as { entry?: unknown }).entry ?? []))
      throw notDone(`${name} is a Bundle whose entry is no list.`, 'Give a Bundle as FHIR R4 has it.');
  const isBundle = ({ value }: GivenValue): boolean => typeOf(value) === 'Bundle';
  if (values.every(isBundle)) return values as { name: string; value: GivenResources }[];
  if (values.some(isBundle))
    throw notDone(
      `${file} holds Bundles and other resources.`,
      'Give Bundles alone, or the resources of one message.',
    );
  return [{ name: file, value: values.map(({ value }) => value) as unknown as GivenResources }];
}

function typeOf(value: unknown): string | undefined {
  const type = (value as { resourceType?: unknown } | null)?.resourceType;
  return typeof type === 'string' ? type : undefined;
}

function written(given: { readonly value: GivenResources }, options: WritingOptions): FhirWriting {
  try {
    return fromFhir(given.value, options);
  } catch (error) {
    // What fromFhir throws is a wrong option, and the sentence names it.
    if (error instanceof RangeError)
      throw badUsage(`${error.message}.`, 'See "suture hl7 from-fhir --help".', error);
    throw error;
  }
}

function settingsOf(
  terminal: Terminal,
  options: Options,
  event: WritingEvent,
  zone: string,
  nth: number,
): WritingOptions {
  const { sendingApplication, sendingFacility, receivingApplication, receivingFacility, user, charset } =
    options;
  const { controlId } = options;
  const parts = {
    sendingApplication,
    sendingFacility,
    receivingApplication,
    receivingFacility,
    user,
    charset,
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return {
    ...given,
    event,
    timeZone: zone,
    controlId: controlId === undefined ? newControlId() : nth === 1 ? controlId : `${controlId}-${nth}`,
    time: options.time ?? new Date(terminal.clock.now()),
    version: (options.hl7Version ?? '2.5.1') as NonNullable<WritingOptions['version']>,
    processingId: processing(options.processing ?? 'P'),
  };
}

function processing(id: string): 'P' | 'T' | 'D' {
  if (id === 'P' || id === 'T' || id === 'D') return id;
  throw badUsage(`--processing is "${id}".`, 'Give P (production), T (training) or D (debugging).');
}
