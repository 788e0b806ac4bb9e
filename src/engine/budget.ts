/**
 * A site's request budget: one rate for all its connections, pollers and flows, on all nodes. Who asks for themselves (a
 * person) goes first; everybody else waits in the order in which they came.
 */
import type { Budget } from '../connectors/index.ts';
import type { Clock } from '../std/index.ts';
import { allowanceOf, answered, drawn, filled, freshRate, slowed } from './budget-rate.ts';

/** Where requests are allowed from: this process alone, or a store that several nodes share. */
export interface BudgetSource {
  /** As many as may go now, at most `want`, and when to ask again if that was not enough; milliseconds. */
  draw(want: { readonly flows: number; readonly people: number }): Drawn | Promise<Drawn>;
  slow(ms: number | undefined): void;
  answered(ms: number): void;
}

export interface Drawn {
  readonly flows: number;
  readonly people: number;
  readonly again: number;
}

/** @param perSecond Requests a second that the site record allows. */
export function ownSource(clock: Clock, perSecond: number): BudgetSource {
  const allowance = allowanceOf(perSecond);
  let rate = freshRate(allowance, clock.elapsed());
  return {
    draw(want) {
      const now = clock.elapsed();
      const { rate: next, ...given } = drawn(filled(rate, allowance, now), allowance, want, now);
      rate = next;
      return given;
    },
    slow(ms) {
      const now = clock.elapsed();
      rate = slowed(filled(rate, allowance, now), allowance, now, ms);
    },
    answered(ms) {
      rate = answered(rate, allowance, clock.elapsed(), ms);
    },
  };
}

interface Waiting {
  resolve(): void;
  stop(): void;
}

/** @param source Left out: this process alone. */
export function siteBudget(clock: Clock, perSecond: number, source = ownSource(clock, perSecond)): Budget {
  const people: Waiting[] = [];
  const flows: Waiting[] = [];
  let cancelTimer: (() => void) | null = null;
  let drawing = false;
  let again = false;

  function give(queue: Waiting[], count: number): void {
    for (const next of queue.splice(0, count)) {
      next.stop();
      next.resolve();
    }
  }

  function take({ people: forPeople, flows: forFlows, again: wait }: Drawn): void {
    give(people, forPeople);
    give(flows, forFlows);
    if (people.length + flows.length > 0) cancelTimer = clock.after(Math.max(1, wait), serve);
  }

  function serve(): void {
    cancelTimer?.();
    cancelTimer = null;
    if (drawing) {
      again = true;
      return;
    }
    if (people.length + flows.length === 0) return;
    const given = source.draw({ people: people.length, flows: flows.length });
    if (!(given instanceof Promise)) {
      take(given);
      return;
    }
    drawing = true;
    again = false;
    given
      // A store that fails gives nothing: nobody is asked faster than was agreed for that.
      .catch(() => ({ people: 0, flows: 0, again: 1_000 }))
      .then((drawn) => {
        drawing = false;
        take(drawn);
        if (again) serve();
      });
  }

  return {
    take(signal, who = 'flow') {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const queue = who === 'person' ? people : flows;
        const leave = (): void => {
          const index = queue.indexOf(entry);
          if (index >= 0) queue.splice(index, 1);
          reject(signal.reason);
        };
        const entry: Waiting = { resolve, stop: () => signal.removeEventListener('abort', leave) };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(entry);
        serve();
      });
    },
    slow(ms) {
      source.slow(ms);
      serve();
    },
    answered: (ms) => source.answered(ms),
  };
}
