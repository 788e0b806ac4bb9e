/** What the demo hospital sends in a day, masked as `suture test --record` does. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { maskCase } from '../../src/cases/index.ts';
import { buildAck, parse } from '../../src/hl7/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';

const key = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
const PATHS = [
  ...[
    'PID-3[*].1',
    'PID-5.1',
    'PID-5.2',
    'PID-7',
    'PID-11.1',
    'PID-11.3',
    'PID-11.5',
    'PID-13.1',
    'PID-18.1',
    'PID-19',
  ],
  ...[
    'PV1-19.1',
    'PV1-7.1',
    'PV1-7.2',
    'SCH-1.1',
    'SCH-2.1',
    'MRG-1.1',
    'TXA-12.1',
    'ORC-2.1',
    'OBR-2.1',
    'OBR-7',
    'OBX[*]-14',
    'EVN-6',
  ],
];

test('of a day of the demo hospital no name, number, date or telephone is left, and each is still its message', async () => {
  const sent: Buffer[] = [];
  const server = createServer((socket) => {
    let all = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      all = Buffer.concat([all, chunk]);
      for (let end = all.indexOf('\x1c\r'); end >= 0; end = all.indexOf('\x1c\r')) {
        const message = all.subarray(1, end);
        all = all.subarray(end + 2);
        sent.push(message);
        const ack = buildAck(message, { code: 'AA', controlId: String(sent.length), time: '20260512120000' });
        socket.write(Buffer.concat([Buffer.from([11]), ack, Buffer.from([28, 13])]));
      }
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hospital = await createSimulator({
    patients: 20,
    eventsPerMinute: 0,
    now: Date.UTC(2026, 4, 12, 15),
    feeds: [{ name: 'all', host: '127.0.0.1', port, kinds: ['ADT', 'SIU', 'ORU', 'MDM'] }],
  });
  const happen = (
    kind: 'admit' | 'book' | 'vitals' | 'note' | 'update' | 'order' | 'merge' | 'reschedule',
  ): void => {
    try {
      hospital.happen({ kind });
    } catch {
      // Not every kind can happen at every moment; what was sent is counted below.
    }
  };
  try {
    for (const kind of [
      'admit',
      'book',
      'vitals',
      'note',
      'update',
      'order',
      'merge',
      'reschedule',
    ] as const) {
      for (let count = 0; count < 4; count += 1) happen(kind);
    }
    await hospital.settled();
    expect(sent.length).toBeGreaterThan(20);
    const leaks: string[] = [];
    for (const bytes of sent) {
      const original = parse(bytes);
      const masked = maskCase({ format: 'hl7', bytes }, {}, key).bytes;
      const text = Buffer.from(masked).toString('utf8').toLowerCase();
      const after = parse(masked);
      expect(after.header.type).toBe(original.header.type);
      expect(after.segments().map(({ id }) => id)).toEqual(original.segments().map(({ id }) => id));
      expect(after.getAll('OBX[*]-3.1')).toEqual(original.getAll('OBX[*]-3.1'));
      const words = new Set(text.split(/[|^~&\\\s,]+/));
      for (const path of PATHS) {
        for (const value of original.getAll(path)) {
          if (value.length >= 4 && words.has(value.toLowerCase()))
            leaks.push(`${original.header.type} ${path}`);
        }
      }
      // A note is free text: no line of it is what it was.
      for (const line of original.getAll('OBX[*]-5')) {
        if (/\s/.test(line) && after.getAll('OBX[*]-5').includes(line))
          leaks.push(`${original.header.type} OBX-5`);
      }
    }
    expect(leaks).toEqual([]);
  } finally {
    await hospital.close();
    server.close();
  }
}, 180_000);
