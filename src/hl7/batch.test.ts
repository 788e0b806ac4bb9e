import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type BatchEvent, type BatchOptions, readBatches, readBatchFile } from './batch.ts';
import { BatchError, buildBatch, writeBatch, writeBatchFile } from './batch-writing.ts';
import { MessageScanner } from './message-scanner.ts';
import { splitMessages } from './split.ts';

const one = 'MSH|^~\\&|A\rPID|1\r';
const two = 'MSH|^~\\&|B\rPID|2\r';
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

async function events(pieces: Iterable<Uint8Array>, options?: BatchOptions): Promise<BatchEvent[]> {
  const all: BatchEvent[] = [];
  for await (const event of readBatches(pieces, options)) all.push(event);
  return all;
}

const shown = (event: BatchEvent): string =>
  event.kind === 'message'
    ? `${event.nth} at ${event.at}: ${text(event.bytes)}`
    : event.kind === 'envelope'
      ? `${event.envelope.id} at ${event.at}: ${event.envelope.fields.join(',')}`
      : `${event.finding.code} ${event.finding.where}: ${event.finding.text}`;

const findings = (file: string): string[] =>
  splitMessages(Buffer.from(file)).findings.map(({ code, where, text }) => `${code} ${where}: ${text}`);

describe('a batch file (chapter 2, section 2.10.3)', () => {
  it('gives its messages and envelopes in order', async () => {
    const file = `FHS|^~\\&|X\rBHS|^~\\&|X\r${one}${two}BTS|2\rFTS|1\r`;
    expect((await events([Buffer.from(file)])).map(shown)).toEqual([
      'FHS at 0: FHS,|,^~\\&,X',
      'BHS at 11: BHS,|,^~\\&,X',
      `1 at 22: ${one}`,
      `2 at 39: ${two}`,
      'BTS at 56: BTS,2',
      'FTS at 62: FTS,1',
    ]);
  });

  it('reads a header as it numbers its fields: BHS-1 is the separator, BHS-11 the control id (2.15.2)', () => {
    const file = `BHS*:;!%*APP!S!1*FAC*******C7\r${'BTS*0*bye!F!\r'}`;
    const [batch] = readBatchFile(Buffer.from(file)).batches;
    expect(batch?.header?.fields[1]).toBe('*');
    expect(batch?.header?.fields[3]).toBe('APP:1');
    expect(batch?.header?.fields[11]).toBe('C7');
    expect(batch?.trailer?.fields.slice(0, 2)).toEqual(['BTS', '0']);
  });

  it.each<[string, string, string[]]>([
    ['right counts', `FHS|^~\\&\rBHS|^~\\&\r${one}BTS|1\rBHS|^~\\&\rBTS|0\rFTS|2\r`, []],
    ['empty counts, which are optional (2.15.3.1)', `FHS|^~\\&\rBHS|^~\\&\r${one}BTS\rFTS|\r`, []],
    ['no envelope at all', one + two, []],
    ['messages in a file without batches, counted as one batch', `FHS|^~\\&\r${one}${two}FTS|1\r`, []],
    ['the same, counted one by one', `FHS|^~\\&\r${one}${two}FTS|2\r`, []],
    [
      'a batch that lost a message (2.15.3.1)',
      `BHS|^~\\&\r${one}BTS|3\r`,
      ['batch-count BTS-1, byte 26: BTS-1 says 3 messages, but the batch holds 1: ask for it again.'],
    ],
    [
      'a file that lost a batch (2.15.7.1)',
      `FHS|^~\\&\rBHS|^~\\&\r${one}BTS|1\rFTS|4\r`,
      ['file-count FTS-1, byte 41: FTS-1 says 4 batches, but the file holds 1: ask for it again.'],
    ],
    [
      'a count that is no number',
      `BHS|^~\\&\r${one}BTS|many\r`,
      ['batch-count BTS-1, byte 26: BTS-1 should be the number of messages.'],
    ],
    [
      'a file that was cut',
      `FHS|^~\\&\rBHS|^~\\&\r${one}`,
      [
        'batch-open byte 9: BHS has no BTS: the batch may have been cut.',
        'file-open byte 0: FHS has no FTS: the file may have been cut.',
      ],
    ],
    [
      'a batch within a batch',
      `BHS|^~\\&\r${one}BHS|^~\\&\r${two}BTS|1\r`,
      ['batch-open byte 0: BHS has no BTS: the batch may have been cut.'],
    ],
    [
      'a batch that its file ends',
      `FHS|^~\\&\rBHS|^~\\&\r${one}FTS|1\r`,
      ['batch-open byte 9: BHS has no BTS: the batch may have been cut.'],
    ],
    [
      'trailers without headers',
      `${one}BTS|1\rFTS|1\r`,
      [
        'batch-order byte 17: BTS stands without a BHS before it.',
        'batch-order byte 23: FTS stands without an FHS before it.',
      ],
    ],
  ])('with %s is told so', (_, file, expected) => {
    expect(findings(file)).toEqual(expected);
  });

  it('has a structure in memory', () => {
    const file = `FHS|^~\\&|F\rBHS|^~\\&|B1\r${one}BTS|1\r${two}BHS|^~\\&|B2\r${two}${one}BTS|2\rFTS|3\r`;
    const { header, batches, trailer, findings: odd } = readBatchFile(Buffer.from(file));
    expect(header?.fields[3]).toBe('F');
    expect(trailer?.fields[1]).toBe('3');
    expect(
      batches.map((batch) => [batch.header?.fields[3], batch.messages.length, batch.trailer?.fields[1]]),
    ).toEqual([
      ['B1', 1, '1'],
      [undefined, 1, undefined],
      ['B2', 2, '2'],
    ]);
    expect(odd).toEqual([]);
  });
});

