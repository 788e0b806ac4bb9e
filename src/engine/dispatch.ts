/**
 * Takes heads of lanes that are due and runs them side by side, as many as there are workers. It asks the
 * store only when something has changed that could make a head due: a commit, a settlement, a time.
 */
import type { Clock } from '../std/index.ts';
import type { Leased, Settlement, Store } from '../store/index.ts';

export interface DispatchOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Deliveries in hand at once. */
  readonly workers: number;
  readonly deliver: (leased: Leased) => Promise<Settlement | 'stale'>;
  /** What was given back until later stands in its lane again. */
  readonly givenBack: (deliveryId: string) => void;
  /** The store has it. */
  readonly settled?: (leased: Leased, settlement: Settlement) => Promise<void>;
  readonly changed: () => void;
  readonly broken: (error: unknown) => void;
}

export interface Dispatch {
  /** Something may be due: a message was kept, a delivery was released. */
  nudge(): void;
  start(): void;
  /** Takes no more; resolves when what is in hand has been settled. */
  stop(): Promise<void>;
  readonly inHand: number;
}

/** With nothing due, look again after this long at the latest: the clock may have been set. */
const LONGEST_SLEEP = 30_000;
const AFTER_A_STORE_FAILURE = 1_000;

const untried = ({ delivery, epoch }: Leased, at: number): Settlement => ({
  deliveryId: delivery.id,
  epoch,
  at,
  ms: 0,
  steps: [],
  to: 'given back',
});

export function createDispatch(options: DispatchOptions): Dispatch {
  const { store, clock } = options;
  let running = false;
  let inHand = 0;
  /** Done, and on the way to the store. */
  let settling = 0;
  let leasing = false;
  let hint = false;
  let timeHasCome = true;
  let pausing = false;
  let cancelTimer: (() => void) | null = null;
  let idle: (() => void) | null = null;

  function sleepUntil(due: number | null): void {
    cancelTimer?.();
    const ms = due === null ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, Math.max(0, due - clock.now()));
    cancelTimer = clock.after(ms, () => {
      timeHasCome = true;
      hint = true;
      void turn();
    });
  }

  async function turn(): Promise<void> {
    if (leasing || pausing || !running) return;
    leasing = true;
    try {
      while (running && hint && inHand < options.workers) {
        hint = false;
        const room = options.workers - inHand;
        const now = clock.now();
        if (timeHasCome) {
          timeHasCome = false;
          await store.wake({ now });
        }
        const leased = await store.lease({ now, limit: room });
        if (leased.length === room) hint = true;
        for (const one of leased) void work(one);
      }
      if (running && !hint) {
        const due = await store.nextDue();
        // A sleeper's time may have come by now, or have been past when it fell asleep.
        if (due !== null && due <= clock.now()) hint = timeHasCome = true;
        else sleepUntil(due);
      }
    } catch (error) {
      options.broken(error);
      pausing = true;
      cancelTimer?.();
      cancelTimer = clock.after(AFTER_A_STORE_FAILURE, () => {
        pausing = false;
        hint = true;
        timeHasCome = true;
        void turn();
      });
    } finally {
      leasing = false;
      endWhenIdle();
    }
    if (hint && inHand < options.workers) void turn();
  }

  async function work(leased: Leased): Promise<void> {
    inHand++;
    let settled: Promise<void> | undefined;
    try {
      // Leased in the moment that it was told to stop: back it goes, untried.
      const settlement = running ? await options.deliver(leased) : untried(leased, clock.now());
      if (settlement !== 'stale') settled = settleSurely(leased, settlement);
    } catch (error) {
      options.broken(error);
    }
    inHand--;
    settling++;
    // The next lease goes to the store right behind the settlement and shares its commit: the store takes them in order.
    hint = true;
    if (running) void turn();
    await settled;
    settling--;
    options.changed();
    // What settled may have made another head due: a lane has moved.
    hint = true;
    if (running) void turn();
    else endWhenIdle();
  }

  function endWhenIdle(): void {
    if (!running && inHand === 0 && settling === 0 && !leasing) idle?.();
  }

  /**
   * What was done must be recorded, or it would be done again: while the store fails, keep the settlement
   * and try. If the engine stops first, the delivery is still `running` on disk and comes back flagged.
   */
  async function settleSurely(leased: Leased, settlement: Settlement): Promise<void> {
    for (;;) {
      try {
        await store.settle(settlement);
        if (settlement.to === 'given back' || settlement.to === 'waiting')
          options.givenBack(settlement.deliveryId);
        if (settlement.to === 'held') await options.settled?.(leased, settlement);
        return;
      } catch (error) {
        options.broken(error);
        if (!running) return;
        await new Promise<void>((resolve) => void clock.after(AFTER_A_STORE_FAILURE, resolve));
      }
    }
  }

  return {
    nudge() {
      hint = true;
      if (running) void turn();
    },
    start() {
      running = true;
      hint = true;
      void turn();
    },
    stop() {
      running = false;
      cancelTimer?.();
      if (inHand === 0 && settling === 0 && !leasing) return Promise.resolve();
      return new Promise((resolve) => {
        idle = resolve;
      });
    },
    get inHand() {
      return inHand;
    },
  };
}
