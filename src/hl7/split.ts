import { BatchAudit } from './batch-audit.ts';
import { readEnvelope } from './envelope.ts';
import type { Finding } from './finding.ts';
import { MessageScanner } from './message-scanner.ts';

/** What a file of messages holds. */
export interface SplitFile {
  /** The bytes of each message, from its MSH to its last line end; slices of the file, not copies. */
  readonly messages: readonly Uint8Array[];
  /** The batch and file headers and trailers (FHS, BHS, BTS, FTS) that were left out, as slices. */
  readonly envelope: readonly Uint8Array[];
  /** Bytes that belong to neither and are not blanks or MLLP framing: read a file with any as damaged. */
  readonly strayBytes: number;
  /** Where the first stray byte stands; -1 when there is none. */
  readonly strayAt: number;
  /** What is odd about the envelopes: counts that are wrong, trailers that are missing. The first 100. */
  readonly findings: readonly Finding[];
}

/**
 * Divides a file into its messages. A message begins where a line begins with MSH and a field separator; it ends before
 * the next one, before a line of the batch envelope, or at an MLLP end byte. One pass over the bytes; never throws.
 * A file too large for memory is read by `readBatches`.
 *
 *     splitMessages(await readFile('adt.hl7')).messages.length
 */
export function splitMessages(bytes: Uint8Array): SplitFile {
  const messages: Uint8Array[] = [];
  const envelope: Uint8Array[] = [];
  const findings: Finding[] = [];
  let strayBytes = 0;
  let strayAt = -1;
  const scanner = new MessageScanner();
  const audit = new BatchAudit();
  for (const found of [...scanner.push(bytes), ...scanner.finish()])
    switch (found.kind) {
      case 'message':
        messages.push(found.bytes);
        audit.message();
        break;
      case 'envelope':
        envelope.push(found.bytes);
        findings.push(...audit.envelope(readEnvelope(found.bytes), found.at));
        break;
      default:
        if (strayAt < 0) strayAt = found.at;
        strayBytes += found.length;
    }
  findings.push(...audit.finish());
  return { messages, envelope, strayBytes, strayAt, findings: findings.slice(0, 100) };
}
