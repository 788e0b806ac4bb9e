/**
 * Reads a folder's files, one after another, the oldest first. Their records are committed in batches with the position
 * behind them, so that after a crash reading goes on behind the last record that is on disk: none is lost, none comes twice.
 * A file is moved away only when all of it is committed; one whose content was taken before is named and not read again.
 */
import { asFailure, type Failure, type Json, pause } from '../../std/index.ts';
import type { ConnectionContext, FileDoor, FileParent, Finding, Listening } from '../contract.ts';
import type { TakeConfig } from './config.ts';
import { contentOf, guarded, packingOf } from './content.ts';
import { fileFailure } from './failures.ts';
import { type FileFacts, type Folder, shownName } from './folder.ts';
import { hashOfBytes, looks } from './ready.ts';
import { canBeginAt, type FileRecord, type RecordPlace, recordsOf, START } from './records.ts';

/** The position of a connection. `done`: all records are committed, and the file may still lie where it was. */
export interface Position {
  readonly file: FileParent & { readonly path: string; readonly modified: number };
  readonly place: RecordPlace;
  readonly done: boolean;
}

export interface SweepOptions {
  readonly folder: Folder;
  readonly take: TakeConfig;
  readonly door: FileDoor;
  readonly context: Pick<ConnectionContext, 'clock' | 'log' | 'found' | 'report' | 'site' | 'connection'>;
  readonly address: string;
}

/** So often it is told how far a large file is. */
const TELL_EVERY = 10_000;
/** Bytes of records that are committed together at most. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** A claim to read here is renewed so often while nothing is committed: when a file is hashed, or reading is paused. */
const CLAIM_EVERY = 15_000;
/** Trouble of the folder or the store: tried again after this. */
const AGAIN = 15_000;

