/** A store as a process of its own, on a disk that its parent can make fail. Does what it is asked, one thing at a time. */
import { openSqliteStore } from '../../src/store/index.ts';
import { delivery, message, T0, unit } from '../../src/store/stories/data.ts';

const folder = process.env.CRASH_FOLDER as string;
const store = await openSqliteStore({ folder, masterKey: Buffer.alloc(32, 7) });

const acts: Readonly<Record<string, (value: number) => Promise<unknown>>> = {
  /** So many messages, one after the other, each in a lane of its own. */
  async append(count) {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) {
      const [kept] = await store.append(unit([message({ deliveries: [delivery([`l${at}`])] })]));
      ids.push(kept?.messageId as string);
    }
    return ids;
  },
  lease: async (limit) =>
    (await store.lease({ now: T0 + 1, limit })).map((one) => ({
      id: one.message.id,
      flagged: one.delivery.possibleDuplicate,
    })),
  /** An append and a lease that share the work of the disk. */
  both: (limit) =>
    Promise.allSettled([store.append(unit([message()])), store.lease({ now: T0 + 1, limit })]).then((all) =>
      all.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'done')),
    ),
};

process.on('message', async ({ act, value }: { act: string; value: number }) => {
  try {
    process.send?.({ value: await acts[act]?.(value) });
  } catch (error) {
    process.send?.({ code: (error as { code?: string }).code ?? String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ value: 'open' });
