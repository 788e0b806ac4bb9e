/** A receiver as a process of its own that remembers each patient's place alone, so that it can run for days. */
import { startSink } from '../../crash/traffic.ts';

const last = new Map<string, number>();
let received = 0;
let again = 0;
let inversions = 0;
const sink = await startSink((_, content) => {
  const text = content.toString('latin1');
  const at = text.indexOf('\rPID|');
  const pid = text.slice(at + 1, at + 100).split('|');
  const patient = pid[3] as string;
  const sequence = Number(pid[4]);
  const before = last.get(patient) ?? 0;
  if (sequence === before) again++;
  else if (sequence !== before + 1) inversions++;
  else received++;
  last.set(patient, Math.max(before, sequence));
});
process.send?.({ port: sink.port });
process.on('message', () => process.send?.({ received, again, inversions }));
process.on('disconnect', () => process.exit(0));
