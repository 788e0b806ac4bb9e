/**
 * `node bench/hl7-fhir.ts`: HL7 v2 read as FHIR, from the bytes of a message, on one core: rates by processor time of this
 * process, so that a busy machine disturbs little. What is measured is checked first.
 * Options: --rounds N (7), --seconds N for each task and round (0.5), --only admission|result|reading.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import { parse } from '../src/hl7/index.ts';
import { readHl7, toFhir } from '../src/mapping/hl7-fhir/index.ts';
import { admission } from './hl7-messages.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.5' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const options = { site: 'mercy', timeZone: 'America/Chicago' };

/** Messages of so many that differ in patient, visit and control id, as a feed's do: nothing is remembered whole. */
const MESSAGES = 512;

const observations = 12;
const result = `${[
  'MSH|^~\\&|LAB|MERCY GENERAL|SUTURE|CARELINK|20260131120000-0600||ORU^R01^ORU_R01|4711000123|P|2.5.1',
  'PID|1||203713^^^EPI^MRN||DOE^JOHN^QUINCY||19800412|M',
  'PV1|1|I|4WEST^412^B^MERCY||||1700000002^ATTEND^ANNA^A^^DR.^MD^^NPI||||||||||||700081234^^^EPIC^VN',
  'ORC|RE|5551^EPIC|7771^LAB||CM||||20260131110000-0600',
  'OBR|1|5551^EPIC|7771^LAB|58410-2^CBC panel^LN|||20260131110000-0600|||||||||1700000002^ATTEND^ANNA||||||20260131113000-0600||HM|F',
  ...Array.from(
    { length: observations },
    (_, i) =>
      `OBX|${i + 1}|NM|${10_000 + i}-${i % 10}^Measured quantity ${i + 1}^LN||${(i * 7) % 500}.${i % 10}|10*3/uL^thousand per microlitre^UCUM|4.5-11.0|N|||F|||20260131110000-0600`,
  ),
].join('\r')}\r`;

const varied = (text: string): Buffer[] =>
  Array.from({ length: MESSAGES }, (_, i) =>
    Buffer.from(
      text
        .replace('203713', String(200_000 + i))
        .replace('700081234', String(700_000_000 + i))
        .replace('4711000123', String(4_711_000_000 + i)),
    ),
  );

const admissions = varied(admission.toString());
const results = varied(result);

interface Task {
  readonly name: 'admission' | 'result' | 'reading';
  readonly title: string;
  readonly messages: readonly Buffer[];
  /** Thousands a second that it is to reach; 0: none is set. */
  readonly bar: number;
  /** The number of resources. */
  run(bytes: Buffer): number;
}

const whole = (bytes: Buffer): number => toFhir(parse(bytes), options).bundle.entry.length;
const short = (bytes: Buffer): number => {
  const { patient, encounter, related } = readHl7(parse(bytes), options);
  return related.length + (patient === null ? 0 : 1) + (encounter === null ? 0 : 1);
};

const tasks: readonly Task[] = [
  { name: 'admission', title: 'toFhir of an ADT^A01', messages: admissions, bar: 20, run: whole },
  {
    name: 'result',
    title: `toFhir of an ORU^R01, ${observations} OBX`,
    messages: results,
    bar: 0,
    run: whole,
  },
  { name: 'reading', title: 'readHl7 of the ADT^A01', messages: admissions, bar: 0, run: short },
  { name: 'reading', title: 'readHl7 of the ORU^R01', messages: results, bar: 0, run: short },
];

/** Milliseconds of processor time of this process, its compiler and collector threads included. */
const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

let sink = 0;

/** Thousands of messages a second of processor time. */
function rate({ run, messages }: Task): number {
  const began = spent();
  let count = 0;
  for (;;) {
    for (let i = 0; i < 64; i += 1) sink += run(messages[count++ % MESSAGES] as Buffer);
    const elapsed = spent() - began;
    if (elapsed >= seconds * 1_000) return count / elapsed;
  }
}

const wanted = tasks.filter(({ name }) => values.only === '' || values.only === name);
const figures = new Map<Task, number[]>(wanted.map((task) => [task, []]));

say(
  `${cpus().length} cores (${cpus()[0]?.model}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.version}`,
);
say(`${rounds} rounds in turn, ${seconds} s of processor time each; thousands of messages a second\n`);
for (const task of wanted) rate(task);
for (let round = 0; round < rounds; round += 1)
  for (let i = 0; i < wanted.length; i += 1) {
    const task = wanted[(i + round) % wanted.length] as Task;
    figures.get(task)?.push(rate(task));
  }

say('| | bytes | resources | min | median | max | bar |');
say('|---|---|---|---|---|---|---|');
for (const [task, measured] of figures) {
  const sorted = measured.toSorted((a, b) => a - b);
  const at = (index: number): string => (sorted[index] ?? Number.NaN).toFixed(1);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const first = task.messages[0] as Buffer;
  const bar = task.bar === 0 ? '' : `${task.bar}: ${median >= task.bar ? 'reached' : 'missed'}`;
  say(
    `| ${task.title} | ${first.length} | ${task.run(first)} | ${at(0)} | ${at(Math.floor(sorted.length / 2))} | ${at(sorted.length - 1)} | ${bar} |`,
  );
}
if (sink === 0) say('Nothing was read.');
