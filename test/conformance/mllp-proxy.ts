/**
 * `node test/conformance/mllp-proxy.ts [EXCHANGES] [SEED]`: an MLLP client and a receiver with a proxy between them that delays,
 * swaps, repeats, truncates, forges and loses acknowledgements, also across connections. Counts what the client
 * credited, and compares each credit with what the receiver really answered to that message.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  type AckCode,
  buildAck,
  createMllpClient,
  createMllpServer,
  FrameScanner,
  frame,
  peek,
} from '../../src/hl7/index.ts';
import { type Random, seededRandom } from '../../src/std/index.ts';

export interface Tally {
  readonly exchanges: number;
  /** Acknowledgements that the client credited. */
  readonly credited: number;
  /** Of these: not what the receiver answered to that message. */
  readonly wrong: number;
  /** Results by kind, resends included. */
  readonly results: Readonly<Record<string, number>>;
  /** What the proxy did to answers. */
  readonly mischief: Readonly<Record<string, number>>;
}

/** Bytes to the client; what is given as rest follows a turn later, and nothing comes between the two. */
type Out = (bytes: Uint8Array, rest?: Uint8Array | undefined) => void;
type Mischief = (answer: Uint8Array, out: Out, proxy: Proxy) => void;

interface Proxy {
  readonly random: Random;
  readonly window: number;
  /** Answers kept back, of any connection. */
  readonly kept: Uint8Array[];
}

