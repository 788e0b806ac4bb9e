/**
 * The stories that every store must pass. Run them on an implementation with
 * `storeContract('sqlite', freshBench)`; see `sqlite/sqlite.test.ts`.
 */
import { describe } from 'vitest';
import type { FreshBench } from './stories/bench.ts';
import { deadStories } from './stories/dead.ts';
import { deploymentStories } from './stories/deployments.ts';
import { exchangeStories } from './stories/exchanges.ts';
import { historyStories } from './stories/history.ts';
import { intakeStories } from './stories/intake.ts';
import { keepingStories } from './stories/keeping.ts';
import { laneStories } from './stories/lanes.ts';
import { manyStories } from './stories/many.ts';
import { randomStories } from './stories/random.ts';
import { readingStories } from './stories/reading.ts';
import { replayingStories } from './stories/replaying.ts';
import { sleepingStories } from './stories/sleeping.ts';
import { slotStories } from './stories/slots.ts';
import { stuckStories } from './stories/stuck.ts';
import { workingStories } from './stories/working.ts';
import { writeStories } from './stories/writes.ts';

export function storeContract(name: string, fresh: FreshBench): void {
  describe(`the store contract on ${name}`, () => {
    describe('intake', () => intakeStories(fresh));
    describe('lanes', () => laneStories(fresh));
    describe('working', () => workingStories(fresh));
    describe('standing still', () => stuckStories(fresh));
    describe('sleeping', () => sleepingStories(fresh));
    describe('writes at other systems', () => writeStories(fresh));
    describe('reading', () => readingStories(fresh));
    describe('the dead', () => deadStories(fresh));
    describe('keeping', () => keepingStories(fresh));
    describe('deployments', () => deploymentStories(fresh));
    describe('answers in the request', () => exchangeStories(fresh));
    describe('slots', () => slotStories(fresh));
    describe('history', () => historyStories(fresh));
    describe('many messages', () => manyStories(fresh));
    describe('anything at all', () => randomStories(fresh));
    describe('a history of dead letters', () => replayingStories(fresh));
  });
}
