/** A load process: closed loop, one message in flight per connection. Prints one JSON object. */
import { admission, startSender } from '../test/crash/traffic.ts';

const [port, connections, seconds, patients, tag] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
/** Until the hot paths are compiled: V8 takes a processor second or two for it. */
const warmUp = 4_000;
const times: number[] = [];
let counting = false;
let refused = 0;
const sequences = new Map<number, number>();
let sent = 0;

const senders = Array.from({ length: Number(connections) }, (_, sender) =>
  startSender(
    Number(port),
    () => {
      // A patient belongs to one connection, so that the order of his messages is the sender's.
      const own = Math.max(1, Math.floor(Number(patients) / Number(connections)));
      const patient = sender * own + (sent++ % own);
      const sequence = (sequences.get(patient) ?? 0) + 1;
      sequences.set(patient, sequence);
      // One sending application counts its messages, whatever connection they take (Epic: MSH-10 is an integer).
      const controlId = String(Number(tag) * 10_000_000 + sent);
      return { controlId, text: admission(controlId, patient, sequence) };
    },
    (_, code, ms) => {
      if (code !== 'AA') refused++;
      else if (counting) times.push(ms);
    },
  ),
);
setTimeout(() => {
  counting = true;
  const started = performance.now();
  const from = Date.now();
  setTimeout(() => {
    counting = false;
    const elapsed = performance.now() - started;
    for (const sender of senders) sender.stop();
    void Promise.all(senders.map((sender) => sender.ended)).then(() => {
      times.sort((a, b) => a - b);
      const at = (share: number): number =>
        times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
      process.stdout.write(
        `${JSON.stringify({ perSecond: (times.length / elapsed) * 1000, p50: at(0.5), p99: at(0.99), refused, sent, counted: times.length, from })}\n`,
      );
      process.exit(0);
    });
  }, Number(seconds) * 1_000);
}, warmUp);
