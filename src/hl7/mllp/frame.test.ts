import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canBeFramed, type FrameEvent, FrameScanner, fitsIn, frame, frameIn } from './index.ts';

const VT = '\x0b';
const FS = '\x1c';
const shown = (event: FrameEvent): string =>
  event.kind === 'frame'
    ? `frame ${Buffer.from(event.bytes).toString('latin1')}`
    : event.kind === 'too-large'
      ? `too-large ${event.bytes} ${Buffer.from(event.head).toString('latin1')}`
      : `${event.kind} ${event.bytes}`;

/** The events of a stream cut at the given places, its end included. */
function scan(stream: Buffer, cuts: readonly number[] = [], maxFrameBytes = 1_000): string[] {
  const scanner = new FrameScanner({ maxFrameBytes });
  const events: FrameEvent[] = [];
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    events.push(...scanner.push(stream.subarray(from, cut)));
    from = cut;
  }
  events.push(...scanner.end());
  return events.map(shown);
}
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('FrameScanner', () => {
  it.each<[string, string, string[]]>([
    ['one frame', `${VT}abc${FS}\r`, ['frame abc']],
    ['three frames', `${VT}a${FS}\r${VT}b${FS}\r${VT}c${FS}\r`, ['frame a', 'frame b', 'frame c']],
    ['an empty frame', `${VT}${FS}\r`, ['frame ']],
    ['line ends between frames', `\r\n${VT}a${FS}\r\r\n${VT}b${FS}\r\n`, ['frame a', 'frame b']],
    [
      'garbage between frames',
      `xx${VT}a${FS}\ryyy\r\n${VT}b${FS}\rz`,
      ['garbage 2', 'frame a', 'garbage 3', 'frame b', 'garbage 1'],
    ],
    ['a broken frame, then a good one', `${VT}half${VT}whole${FS}\r`, ['broken 4', 'frame whole']],
    ['several starts', `${VT}${VT}${VT}a${FS}\r`, ['broken 0', 'broken 0', 'frame a']],
    [
      '1C without 0D, then the next frame',
      `${VT}a${FS}${VT}b${FS}${VT}c${FS}\r`,
      ['frame a', 'frame b', 'frame c'],
    ],
    ['1C without 0D at the end', `${VT}a${FS}`, ['frame a']],
    ['1C within the content', `${VT}a${FS}b${FS}${FS}c${FS}\r`, [`frame a${FS}b${FS}${FS}c`]],
    ['a doubled 1C at the end', `${VT}a${FS}${FS}\r`, [`frame a${FS}`]],
    ['1C as content, then a new start', `${VT}a${FS}b${VT}c${FS}\r`, ['broken 3', 'frame c']],
    ['no end', `${VT}abc`, ['broken 3']],
    ['1C 0D outside', `${FS}\r${VT}a${FS}\r`, ['garbage 1', 'frame a']],
    ['nothing', '', []],
    ['a frame of the limit', `${VT}0123456789${FS}\r`, ['frame 0123456789']],
    ['a frame beyond it', `${VT}0123456789A${FS}\r${VT}b${FS}\r`, ['too-large 11 0123456789', 'frame b']],
    [
      'one far beyond it',
      `${VT}${'0123456789'.repeat(5)}${FS}\rxx${VT}b${FS}\r`,
      ['too-large 11 0123456789', 'frame b'],
    ],
    [
      'one beyond it that never ends',
      `${VT}${'0123456789'.repeat(5)}${VT}b${FS}\r`,
      ['too-large 11 0123456789', 'frame b'],
    ],
    [
      'one whose last byte at the limit is 1C',
      `${VT}0123456789${FS}x${FS}\r${VT}b${FS}\r`,
      ['too-large 11 0123456789', 'frame b'],
    ],
  ])('finds %s, wherever the stream is cut', (_, stream, events) => {
    const whole = bytes(stream);
    expect(scan(whole, [], 10)).toEqual(events);
    for (let cut = 0; cut <= whole.length; cut += 1)
      expect(scan(whole, [cut], 10), `cut at ${cut}`).toEqual(events);
    for (let first = 0; first <= whole.length; first += 1)
      for (let second = first; second <= whole.length; second += 3)
        expect(scan(whole, [first, second], 10), `cuts at ${first}, ${second}`).toEqual(events);
    expect(scan(whole, Array.from(whole.keys()), 10)).toEqual(events);
  });

  it('gives the same events for any bytes, cut anywhere', () => {
    const stream = fc
      .array(fc.constantFrom(VT, FS, '\r', '\n', 'a', 'bcd', 'x'.repeat(20)), { maxLength: 60 })
      .map((units) => bytes(units.join('')));
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(stream, cuts, fc.constantFrom(0, 1, 3, 25, 1_000), (whole, at, limit) => {
        const places = at.filter((cut) => cut <= whole.length);
        expect(scan(whole, places, limit)).toEqual(scan(whole, [], limit));
      }),
      { numRuns: 5_000 },
    );
  });

  it('gives back what was framed', () => {
    const content = fc.uint8Array({ maxLength: 50 }).filter(canBeFramed);
    fc.assert(
      fc.property(
        fc.array(content, { maxLength: 8 }),
        fc.array(fc.nat({ max: 300 }), { maxLength: 9 }),
        (all, at) => {
          const whole = Buffer.concat(all.map(frame));
          const cuts = at.filter((cut) => cut <= whole.length).sort((a, b) => a - b);
          expect(scan(whole, cuts)).toEqual(
            all.map((each) => `frame ${Buffer.from(each).toString('latin1')}`),
          );
        },
      ),
    );
  });

  it('gives a frame that came in one chunk without copying it', () => {
    const chunk = bytes(`${VT}abc${FS}\r`);
    const [event] = new FrameScanner().push(chunk);
    expect(event?.kind === 'frame' && event.bytes.buffer === chunk.buffer).toBe(true);
  });

  it('copies small pieces, so that a frame sent byte by byte does not hold a chunk for each byte', () => {
    const scanner = new FrameScanner();
    const chunk = bytes(`${VT}abc`);
    scanner.push(chunk);
    chunk.fill('x');
    expect(scanner.push(bytes(`${FS}\r`)).map(shown)).toEqual(['frame abc']);
  });

  it('joins a large frame from many chunks, and from single bytes', () => {
    const content = Buffer.alloc(2_000_000, 'HL7 ');
    const whole = Buffer.from(frame(content));
    for (const size of [1, 7, 4_095, 4_096, 65_536, whole.length]) {
      const scanner = new FrameScanner();
      const events: FrameEvent[] = [];
      for (let at = 0; at < whole.length; at += size)
        events.push(...scanner.push(whole.subarray(at, at + size)));
      expect(events).toHaveLength(1);
      expect(events[0]?.kind === 'frame' && Buffer.compare(events[0].bytes, content)).toBe(0);
    }
  });

  it('searches each byte once: the time for a frame grows with its size, not with its square', () => {
    // Counted, not timed: every byte that indexOf may look at, of a frame in 2,000 chunks full of 1C.
    let looked = 0;
    const watched = (chunk: Buffer): Buffer => {
      const indexOf = (target: Uint8Array, byte: number, from = 0): number => {
        const at = Uint8Array.prototype.indexOf.call(target, byte, from);
        looked += (at < 0 ? target.length : at) - from;
        return at;
      };
      const watch = (target: Buffer): Buffer =>
        Object.assign(target, {
          indexOf: (byte: number, from?: number) => indexOf(target, byte, from),
          subarray: (start?: number, end?: number) =>
            watch(Buffer.prototype.subarray.call(target, start, end) as Buffer),
        });
      return watch(chunk);
    };
    const scanner = new FrameScanner();
    scanner.push(bytes(VT));
    const chunk = `${'x'.repeat(300)}${`${FS}y`.repeat(100)}`;
    for (let i = 0; i < 2_000; i += 1) scanner.push(watched(bytes(chunk)));
    expect(scanner.heldBytes).toBe(2_000 * chunk.length);
    expect(looked).toBeLessThan(3 * 2_000 * chunk.length);
  });

  it('holds no more than the limit of a frame that is too large', () => {
    const scanner = new FrameScanner({ maxFrameBytes: 100_000 });
    scanner.push(bytes(VT));
    const told: FrameEvent[] = [];
    let most = 0;
    for (let i = 0; i < 100; i += 1) {
      told.push(...scanner.push(Buffer.alloc(10_000, 'x')));
      most = Math.max(most, scanner.heldBytes);
    }
    expect(told.map(({ kind }) => kind)).toEqual(['too-large']);
    expect(told[0]?.kind === 'too-large' && told[0].head.length).toBe(4_096);
    expect(most).toBeLessThanOrEqual(100_000);
    expect(scanner.heldBytes).toBe(0);
    expect(scanner.skippedBytes).toBe(1_000_000);
    expect(scanner.push(frame(bytes('next'))).map(shown)).toEqual(['frame next']);
  });

  it('reports an endless stream of garbage while it lasts, and counts line ends apart', () => {
    const stream = Buffer.alloc(200_000, 'x');
    expect(scan(stream)).toEqual(['garbage 65536', 'garbage 65536', 'garbage 65536', 'garbage 3392']);
    const scanner = new FrameScanner();
    expect(scanner.push(bytes('\r\n\r\n'))).toEqual([]);
    expect(scanner.lineEndBytes).toBe(4);
    expect(scanner.end()).toEqual([]);
  });

  it('knows whether a frame is open, and whether only its 0D is missing', () => {
    const scanner = new FrameScanner();
    expect([scanner.inFrame, scanner.ending]).toEqual([false, false]);
    scanner.push(bytes(`${VT}a`));
    expect([scanner.inFrame, scanner.ending]).toEqual([true, false]);
    scanner.push(bytes(FS));
    expect([scanner.inFrame, scanner.ending]).toEqual([true, true]);
    scanner.push(bytes('\r'));
    expect([scanner.inFrame, scanner.ending]).toEqual([false, false]);
  });
});