const stranger = (id: string): Uint8Array =>
  buildAck(Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5\r`), {
    code: 'AA',
    controlId: 'F',
    time: '20260131',
    text: 'forged',
  });
const junk = ['OK', '', 'MSH|^~\\&|A\r', 'MSH|^~\\&|A\rMSA|AA\r', 'MSA|AA|1\r', 'HTTP/1.1 200 OK\r\n\r\n'];
const pick = <Item>(list: readonly Item[], random: Random): Item =>
  list[Math.floor(random.fraction() * list.length)] as Item;

/** What may happen to an answer, with how often in a hundred; the rest goes through. */
const mischiefs: Readonly<Record<string, readonly [number, Mischief]>> = {
  lose: [2, (answer, _out, { kept }) => void kept.push(answer)],
  delay: [2, (answer, out) => void setTimeout(() => out(frame(answer)), 40)],
  swap: [
    4,
    (answer, out, { kept }) => {
      out(frame(kept.shift() ?? stranger('swapped')));
      kept.push(answer);
    },
  ],
  'old before': [
    4,
    (answer, out, { kept, random }) =>
      out(Buffer.concat([frame(kept.length > 0 ? pick(kept, random) : stranger('old')), frame(answer)])),
  ],
  repeat: [
    4,
    (answer, out, { kept }) => {
      kept.push(answer);
      out(Buffer.concat([frame(answer), frame(answer)]));
    },
  ],
  'repeat later': [
    4,
    (answer, out) => {
      out(frame(answer));
      setImmediate(() => out(frame(answer)));
    },
  ],
  truncate: [
    4,
    (answer, out, { random }) => {
      const framed = frame(answer);
      const cut = framed.subarray(0, Math.floor(random.fraction() * framed.length));
      // The rest never comes: the next answer begins within it, or the frame is closed early.
      out(random.fraction() < 0.5 ? cut : Buffer.concat([cut, Buffer.from([0x1c, 0x0d])]));
    },
  ],
  'next id': [
    4,
    (answer, out, { window }) => {
      // The one control id that is easy to guess, before its message is sent. With several under way it may have been sent,
      // and then no client without TLS could tell.
      if (window > 1) return out(frame(answer));
      const id = Number(
        Buffer.from(answer)
          .toString('latin1')
          .match(/\rMSA\|..\|M(\d+)/)?.[1],
      );
      out(Buffer.concat([frame(answer), frame(stranger(`M${id + 1}`))]));
    },
  ],
  forge: [4, (_answer, out, { random }) => out(frame(stranger(`X${Math.floor(random.fraction() * 1e6)}`)))],
  junk: [4, (_answer, out, { random }) => out(frame(Buffer.from(pick(junk, random))))],
  garbage: [4, (answer, out) => out(Buffer.concat([Buffer.from('\r\n?!'), frame(answer)]))],
  split: [
    10,
    (answer, out, { random }) => {
      const framed = frame(answer);
      const at = Math.floor(random.fraction() * framed.length);
      out(framed.subarray(0, at), framed.subarray(at));
    },
  ],
};

/** The receiver gave this message this code, and this word or, cut short on the way, its beginning. */
const isSaid = (answers: readonly string[], code: AckCode, text: string): boolean =>
  answers.some((answer) => answer.startsWith(code) && answer.startsWith(text));

/**
 * A proxy that meddles with what the receiver at `target` answers. The same source of chance draws the same mischief.
 * `greeting`: of a hundred connections so many begin with an answer that nobody on them asked for, an earlier one if there is one.
 */
export async function startProxy(options: {
  readonly target: number;
  readonly random: Random;
  readonly window: number;
  readonly greeting?: number;
}): Promise<{
  readonly port: number;
  /** What was done to answers, so far. */
  readonly mischief: Readonly<Record<string, number>>;
  close(): Promise<void>;
}> {
  const { target, random, greeting = 0 } = options;
  const mischief: Record<string, number> = {};
  const proxy: Proxy = { random, window: options.window, kept: [] };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: target });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far);
    let held: (readonly [Uint8Array, Uint8Array | undefined])[] | undefined;
    const out: Out = (bytes, rest) => {
      if (held !== undefined) held.push([bytes, rest]);
      else if (near.writable) near.write(bytes);
      if (rest === undefined || held !== undefined) return;
      held = [];
      setImmediate(() => {
        const waiting = held ?? [];
        held = undefined;
        out(rest);
        for (const [first, then] of waiting) out(first, then);
      });
    };
    if (greeting > 0 && random.fraction() * 100 < greeting) {
      mischief.greeting = (mischief.greeting ?? 0) + 1;
      out(frame(proxy.kept.length > 0 ? pick(proxy.kept, random) : stranger('greeting')));
    }
    const scanner = new FrameScanner();
    far.on('data', (chunk) => {
      for (const event of scanner.push(chunk)) {
        if (event.kind !== 'frame') continue;
        let draw = random.fraction() * 100;
        const drawn = Object.entries(mischiefs).find(([, [share]]) => {
          draw -= share;
          return draw < 0;
        });
        const name = drawn?.[0] ?? 'through';
        mischief[name] = (mischief[name] ?? 0) + 1;
        if (drawn === undefined) out(frame(event.bytes));
        else drawn[1][1](event.bytes, out, proxy);
        while (proxy.kept.length > 50) proxy.kept.shift();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    mischief,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Runs so many exchanges; the same seed draws the same mischief. */
export async function runProxy(options: {
  readonly exchanges: number;
  readonly seed: number;
  readonly window: number;
}): Promise<Tally> {
  const random = seededRandom(options.seed);
  const results: Record<string, number> = {};
  const said = new Map<string, Set<string>>();
  const codes: readonly AckCode[] = ['AA', 'AA', 'AE', 'AR', 'CA'];

  const receiver = createMllpServer({
    port: 0,
    onFrame(bytes) {
      const { controlId } = peek(bytes);
      const code = pick(codes, random);
      // A word of its own for every answer: a credit is right only if it repeats it.
      const text = `${code} ${controlId} ${Math.floor(random.fraction() * 1e9)}`;
      said.set(controlId, (said.get(controlId) ?? new Set()).add(text));
      return buildAck(bytes, { code, controlId: 'R', time: '20260131', text });
    },
  });
  const { port: target } = await receiver.listen();

  const proxy = await startProxy({ target, random, window: options.window });
  const client = createMllpClient({
    host: '127.0.0.1',
    port: proxy.port,
    window: options.window,
    responseTimeoutMs: 25,
    random: () => random.fraction(),
    reconnect: { firstMs: 1, capMs: 5 },
  });
  let next = 1;
  let credited = 0;
  let wrong = 0;
  const lane = async (): Promise<void> => {
    while (next <= options.exchanges) {
      const id = `M${next}`;
      next += 1;
      const message = Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5\rPID|1\r`);
      // What is unknown is sent again under the same control id, as an interface would.
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        const result = await client.send(message);
        results[result.kind] = (results[result.kind] ?? 0) + 1;
        if (result.kind !== 'ack') continue;
        credited += 1;
        if (!isSaid([...(said.get(id) ?? [])], result.code, result.text)) wrong += 1;
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: options.window }, lane));
  await client.close();
  await proxy.close();
  await receiver.close({ deadlineMs: 100 });
  return { exchanges: options.exchanges, credited, wrong, results, mischief: proxy.mischief };
}

if (import.meta.main) {
  const exchanges = Number(process.argv[2] ?? 10_000);
  const seed = Number(process.argv[3] ?? 1);
  let wrong = 0;
  for (const window of [1, 8]) {
    const tally = await runProxy({ exchanges: exchanges / 2, seed, window });
    wrong += tally.wrong;
    process.stdout.write(`window ${window}: ${JSON.stringify(tally)}\n`);
  }
  process.stdout.write(`${exchanges} exchanges, ${wrong} credited wrongly\n`);
  process.exitCode = wrong === 0 ? 0 : 1;
}
