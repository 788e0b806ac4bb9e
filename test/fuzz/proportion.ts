/**
 * Run by `proportion.test.ts` with --expose-gc: what a message and all that was read from it keep in memory, as a
 * multiple of its bytes, for bytes that were made to cost much. Prints JSON.
 */
import { parse, splitMessages } from '../../src/hl7/index.ts';
import { hostile } from './hostile.ts';

const collect = globalThis.gc;
if (collect === undefined) throw new Error('run it with --expose-gc');

function used(): number {
  collect?.();
  collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function retained(bytes: Buffer): number {
  const before = used();
  const message = parse(bytes);
  const segments = message.segments();
  const kept: unknown[] = [
    message,
    message.findings,
    message.header,
    segments,
    segments.map((segment) => segment.get('2.1')),
    splitMessages(bytes),
  ];
  message.get('PID-5.1');
  const grown = used() - before;
  return kept.length > 0 ? grown / bytes.length : 0;
}

const size = 400_000;
retained(Buffer.from('MSH|^~\\&|A\rPID|1\r'));
const ratios = Object.entries(hostile).map(([about, make]) => [
  about,
  retained(Buffer.from(make(size), 'latin1')),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(ratios)));