describe('frame', () => {
  it('puts 0B before and 1C 0D behind', () => {
    expect(Buffer.from(frame(bytes('abc'))).toString('latin1')).toBe(`${VT}abc${FS}\r`);
    expect(canBeFramed(bytes('abc\r'))).toBe(true);
    expect(canBeFramed(bytes(`a${VT}`))).toBe(false);
    expect(canBeFramed(bytes(`a${FS}`))).toBe(false);
  });
});

describe('other bytes around a message', () => {
  const message = Buffer.from('MSH|^~\\&|A\r');

  it.each([
    ['02 and 03', { start: 0x02, end: 0x03 }],
    ['1C alone', { start: 0x0b, end: 0x1c }],
    ['1C 0A', { start: 0x0b, end: 0x1c, after: 0x0a }],
  ])('%s', (_, framing) => {
    const stream = Buffer.concat([frameIn(framing, message), Buffer.from('\r\n'), frameIn(framing, message)]);
    for (let at = 0; at <= stream.length; at += 1) {
      const scanner = new FrameScanner({ framing });
      const events = [
        ...scanner.push(stream.subarray(0, at)),
        ...scanner.push(stream.subarray(at)),
        ...scanner.end(),
      ];
      expect(
        events.map((event) => event.kind === 'frame' && Buffer.from(event.bytes).equals(message)),
      ).toEqual([true, true]);
    }
    expect(fitsIn(framing, Buffer.from([framing.end]))).toBe(false);
    expect(fitsIn(framing, message)).toBe(true);
  });
});