export function startSweep(options: SweepOptions): Listening {
  const { clock, log } = options.context;
  const stopping = new AbortController();
  let paused: { readonly over: Promise<void>; readonly end: () => void } | null = null;
  const look = looks(options.take);
  let claimed = 0;

  /** Ends what is under way when the engine stops, or when another node has begun to read here. */
  async function goOn(): Promise<void> {
    stopping.signal.throwIfAborted();
    if (clock.elapsed() - claimed < CLAIM_EVERY) return;
    claimed = clock.elapsed();
    if (!(await options.door.mine())) throw fileFailure('FILE_TAKEN_OVER');
  }

  /** Resolves when senders are read again. */
  async function unpaused(): Promise<void> {
    while (paused !== null && !stopping.signal.aborted) {
      await Promise.race([paused.over, pause(clock, CLAIM_EVERY, stopping.signal)]);
      await goOn();
    }
  }

  /** Tells how far a large file is, now and then. */
  function progress(text: string, file: FileFacts): (facts: Readonly<Record<string, unknown>>) => void {
    let told = clock.elapsed();
    return (facts) => {
      if (clock.elapsed() - told < TELL_EVERY) return;
      told = clock.elapsed();
      log('info', text, { file: shownName(file.name), ...facts, of: file.size });
    };
  }

  async function turn(): Promise<void> {
    claimed = clock.elapsed();
    if (!(await options.door.mine())) return;
    await resume();
    const files = await options.folder.list(options.take.from);
    for (const file of look.ready(files, clock.elapsed())) {
      if (stopping.signal.aborted) return;
      await read(file);
    }
  }

  /** What a crash or a stop left in the middle. */
  async function resume(): Promise<void> {
    const position = positionOf(await options.door.position());
    if (position === undefined) return;
    const file = await options.folder.facts(position.file.path);
    const same = file?.size === position.file.size && file.modified === position.file.modified;
    if (position.done) {
      // What came beside it may be left where the file itself is away already.
      if (file === undefined || same) await putAway(position.file);
      await options.door.move(null);
      return;
    }
    if (file !== undefined && same) {
      log('info', 'reading a file goes on where it was broken off', {
        file: shownName(file.name),
        record: position.place.nth,
      });
      await readOn(file, position.file, position.place);
      return;
    }
    const failure = fileFailure('FILE_CHANGED', {
      message: `After ${position.place.nth} records the file was ${file === undefined ? 'taken away' : 'changed'}; the rest of it was not read.`,
    });
    if (file === undefined) {
      tell({ code: failure.code, text: `${failure.message} ${failure.fix}`, count: 1 }, position.file.name);
      await options.door.move(null);
    } else {
      await quarantine(file, failure);
    }
  }

  async function read(file: FileFacts): Promise<void> {
    const hash = await hashOf(file);
    if (hash === undefined) return;
    const parent: FileParent = { name: file.name, size: file.size, hash, format: options.take.format };
    const wrong = await checksumFault(file, hash);
    if (wrong !== undefined) return quarantine(file, wrong);
    if (await options.door.taken(hash)) {
      tell(
        {
          code: 'FILE_DUPLICATE',
          text: 'A file of the same content was taken before; it is not read again.',
          count: 1,
        },
        file.name,
      );
      await putAway(file);
      return;
    }
    await readOn(file, parent, START);
  }

  /** `undefined`: it is gone or has changed meanwhile, and is looked at again. */
  async function hashOf(file: FileFacts): Promise<string | undefined> {
    const told = progress('looking whether a file was taken before', file);
    const hash = await hashOfBytes(
      stoppable(guarded(options.folder.read(file.path)), (byte) => told({ byte })),
    );
    return (await unchanged(file)) ? hash : undefined;
  }

  async function unchanged(file: Pick<FileFacts, 'path' | 'size' | 'modified'>): Promise<boolean> {
    const now = await options.folder.facts(file.path);
    return now?.size === file.size && now.modified === file.modified;
  }

  async function checksumFault(file: FileFacts, hash: string): Promise<Failure | undefined> {
    if (options.take.checksum === undefined) return undefined;
    let text = '';
    const beside = options.folder.read(`${file.path}.${options.take.checksum}`, { start: 0, end: 1_023 });
    for await (const piece of guarded(beside)) text += Buffer.from(piece).toString('latin1');
    const [said] = /^[0-9a-f]{64}/i.exec(text.trim()) ?? [];
    return said?.toLowerCase() === hash ? undefined : fileFailure('FILE_CHECKSUM');
  }

  async function readOn(file: FileFacts, parent: FileParent, from: RecordPlace): Promise<void> {
    const { take, door, folder, context } = options;
    const started = clock.elapsed();
    const own = { ...parent, path: file.path, modified: file.modified };
    // Only what is not packed can be begun in the middle.
    const begin =
      canBeginAt(take) && packingOf(file.name) === 'plain' && from.at !== null ? from : { ...from, at: null };
    const start: RecordPlace = from.nth === 0 ? START : begin;
    const findings: Finding[] = [];
    const sum = { accepted: 0, repeats: 0, rejected: 0 };
    let place = from;
    const told = progress('reading a file', file);
    try {
      const source = stoppable(contentOf(folder, file, take.maxFile, start.at ?? 0), (byte) => {
        // Packed, or begun anew: nothing is committed until reading is where it was broken off.
        if (start.at === null && place.nth === from.nth) told({ record: 0, until: from.nth, unpacked: byte });
      });
      const records = recordsOf(source, {
        take,
        hash: parent.hash,
        from: start,
        found: (one) => findings.push(one),
      });
      for await (const batch of batches(records, take)) {
        await unpaused();
        stopping.signal.throwIfAborted();
        place = batch.at(-1)?.place ?? place;
        const kept = await door.commit({
          file: parent,
          records: batch.map((record) => ({
            inbound: record.inbound,
            position: positionJson({ file: own, place: record.place, done: false }),
          })),
        });
        for (const key of ['accepted', 'repeats', 'rejected'] as const) sum[key] += kept[key];
        claimed = clock.elapsed();
        told({ record: place.nth, byte: place.at });
      }
      if (!(await unchanged(file)))
        throw fileFailure('FILE_CHANGED', {
          message: `The file was changed while it was read; ${place.nth} records of it were taken.`,
        });
      await door.finish(parent, positionJson({ file: own, place, done: true }));
    } catch (error) {
      const failure = asFailure(error);
      if (stopping.signal.aborted) throw error;
      if (failure.kind !== 'validation') throw failure;
      context.report({ kind: failure.kind, code: failure.code, ms: Math.round(clock.elapsed() - started) });
      await quarantine(file, failure, place.nth);
      return;
    }
    context.report({ kind: 'ok', ms: Math.round(clock.elapsed() - started) });
    for (const finding of findings) tell(finding, file.name);
    if (sum.rejected > 0)
      tell(
        {
          code: 'FILE_RECORDS_REJECTED',
          text: 'Records could not be read; they are kept as rejected.',
          count: sum.rejected,
        },
        file.name,
      );
    log('info', 'a file was taken', { file: shownName(file.name), records: place.nth, ...sum });
    await putAway(file);
    await door.move(null);
  }

  /** Out of the way of the next look, with what came beside it. What has come in its place meanwhile is a file of its own. */
  async function putAway(file: Pick<FileFacts, 'path' | 'size' | 'modified'>): Promise<void> {
    const { take, folder } = options;
    if ((await folder.facts(file.path)) !== undefined && !(await unchanged(file))) return;
    const beside = [take.done, take.checksum && `.${take.checksum}`].filter((ending) => ending !== undefined);
    for (const path of [file.path, ...beside.map((ending) => file.path + ending)]) {
      if ((await folder.facts(path)) === undefined) continue;
      if (take.after === 'delete') await folder.remove(path);
      else await folder.move(path, take.archive);
    }
  }

  /** With a file beside it that says why; what was taken of it stays taken. */
  async function quarantine(file: FileFacts, failure: Failure, records = 0): Promise<void> {
    const { take, folder } = options;
    const lines = [
      failure.message,
      failure.fix,
      `Code: ${failure.code}. Found: ${new Date(clock.now()).toISOString()}. Records taken before: ${records}.`,
      'To have it read again, correct it and move it back; records that were taken are known again if nothing before them changes.',
    ];
    const moved = await folder.move(file.path, take.quarantine);
    await folder.write(`${moved}.reason.txt`, Buffer.from(`${lines.join('\n')}\n`));
    for (const ending of [take.done, take.checksum && `.${take.checksum}`]) {
      if (ending !== undefined && (await folder.facts(file.path + ending)) !== undefined)
        await folder.move(file.path + ending, take.quarantine);
    }
    tell(
      { code: failure.code, text: `${failure.message} It lies in ${take.quarantine}.`, count: 1 },
      file.name,
    );
    await options.door.move(null);
  }

  function tell(finding: Finding, name: string): void {
    options.context.found([finding]);
    log('warn', finding.text, { file: shownName(name), code: finding.code, count: finding.count });
  }

  async function* stoppable(
    source: AsyncIterable<Uint8Array>,
    passed: (byte: number) => void,
  ): AsyncGenerator<Uint8Array> {
    let byte = 0;
    for await (const piece of source) {
      await goOn();
      byte += piece.length;
      passed(byte);
      yield piece;
    }
  }

  async function run(): Promise<void> {
    let failed = '';
    while (!stopping.signal.aborted) {
      let wait = options.take.every;
      try {
        // While it is paused between files, another node may take its place.
        await paused?.over;
        await turn();
        failed = '';
      } catch (error) {
        if (stopping.signal.aborted) return;
        const failure = asFailure(error, {
          site: options.context.site,
          connection: options.context.connection,
        });
        // Another node reads on; the next turn asks whose it is.
        if (!['STORE_CURSOR_MOVED', 'FILE_TAKEN_OVER'].includes(failure.code)) {
          options.context.report({ kind: failure.kind, code: failure.code, ms: 0 });
          if (failure.code !== failed)
            log('error', failure.message, { code: failure.code, fix: failure.fix });
          failed = failure.code;
          wait = Math.max(AGAIN, Math.min(wait, 300_000));
        }
      }
      await pause(clock, wait, stopping.signal);
    }
  }

  const ended = run();
  return {
    address: options.address,
    pause() {
      if (paused !== null) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      paused = { over: promise, end: resolve };
    },
    resume() {
      paused?.end();
      paused = null;
    },
    async close() {
      stopping.abort(new Error('the engine is stopping'));
      paused?.end();
      await ended;
    },
  };
}

async function* batches(
  records: AsyncIterable<FileRecord>,
  take: TakeConfig,
): AsyncGenerator<readonly FileRecord[]> {
  let batch: FileRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    batch.push(record);
    bytes += record.inbound.bytes.length;
    if (batch.length < take.batch && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

const positionJson = (position: Position): Json => position as unknown as Json;

/** `undefined`: nothing is under way. */
function positionOf(value: Json): Position | undefined {
  const { file, place } = (value ?? {}) as Partial<Position>;
  return file === undefined || place === undefined ? undefined : (value as unknown as Position);
}

export const takeFolders = (take: TakeConfig): readonly string[] =>
  take.after === 'delete' ? [take.from, take.quarantine] : [take.from, take.archive, take.quarantine];
