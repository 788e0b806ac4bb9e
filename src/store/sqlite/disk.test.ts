import { expect, test } from 'vitest';
import { type Log, openPipeline } from './disk.ts';

/** A log whose syncs end when the test says so. */
function slowLog() {
  const waiting: ((error: Error | null) => void)[] = [];
  const log: Log = { sync: (done) => void waiting.push(done), close: () => undefined };
  return {
    log,
    syncing: () => waiting.length,
    end: (error: Error | null = null) => waiting.shift()?.(error),
  };
}

function bench() {
  const told: string[] = [];
  let turns = 0;
  const disk = slowLog();
  const pipeline = openPipeline(() => void turns++);
  const push = (name: string, changed = true): void =>
    pipeline.push({
      changed,
      log: disk.log,
      ended: (error) => told.push(error ? `${name} refused` : name),
    });
  return { told, pipeline, push, disk, turns: () => turns };
}

test('a group is told of when a sync that began after it has ended, not before', () => {
  const { told, push, disk } = bench();
  push('a');
  push('b');
  expect([told, disk.syncing()]).toEqual([[], 1]);
  disk.end();
  // The sync of a began before b was written: b needs one of its own.
  expect([told, disk.syncing()]).toEqual([['a'], 1]);
  disk.end();
  expect(told).toEqual(['a', 'b']);
});

test('one group may be run while another is on its way, and no more', () => {
  const { pipeline, push, disk, turns } = bench();
  expect(pipeline.free).toBe(true);
  push('a');
  expect(pipeline.free).toBe(true);
  push('b');
  expect(pipeline.free).toBe(false);
  disk.end();
  expect([pipeline.free, turns()]).toEqual([true, 1]);
});

test('what was built on a group that the disk refused is refused with it', () => {
  const { told, push, disk } = bench();
  push('a');
  push('b');
  disk.end(new Error('EIO'));
  expect([told, disk.syncing()]).toEqual([['a refused', 'b refused'], 0]);
  push('c');
  disk.end();
  expect(told.at(-1)).toBe('c');
});

test('a group that changed nothing waits for those before it, and for no sync', () => {
  const { told, push, disk } = bench();
  push('asks', false);
  expect(told).toEqual(['asks']);
  push('a');
  push('asks again', false);
  expect(told).toEqual(['asks']);
  disk.end();
  expect([told, disk.syncing()]).toEqual([['asks', 'a', 'asks again'], 0]);
});

test('whoever waits for the end is told when nothing is on its way', () => {
  const { pipeline, push, disk } = bench();
  const idle: number[] = [];
  pipeline.whenIdle(() => idle.push(1));
  push('a');
  push('b');
  pipeline.whenIdle(() => idle.push(2));
  disk.end();
  expect(idle).toEqual([1]);
  disk.end();
  expect(idle).toEqual([1, 2]);
});
