/** A kept message with what its deliveries were answered: of the running engine, or of its folder. The reading is recorded. */
import type { MessageDetail, Revealed } from '../api/index.ts';
import type { Format } from '../message/index.ts';
import { type Json, systemClock } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { person } from './person.ts';

export interface Kept {
  readonly site: string;
  readonly connection: string;
  readonly format: Format;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The newest delivery of each flow comes last. */
  readonly deliveries: readonly {
    readonly id: string;
    readonly flow: string;
    /** By step, as remembered. */
    readonly steps: readonly { readonly step: string; readonly output: Json }[];
  }[];
}

export interface KeptDesk {
  /** `null`: there is no such message, or its bytes are no longer kept. */
  kept(messageId: string): Promise<Kept | null>;
}

export function engineKept(ask: (path: string, body?: unknown) => Promise<Response>): KeptDesk {
  return {
    async kept(messageId) {
      const place = `/api/messages/${encodeURIComponent(messageId)}`;
      const found = await ask(place);
      if (!found.ok) return null;
      const { message, deliveries } = (await found.json()) as MessageDetail;
      const raw = await ask(`${place}/raw`);
      if (!raw.ok) return null;
      const bytes = new Uint8Array(await raw.arrayBuffer());
      const revealed = (await (await ask(`${place}/reveal`, { what: 'content' })).json()) as Revealed;
      const steps = new Map(revealed.deliveries.map((one) => [one.id, one.steps]));
      const { site, connection, format, type } = message;
      return {
        ...{ site, connection, format, type, bytes },
        deliveries: deliveries.map(({ delivery: { id, flow } }) => ({
          id,
          flow,
          steps: (steps.get(id) ?? []).map(({ step, output }) => ({ step, output: output as Json })),
        })),
      };
    },
  };
}

export function folderKept(store: Store): KeptDesk {
  return {
    async kept(messageId) {
      const found = await store.message(messageId);
      if (found === null) return null;
      await store.audit([{ at: systemClock.now(), who: person(), act: 'message.reveal', on: messageId }]);
      const bytes = await store.payload(messageId);
      if (bytes === null) return null;
      const { site, connection, format, type } = found.message;
      const deliveries = [];
      for (const { id, flow } of found.deliveries) {
        const history = await store.history(id);
        const steps = (history?.steps ?? []).map(({ step, output }) => ({ step, output: output as Json }));
        deliveries.push({ id, flow, steps });
      }
      return { site, connection, format, type, bytes, deliveries };
    },
  };
}
