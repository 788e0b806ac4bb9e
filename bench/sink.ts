/** A receiver as a process of its own; answers AA, counts, and checks each patient's order. */
import { startSink } from '../test/crash/traffic.ts';

let received = 0;
let inversions = 0;
let twice = 0;
let lastAt = 0;
const seen = new Set<string>();
const last = new Map<string, number>();

const sink = await startSink((controlId, content) => {
  if (seen.has(controlId)) {
    twice++;
    return;
  }
  seen.add(controlId);
  received++;
  lastAt = Date.now();
  const text = content.toString('latin1');
  const pid = text.slice(text.indexOf('\rPID|') + 1, text.indexOf('\rPD1|')).split('|');
  const patient = pid[3] as string;
  const sequence = Number(pid[4]);
  if (sequence <= (last.get(patient) ?? 0)) inversions++;
  last.set(patient, sequence);
});
process.send?.({ port: sink.port });
process.on('message', () => process.send?.({ received, inversions, twice, lastAt }));
process.on('disconnect', () => process.exit(0));
