/** A small value that outlives the process and is shared by all nodes; given by whoever owns the store. */
import type { Clock, Json } from '../../std/index.ts';

export interface SharedSlot {
  /** `now`: the one clock that all nodes judge times in it by, milliseconds since 1970. Version 0: it was never written. */
  read(): Promise<{ readonly value: Json; readonly version: number; readonly now: number }>;
  /** False: it is no longer as it was read, and nothing was changed. */
  swap(expect: number, value: Json): Promise<boolean>;
}

/** One that only this process knows, and forgets with it. */
export function ownSlot(clock: Clock): SharedSlot {
  let value: Json = null;
  let version = 0;
  return {
    read: async () => ({ value, version, now: clock.now() }),
    async swap(expect, next) {
      if (expect !== version) return false;
      value = next;
      version += 1;
      return true;
    },
  };
}
