/**
 * `node bench/hl7.ts`: the codec beside other libraries, in one process, round by round in turn, by processor time of
 * this process, so that a busy machine disturbs all alike. What a library answers is checked before it is timed.
 * Options: --rounds N (5), --seconds N for each library and round (0.5), --only ten|observations|edit|large.
 */
import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import { FrameScanner, parse } from '../src/hl7/index.ts';
import { installedVersion, type Library, libraries } from './hl7-libraries.ts';
import {
  admission,
  editedAdmission,
  largeFrame,
  observationAnswers,
  result,
  tenAnswers,
  tenPlaces,
} from './hl7-messages.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.5' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const wanted = (part: string): boolean => values.only === '' || values.only === part;
const say = (text = ''): void => void process.stdout.write(`${text}\n`);

/** Nothing that is measured may be left out by the compiler. */
let sink = 0;

/** Milliseconds of processor time of this process, its compiler and collector threads included. */
const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

function perSecond(work: () => { readonly length: number }): number {
  const began = spent();
  let count = 0;
  let batch = 1;
  let elapsed = 0;
  while (elapsed < seconds * 1_000) {
    for (let i = 0; i < batch; i += 1) sink += work().length;
    count += batch;
    elapsed = spent() - began;
    // The clock is asked about once in 5 ms: it costs as much as a small message.
    if (elapsed < 5) batch *= 2;
    else batch = Math.max(1, Math.ceil((count / elapsed) * 5));
  }
  return (count / elapsed) * 1_000;
}

const spread = (figures: readonly number[], shown: (figure: number) => string): string => {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (index: number): string => shown(sorted[index] ?? Number.NaN);
  return `${at(0)} / ${at(Math.floor(sorted.length / 2))} / ${at(sorted.length - 1)}`;
};
const rate = (figure: number): string =>
  figure >= 10_000 ? `${(figure / 1_000).toFixed(1)}k` : figure.toFixed(0);
const times = (figure: number): string => `${figure.toFixed(2)} x`;

interface Task {
  readonly name: 'ten' | 'observations' | 'edit';
  readonly title: string;
  readonly bytes: Buffer;
  readonly bar: number;
  run(library: Library): { readonly length: number };
  /** What is wrong with an answer; `''` when it is right. */
  fault(answer: unknown): string;
}

function listFault(answer: unknown, right: readonly string[]): string {
  if (!Array.isArray(answer)) return 'no list';
  const wrong = right.findIndex((each, i) => String(answer[i]) !== each);
  if (wrong >= 0) return `answer ${wrong + 1} is ${JSON.stringify(answer[wrong])}, not ${right[wrong]}`;
  return answer.length === right.length ? '' : `${answer.length} answers, not ${right.length}`;
}

const tasks: readonly Task[] = [
  {
    name: 'ten',
    title: `Ten fields from the bytes of an admission (${admission.length} bytes), messages/s`,
    bytes: admission,
    bar: 3,
    run: (library) => library.ten(admission),
    fault: (answer) => listFault(answer, tenAnswers),
  },
  {
    name: 'observations',
    title: `OBX-3.1 and OBX-5 of 500 observations (${result.length} bytes), messages/s`,
    bytes: result,
    bar: 3.5,
    run: (library) => library.observations(result),
    fault: (answer) => listFault(answer, observationAnswers),
  },
  {
    name: 'edit',
    title: 'PID-8 of the admission set and written back to bytes, messages/s',
    bytes: admission,
    bar: 3,
    run: (library) => library.edit(admission),
    fault(answer) {
      const bytes = Buffer.from(answer as Uint8Array);
      if (bytes.equals(editedAdmission)) return '';
      if (bytes.equals(editedAdmission.subarray(0, -1))) return 'the last CR is lost';
      if (
        bytes.toString().trim().replace(/\|+$/gm, '') ===
        editedAdmission.toString().trim().replace(/\|+$/gm, '')
      )
        return 'empty fields at the end are lost';
      return 'other bytes changed, too';
    },
  },
];

interface PythonAnswer {
  readonly answer: unknown;
  readonly perSecond: number;
  readonly version: string;
}

