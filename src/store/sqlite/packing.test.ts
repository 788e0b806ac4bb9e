import { expect, test } from 'vitest';
import type { Append } from '../contract.ts';
import { delivery, message, unit } from '../stories/data.ts';
import { packAppend, packAppended, type Slot, unpackAppend, unpackAppended } from './packing.ts';

/** There and back, as text between. */
function carried(all: Append): Append {
  const parts: Uint8Array[] = [];
  const packed = packAppend(all, (bytes): Slot => [parts.push(bytes) - 1, bytes.length]);
  return unpackAppend(JSON.parse(JSON.stringify(packed)), ([part]) => parts[part] as Uint8Array);
}

test('whatever an append holds arrives, and nothing else', () => {
  const everything = unit(
    [
      message(),
      message({
        controlId: '1',
        reason: 'MSH-9 is empty.',
        state: 'rejected',
        flags: ['charset-wrong'],
        patients: ['p'],
        dedupe: { sender: 'EPIC', id: '1', hash: 'h' },
        deliveries: [delivery(['l'])],
      }),
      message({
        parent: '7',
        cancels: ['c'],
        wakes: ['w'],
        dedupe: { sender: 'EPIC', id: '1', hash: 'h', since: 5, ignoreTime: true },
        deliveries: [
          delivery(['l', 'm'], { remembered: [], replayOf: '4', dueAt: 9 }),
          delivery(['n'], { dueAt: 1 }),
        ],
      }),
    ],
    {
      cursor: { name: 'poll', value: null, expect: 1 },
      aliases: [{ from: 'a', to: 'b' }],
      audit: [],
    },
  );
  expect(carried(everything)).toStrictEqual(everything);
  expect(carried(unit([]))).toStrictEqual(unit([]));
});

test('so do the answers', () => {
  const answers = [
    { kind: 'kept', messageId: '1', receivedAt: 2, flags: [] },
    { kind: 'kept', messageId: '2', receivedAt: 2, flags: ['charset-wrong'] },
    { kind: 'duplicate', messageId: '1', receivedAt: 2 },
  ] as const;
  expect(unpackAppended(JSON.parse(JSON.stringify(packAppended(answers))))).toStrictEqual(answers);
});
