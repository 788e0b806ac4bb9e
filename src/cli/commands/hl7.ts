/** `suture hl7`: the tools for HL7 v2 messages. */
import type { Command } from 'commander';
import { addAck } from './hl7/ack.ts';
import { addBuild } from './hl7/build.ts';
import { addDiff } from './hl7/diff.ts';
import { addFromFhir } from './hl7/from-fhir.ts';
import { addGet } from './hl7/get.ts';
import { addJson } from './hl7/json.ts';
import { addLearn } from './hl7/learn.ts';
import { addParse } from './hl7/parse.ts';
import { addSet } from './hl7/set.ts';
import { addSplit } from './hl7/split.ts';
import { processTerminal, type Terminal } from './hl7/terminal.ts';
import { addToFhir } from './hl7/to-fhir.ts';
import { addValidate } from './hl7/validate.ts';

/** @param terminal Where the commands read and write: this process's own unless a test gives another. */
export function addHl7(program: Command, terminal: Terminal = processTerminal): void {
  const hl7 = program
    .command('hl7')
    .description('read, change, check and convert HL7 v2 messages')
    .addHelpText(
      'after',
      '\nA folder gives its .hl7 and .txt files and those below it, a batch file all its messages, - standard input.' +
        '\nResults go to standard output; findings and progress go to standard error.',
    );
  for (const add of [
    addParse,
    addGet,
    addSet,
    addValidate,
    addJson,
    addBuild,
    addAck,
    addToFhir,
    addFromFhir,
    addLearn,
    addDiff,
    addSplit,
  ]) {
    add(hl7, terminal);
  }
}
