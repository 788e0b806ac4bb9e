import type { Envelope } from './envelope.ts';
import type { Finding, FindingCode } from './finding.ts';

/** An envelope that has begun. */
interface Open {
  readonly at: number;
}

/**
 * Follows the lines of the envelopes through a file, `[FHS] { [BHS] [{ message }] [BTS] } [FTS]` (2.10.3), and tells
 * where they do not hold: a wrong count is how a receiver learns that messages are missing.
 */
export class BatchAudit {
  #file: Open | undefined;
  #batch: Open | undefined;
  #batches = 0;
  /** Messages of the open batch, or since the last envelope line; and of the file. */
  #messages = 0;
  #all = 0;
  /** Runs of messages without a BHS, each of which is a batch without its envelope. */
  #bare = 0;

  message(): void {
    if (this.#batch === undefined && this.#messages === 0) this.#bare += 1;
    this.#messages += 1;
    this.#all += 1;
  }

  envelope(envelope: Envelope, at: number): Finding[] {
    switch (envelope.id) {
      case 'FHS': {
        const findings = this.finish();
        this.#file = { at };
        return findings;
      }
      case 'BHS': {
        const findings = this.#unfinishedBatch();
        this.#batch = { at };
        this.#batches += 1;
        this.#messages = 0;
        return findings;
      }
      case 'BTS':
        return this.#batchTrailer(envelope, at);
      case 'FTS':
        return this.#fileTrailer(envelope, at);
    }
  }

  /** At the end of the file. */
  finish(): Finding[] {
    const findings = this.#unfinishedBatch();
    if (this.#file !== undefined)
      findings.push(
        finding('file-open', 'FHS has no FTS: the file may have been cut.', `byte ${this.#file.at}`),
      );
    this.#reset();
    return findings;
  }

  #reset(): void {
    this.#file = undefined;
    this.#batches = 0;
    this.#messages = 0;
    this.#all = 0;
    this.#bare = 0;
  }

  #unfinishedBatch(): Finding[] {
    const open = this.#batch;
    this.#batch = undefined;
    return open === undefined
      ? []
      : [finding('batch-open', 'BHS has no BTS: the batch may have been cut.', `byte ${open.at}`)];
  }

  #batchTrailer(envelope: Envelope, at: number): Finding[] {
    const findings: Finding[] = [];
    if (this.#batch === undefined) {
      findings.push(finding('batch-order', 'BTS stands without a BHS before it.', `byte ${at}`));
      if (this.#messages > 0) this.#bare -= 1;
      this.#batches += 1;
    }
    findings.push(...disagreement(envelope, at, [this.#messages], 'messages', 'batch'));
    this.#batch = undefined;
    this.#messages = 0;
    return findings;
  }

  #fileTrailer(envelope: Envelope, at: number): Finding[] {
    const findings = this.#unfinishedBatch();
    if (this.#file === undefined)
      findings.push(finding('batch-order', 'FTS stands without an FHS before it.', `byte ${at}`));
    // Without envelopes of their own, messages may be counted as one batch, as none, or one by one.
    const counts = [this.#batches, this.#batches + this.#bare];
    if (this.#batches === 0) counts.push(1, this.#all);
    findings.push(...disagreement(envelope, at, counts, 'batches', 'file'));
    this.#reset();
    return findings;
  }
}

const finding = (code: FindingCode, text: string, where: string): Finding => ({ code, text, where });

/** BTS-1 and FTS-1 are optional: an empty one says nothing. */
function disagreement(
  { id, fields }: Envelope,
  at: number,
  counts: readonly number[],
  things: string,
  kind: 'batch' | 'file',
): Finding[] {
  const said = (fields[1] ?? '').trim();
  if (said === '') return [];
  const where = `${id}-1, byte ${at}`;
  const code = `${kind}-count` as const;
  if (!/^\d{1,15}$/.test(said)) return [finding(code, `${id}-1 should be the number of ${things}.`, where)];
  if (counts.includes(Number(said))) return [];
  return [
    finding(
      code,
      `${id}-1 says ${Number(said)} ${things}, but the ${kind} holds ${counts[0]}: ask for it again.`,
      where,
    ),
  ];
}