/** python3-hl7 in a process of its own; undefined where it is not installed. */
function python(task: Task, length: number): PythonAnswer | undefined {
  const request = {
    task: task.name,
    seconds: length,
    places: tenPlaces,
    bytes: task.bytes.toString('base64'),
  };
  const ran = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'hl7-python.py')], {
    input: JSON.stringify(request),
    encoding: 'utf8',
  });
  return ran.status === 0 ? (JSON.parse(ran.stdout) as PythonAnswer) : undefined;
}

say(
  `${cpus().length} cores (${cpus()[0]?.model}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.version}`,
);
say(`${rounds} rounds in turn, ${seconds} s of processor time each; min / median / max`);

for (const task of tasks.filter(({ name }) => wanted(name))) {
  const figures = new Map<string, number[]>(libraries.map(({ name }) => [name, []]));
  const faults = new Map<string, string>();
  const running: Library[] = [];
  for (const library of libraries) {
    if (library.name === 'suture/hl7, paths parsed before' && task.name !== 'ten') continue;
    try {
      faults.set(library.name, task.fault(task.run(library)));
      running.push(library);
    } catch (error) {
      faults.set(library.name, `throws ${String(error).slice(0, 80)}`);
    }
  }
  for (const library of running) perSecond(() => task.run(library));
  const outsider = python(task, 0);
  if (outsider !== undefined) {
    const answer = task.name === 'edit' ? Buffer.from(String(outsider.answer), 'base64') : outsider.answer;
    faults.set('python3-hl7', task.fault(answer));
    figures.set('python3-hl7', []);
  }
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`${task.name}: round ${round} of ${rounds}\n`);
    // Each round begins with another library, so that none is always the one after the collector's.
    for (let i = 0; i < running.length; i += 1) {
      const library = running[(i + round) % running.length] as Library;
      figures.get(library.name)?.push(perSecond(() => task.run(library)));
    }
    if (outsider !== undefined)
      figures.get('python3-hl7')?.push(python(task, seconds)?.perSecond ?? Number.NaN);
  }
  const own = figures.get('suture/hl7') ?? [];
  say(`\n${task.title}; at least ${task.bar} times @medplum/core\n`);
  say('| library | messages/s | suture/hl7 is faster by | its answer |');
  say('|---|---|---|---|');
  for (const [name, measured] of figures) {
    const fault = faults.get(name);
    if (fault === undefined) continue;
    const ratios = measured.map((figure, i) => (own[i] ?? Number.NaN) / figure);
    say(
      `| ${name} ${installedVersion(name) || (name === 'python3-hl7' ? (outsider?.version ?? '') : '')} | ${spread(measured, rate)} | ${spread(ratios, times)} | ${fault || 'right'} |`,
    );
  }
  if (outsider === undefined) say('python3-hl7 is not here (Debian: apt-get install python3-hl7).');
}

if (wanted('large')) {
  const large = new Map(
    [10, 20, 40].map((megabytes) => [megabytes, { frame: largeFrame(megabytes), ms: [] as number[] }]),
  );
  const ratios: number[] = [];
  // Twenty passes in a row, all of whose processor time counts: that of the collector's threads, too, which give the
  // memory of one pass back during another.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { frame, ms } of large.values()) {
      const began = spent();
      for (let pass = 0; pass < 20; pass += 1) {
        const scanner = new FrameScanner({ maxFrameBytes: 128 * 2 ** 20 });
        let last: string | undefined;
        for (let at = 0; at < frame.length; at += 65_536)
          for (const event of scanner.push(frame.subarray(at, at + 65_536)))
            if (event.kind === 'frame') last = parse(event.bytes).get('PV1-2');
        if (last !== 'LAST') throw new Error('the large message was not read to its end');
        sink += last.length;
      }
      const each = (spent() - began) / 20;
      // The first round warms up.
      if (round > 0) ms.push(each);
    }
    if (round > 0) ratios.push((large.get(20)?.ms.at(-1) ?? 0) / (large.get(10)?.ms.at(-1) ?? 0));
  }
  say('\nOne message in an MLLP frame, in 64 KB chunks, through the frame scanner and to its last segment\n');
  for (const [megabytes, { ms }] of large)
    say(`- ${megabytes} MB: ${spread(ms, (figure) => `${figure.toFixed(1)} ms`)}`);
  say(`- 20 MB takes ${spread(ratios, times)} the time of 10 MB; at most 2.2 x`);
  say('  (one copy is made, when the frame is whole; lines become text when they are read)');
}

if (sink === 0) throw new Error('nothing was measured');