describe('a stream of a file', () => {
  const unit = fc.constantFrom(
    ...['|', '\r', '\n', '\r\n', 'MSH|^~\\&|', 'MSH*:;!%*', 'MSH', 'PID|1', 'BHS|^~\\&', 'BTS|1', 'FTS'],
    ...['FHS|^~\\&', '\x0b', '\x1c', '\x1c\r', ' ', '\t', 'a long text that goes on', '\xef\xbb\xbf', '\xff'],
  );
  const file = fc.array(unit, { maxLength: 40 }).map((units) => Buffer.from(units.join(''), 'latin1'));

  it('gives the same whatever its pieces are, and with every limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        fc.constantFrom(5, 12, 20, 40, 1_000),
        async (bytes, sizes, maxMessageBytes) => {
          const pieces: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const size = sizes[i % sizes.length] as number;
            pieces.push(Buffer.from(bytes.subarray(at, at + size)));
            at += size;
          }
          const whole = (await events([bytes], { maxMessageBytes })).map(shown);
          expect((await events(pieces, { maxMessageBytes })).map(shown)).toEqual(whole);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('gives what splitMessages gives', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (bytes) => {
        const split = splitMessages(bytes);
        const all = await events([bytes]);
        const kept = all.flatMap((event) => (event.kind === 'message' ? [text(event.bytes)] : []));
        expect(kept).toEqual(split.messages.map(text));
        expect(all.filter(({ kind }) => kind === 'envelope')).toHaveLength(split.envelope.length);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out a message beyond the limit, says so, and reads on', async () => {
    const large = `MSH|^~\\&|L\r${'NTE|1\r'.repeat(100)}`;
    const all = await events([Buffer.from(`BHS|^~\\&\r${one}${large}${two}BTS|3\r`)], {
      maxMessageBytes: 200,
    });
    expect(all.map(({ kind }) => kind)).toEqual(['envelope', 'message', 'finding', 'message', 'envelope']);
    expect(all.map(shown)[2]).toBe(
      'message-size byte 26: A message is larger than the limit of 200 bytes and was left out.',
    );
  });

  it('gives a message as large as the limit, and none larger', async () => {
    const kinds = async (maxMessageBytes: number): Promise<string[]> =>
      (await events([Buffer.from('MSH|^~\\&|12\r')], { maxMessageBytes })).map(({ kind }) => kind);
    expect([await kinds(12), await kinds(11)]).toEqual([['message'], ['finding']]);
  });

  it('copies a large message a few times at most, however small its pieces are', () => {
    const copies = vi.spyOn(Uint8Array.prototype, 'set');
    const scanner = new MessageScanner();
    scanner.push(Buffer.from('MSH|^~\\&|A\r'));
    const piece = Buffer.from(`${'NTE|1|text\r'.repeat(46)}NTE|1\r`);
    let sent = 0;
    for (; sent < 1_000_000; sent += piece.length) scanner.push(piece);
    const copied = copies.mock.calls.reduce((sum, [from]) => sum + from.length, 0);
    copies.mockRestore();
    expect(scanner.finish().map(({ kind }) => kind)).toEqual(['message']);
    // With one copy for each piece it would be a thousand times.
    expect(copied).toBeLessThan(5 * sent);
  });

  it('tells where stray bytes are', async () => {
    const all = await events([Buffer.from(`junk\rmore\r${one}\x1c\rlost\r`)]);
    expect(all.map(shown)).toEqual([
      'stray-bytes byte 0: 8 bytes belong to no message and no envelope: the file may be damaged.',
      `1 at 10: ${one}`,
      'stray-bytes byte 29: 4 bytes belong to no message and no envelope: the file may be damaged.',
    ]);
  });

  it.each([
    ['messages', (i: number) => `MSH|^~\\&|${i}\rPID|${i}\r`.repeat(2_000)],
    ['a message without end', (i: number) => (i === 0 ? one : 'NTE|1|text\r'.repeat(5_000))],
    ['a line without end', (i: number) => (i === 0 ? 'MSH|^~\\&|' : 'x'.repeat(60_000))],
    ['words without end', () => 'x'.repeat(60_000)],
    ['blank lines without end', (i: number) => (i === 0 ? one : '\r\n'.repeat(30_000))],
  ])('holds no more than the limit and what came last: %s', (_, piece) => {
    const limit = 100_000;
    const scanner = new MessageScanner(limit);
    let most = 0;
    let found = 0;
    for (let i = 0; i < 300; i += 1) {
      found += scanner.push(Buffer.from(piece(i))).length;
      most = Math.max(most, scanner.held);
    }
    expect(most).toBeLessThan(2 * limit + 3 * 70_000);
    expect(found + scanner.finish().length).toBeGreaterThan(0);
  });

  it('stays as it was handed out while more comes in', async () => {
    const pieces = Array.from({ length: 200 }, (_, i) => Buffer.from(`MSH|^~\\&|${i}\rNTE|${i}`));
    const all = await events(pieces.flatMap((piece) => [piece, Buffer.from('|x\r')]));
    const kept = all.flatMap((event) => (event.kind === 'message' ? [text(event.bytes)] : []));
    expect(kept).toEqual(Array.from({ length: 200 }, (_, i) => `MSH|^~\\&|${i}\rNTE|${i}|x\r`));
  });
});

describe('writing', () => {
  it('puts the right counts under a batch and a file (2.10.3)', async () => {
    const parts: Uint8Array[] = [];
    const batches = [
      { messages: [Buffer.from(one), Buffer.from(two.trimEnd())], fields: ['APP'] },
      { messages: [] },
    ];
    for await (const part of writeBatchFile(batches, { fields: ['A&B'] })) parts.push(part);
    expect(text(Buffer.concat(parts))).toBe(
      `FHS|^~\\&|A\\T\\B\rBHS|^~\\&|APP\r${one}${two}BTS|2\rBHS|^~\\&\rBTS|0\rFTS|2\r`,
    );
    expect(text(buildBatch([Buffer.from(one)]))).toBe(`BHS|^~\\&\r${one}BTS|1\r`);
  });

  it.each([
    ['two messages', one + two],
    ['a batch', `BHS|^~\\&\r${one}BTS|1\r`],
    ['words', 'words'],
    ['nothing', ''],
    ['a frame', `\x0b${one}\x1c\rrest`],
  ])('refuses %s where a message should be', async (_, bytes) => {
    expect(() => buildBatch([Buffer.from(one), Buffer.from(bytes)])).toThrow(BatchError);
    const write = async (): Promise<void> => {
      for await (const _part of writeBatch([Buffer.from(bytes)]));
    };
    await expect(write()).rejects.toThrow('number 1 of the batch is not exactly one message');
  });

  it('is undone by reading', () => {
    const message = fc
      .array(fc.constantFrom('PID|1', 'NTE||text', 'ZZZ|^~&', ''), { maxLength: 5 })
      .map((lines) => Buffer.from(['MSH|^~\\&|A', ...lines, 'PV1|1'].map((line) => `${line}\r`).join('')));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
        const { batches, findings: odd } = readBatchFile(buildBatch(messages));
        expect(odd).toEqual([]);
        expect(batches[0]?.messages.map(text)).toEqual(messages.map(text));
      }),
      { numRuns: 300 },
    );
  });
});
