/** What goes by the clock alone: flows that start at times, and retention. */
import { type RetentionOptions, startRetention } from './retention.ts';
import { type SchedulesOptions, startSchedules } from './schedules.ts';

export function startClockwork(options: RetentionOptions & SchedulesOptions): { stop(): Promise<void> } {
  const parts = [startSchedules(options), startRetention(options)];
  return {
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
