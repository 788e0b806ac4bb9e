/** What the stories work with: a store, and ways to stop it. */
import { afterEach, beforeEach } from 'vitest';
import type { Store } from '../contract.ts';

export * from './data.ts';

export interface Bench {
  /** The store at work. */
  readonly store: Store;
  /** Closes it and opens it again. */
  reopen(): Promise<Store>;
  /** As if the process had died at this instant: what is on disk now is opened by another. */
  crash(): Promise<Store>;
  dispose(): Promise<void>;
}

export type FreshBench = () => Promise<Bench>;

/** A bench for each test of the block. */
export function benchForEach(fresh: FreshBench): { readonly store: Store; readonly bench: Bench } {
  let bench: Bench;
  beforeEach(async () => {
    bench = await fresh();
  });
  afterEach(() => bench.dispose());
  return {
    get bench() {
      return bench;
    },
    get store() {
      return bench.store;
    },
  };
}
