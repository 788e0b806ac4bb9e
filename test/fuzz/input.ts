import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { admission, result } from '../../bench/hl7-messages.ts';
import { anyMessage } from './grammar.ts';
import { mutated } from './mutation.ts';
import { Random } from './random.ts';

const own: readonly string[] = [
  admission.toString('latin1'),
  result.subarray(0, 2_000).toString('latin1'),
  'MSH|^~\\&#|SCHED|CLINIC|SUTURE|APP|20260131120000||SIU^S12^SIU_S12|1|P|2.7\rSCH|1|2||||R^Routine|||30|min\rRGS|1\rAIS|1||C^Cardiology\r',
  'MSH|^~\\&|DOC|CLINIC|SUTURE|APP|20260131||MDM^T02^MDM_T02|2|P|2.5.1||||||UNICODE UTF-8\rTXA|1|CN|TX\rOBX|1|FT|||one\\.br\\\\H\\two\\N\\ \\T\\ caf\xc3\xa9\r',
  'FHS|^~\\&|X\rBHS|^~\\&|X\rMSH|^~\\&|A|||||||1\rPID|1\rMSH|^~\\&|B|||||||2\rPID|2\rBTS|2\rFTS|1\r',
  'MSH|^~\\&|A|||||||7|P|2.3\rMSA|AE|4711|no such patient||13\rERR|PID^1^3^101&Required field missing&HL70357\r',
];

/** The messages of a folder, to mutate as well: `.hl7` and `.txt`, as byte strings. */
export function messagesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(hl7|txt)$/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name)).toString('latin1').slice(0, 8_000));
}

/** The bytes of one case. The same seed and the same corpus give the same bytes. */
export function inputOf(seed: number, corpus: readonly string[] = []): Buffer {
  const random = new Random(seed);
  const sources = corpus.length > 0 && !random.once(3) ? corpus : own;
  const kind = random.below(10);
  let text: string;
  if (kind < 5) text = anyMessage(random);
  else if (kind < 7) text = mutated(random, anyMessage(random), sources);
  else text = mutated(random, random.pick(sources), sources);
  return Buffer.from(text, 'latin1');
}
