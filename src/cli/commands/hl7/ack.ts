/** `suture hl7 ack`: the acknowledgement of a message. */
import type { Command } from 'commander';
import {
  type AckCode,
  type AckFault,
  acksOwed,
  buildAck,
  isAck,
  parse,
  path as readPath,
} from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { newControlId } from './control-id.ts';
import { exitsWith } from './exit-codes.ts';
import { MessageRun } from './message-run.ts';
import { badUsage, told } from './refusal.ts';
import { action, type Terminal, write, writeJson } from './terminal.ts';

interface Options {
  readonly code: string;
  readonly text?: string;
  readonly error?: string;
  readonly at?: string;
  readonly controlId?: string;
  readonly time?: string;
  readonly json?: boolean;
}

const outcomes = { A: 'accept', E: 'error', R: 'reject' } as const;

export function addAck(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('ack')
    .description('print the acknowledgement of a message')
    .argument('<file>', 'a file, a folder, or - for standard input')
    .option('--code <code>', 'AA, AE, AR, CA, CE or CR', 'AA')
    .option('--text <text>', 'MSA-3: one line for a person, 80 characters at most, without patient data')
    .option('--error <code>', 'the error by HL7 table 0357, such as 101 (required field missing)')
    .option('--at <path>', 'where the error is, such as PID-3 or OBX[2]-5.1')
    .option('--control-id <id>', 'MSH-10 of the acknowledgement (made when left out)')
    .option('--time <time>', 'MSH-7, such as 20260131120000+0000 (now)')
    .option('--json', 'one JSON object a message: its control id, the code, and the acknowledgement')
    .action(action(terminal, (file: string, options: Options) => acknowledge(terminal, file, options)));
  exitsWith(command, 'when a message is an acknowledgement itself, which is never acknowledged');
}

async function acknowledge(terminal: Terminal, file: string, options: Options): Promise<ExitCode> {
  const code = ackCode(options.code);
  const errors = faults(options);
  const run = new MessageRun(terminal, [file], options);
  let fine = true;
  let made = 0;
  for await (const found of run.messages()) {
    const message = parse(found.bytes);
    const { header } = message;
    if (isAck(header)) {
      fine = false;
      await run.tell(found, {
        rule: 'ack-of-ack',
        where: 'MSH-9',
        text: 'This is an acknowledgement, and none is sent for it.',
        fix: 'Give the message that it answers.',
      });
      continue;
    }
    if (!message.usable)
      await run.tell(found, {
        rule: 'no-header',
        where: '',
        text: message.reason ?? 'There is no usable MSH.',
      });
    const outcome = outcomes[code.charAt(1) as 'A' | 'E' | 'R'];
    const owed = acksOwed(header, { stored: code.startsWith('C') ? outcome : 'accept', applied: outcome });
    if (owed[code.startsWith('C') ? 'commit' : 'application'] === undefined && message.usable)
      await run.tell(found, {
        rule: 'ack-not-expected',
        where: 'MSH-15, MSH-16',
        text: `By these fields the sender does not expect ${code}.`,
        fix: 'Ask the sender, or answer as they say.',
      });
    made += 1;
    const controlId = options.controlId === undefined ? newControlId() : numbered(options.controlId, made);
    const time = options.time ?? new Date(terminal.clock.now());
    const ack = buildAck(found.bytes, {
      code,
      controlId,
      time,
      ...(options.text === undefined ? {} : { text: options.text }),
      ...(errors.length === 0 ? {} : { errors }),
    });
    if (options.json)
      await writeJson(terminal.output, {
        message: found.name,
        acknowledges: header.controlId,
        code,
        text: parse(ack).toString(),
      });
    else await write(terminal.output, ack);
  }
  await run.finish();
  return fine && run.unreadable === 0 ? 0 : 1;
}

/** The first has the id as it was given, so that one message is answered exactly as it was said. */
const numbered = (id: string, nth: number): string => (nth === 1 ? id : `${id}-${nth}`);

function ackCode(code: string): AckCode {
  const wanted = code.toUpperCase();
  if (/^[AC][AER]$/.test(wanted)) return wanted as AckCode;
  throw badUsage(`--code is "${code}".`, 'Give AA, AE, AR, CA, CE or CR.');
}

function faults({ error, at, text }: Options): readonly AckFault[] {
  if (error === undefined && at === undefined) return [];
  const fault = { ...(error === undefined ? {} : { code: error }), ...(text === undefined ? {} : { text }) };
  if (at === undefined) return [fault];
  try {
    const { segment, segments, field, repetitions, component } = readPath(at);
    return [
      {
        ...fault,
        segment,
        segmentSequence: Math.max(1, segments.index),
        ...(field > 0 ? { field } : {}),
        ...(repetitions.index > 0 ? { repetition: repetitions.index } : {}),
        ...(component > 0 ? { component } : {}),
      },
    ];
  } catch (cause) {
    throw told(cause, '');
  }
}
