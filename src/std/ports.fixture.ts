/** Ports for tests whose addresses must be known before anything listens there. */
import { createServer } from 'node:net';

/** Below those that the system gives to outgoing connections: none of these takes one between the look and the use. */
const FIRST = 20_000;
const SLICE = 2_000;
/** Files of tests run side by side: each worker looks in a part of its own. */
const from = FIRST + SLICE * (Number(process.env.VITEST_POOL_ID ?? 0) % 6);
/** Not where the file before this one left off: what it started may listen there again. */
let nth = Math.floor(Math.random() * SLICE);

/** Whether anybody listens on `port` of the loopback address. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** Ports that were free a moment ago, and that no other worker is given. */
export async function freePorts(count: number): Promise<number[]> {
  const free: number[] = [];
  for (let looked = 0; free.length < count && looked < SLICE; looked++) {
    const port = from + (nth++ % SLICE);
    if (await isFree(port)) free.push(port);
  }
  if (free.length < count) throw new Error(`no ${count} free ports from ${from} to ${from + SLICE - 1}`);
  return free;
}
