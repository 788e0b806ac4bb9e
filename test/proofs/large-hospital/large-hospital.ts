/** A hospital of any size lives through some hours of a natural day, in memory that only what changes takes up. */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts';

export interface LargeHospitalOptions {
  readonly patients: number;
  readonly hours: number;
  /** How many whole charts are read before and after, spread over the population. */
  readonly charts: number;
  readonly seed: string;
}

/** What was seen. Sizes are bytes of the JavaScript heap after a collection. */
export interface LargeHospital {
  readonly heapOfEmpty: number;
  readonly heapWhenMade: number;
  readonly heapAfterReading: number;
  readonly heapAfterHours: number;
  readonly resident: number;
  readonly makingMs: number;
  readonly livingMs: number;
  readonly readingMs: number;
  readonly recordsRead: number;
  /** People and records that are kept because they changed or came. */
  readonly kept: number;
  readonly changes: number;
  /** Of every change and of the charts that were read: the same for the same seed. */
  readonly digest: string;
  /** Charts whose history read differently after the hours than before, though nothing had changed in them. */
  readonly wavering: number;
}

// 2026-05-12 is a Tuesday; 12:00 UTC is 07:00 in Chicago.
const now = Date.UTC(2026, 4, 12, 12);
const firstMrn = 203_700;

export async function largeHospital(options: LargeHospitalOptions): Promise<LargeHospital> {
  const { patients, hours, charts, seed } = options;
  const collect = collector();
  const heapOfEmpty = collect();
  const begun = performance.now();
  const hospital = await createSimulator({ seed, patients, now, eventsPerMinute: 'natural' });
  const makingMs = performance.now() - begun;
  try {
    const heapWhenMade = collect();
    const hash = createHash('sha256');
    const chosen = Array.from({ length: charts }, (_, index) =>
      String(firstMrn + 1 + Math.floor((index * patients) / charts)),
    );
    const reading = performance.now();
    let recordsRead = 0;
    const before = chosen.map((mrn) => {
      const text = chartOf(hospital, mrn);
      recordsRead += text.count;
      return text.digest;
    });
    const readingMs = performance.now() - reading;
    const heapAfterReading = collect();

    const living = performance.now();
    let sequence = 0;
    for (let hour = 0; hour < hours; hour += 1) {
      hospital.advance(3_600_000);
      for (const change of hospital.changes(sequence)) {
        sequence = change.sequence;
        hash.update(JSON.stringify(change));
      }
    }
    const livingMs = performance.now() - living;
    let wavering = 0;
    for (const [index, mrn] of chosen.entries()) {
      const { digest, changed } = chartOf(hospital, mrn);
      if (!changed && digest !== before[index]) wavering += 1;
      hash.update(digest);
    }
    const heapAfterHours = collect();
    const state = (await (await fetch(hospital.adminUrl)).json()) as { counts: { kept: number } };
    return {
      heapOfEmpty,
      heapWhenMade,
      heapAfterReading,
      heapAfterHours,
      resident: process.memoryUsage().rss,
      makingMs,
      livingMs,
      readingMs,
      recordsRead,
      kept: state.counts.kept,
      changes: sequence,
      digest: hash.digest('hex'),
      wavering,
    };
  } finally {
    await hospital.close();
  }
}

function chartOf(hospital: Simulator, mrn: string): { digest: string; count: number; changed: boolean } {
  const hash = createHash('sha256');
  const truth = hospital.truth({ patient: mrn });
  for (const each of truth) hash.update(JSON.stringify(each));
  return {
    digest: hash.digest('hex'),
    count: truth.length,
    changed: truth.some(({ log }) => log.length > 0),
  };
}

/** Collects garbage and tells how much of the heap is in use. */
function collector(): () => number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return () => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
}
