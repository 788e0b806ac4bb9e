/** What dead letters are grouped by. */
import { createHash } from 'node:crypto';
import { canonicalJson, type FailureRecord } from '../std/index.ts';

/** The code of a dead letter whose failure nobody recorded: a person ended it. */
export const GIVEN_UP = 'GIVEN_UP';

/** What dead letters of one cause share. */
export interface Cause {
  readonly code: string;
  readonly flow: string;
  readonly step: string | null;
  readonly path: string | null;
}

/** The cause of a delivery that ended with this failure (`null`: none is recorded). */
export function causeOf(failure: Pick<FailureRecord, 'code' | 'at'> | null, flow: string): Cause {
  return {
    code: failure?.code ?? GIVEN_UP,
    flow,
    step: failure?.at.step ?? null,
    path: failure?.at.path ?? null,
  };
}

/**
 * A short name of a cause: 16 hexadecimal digits of a hash over failure code, flow, step and path. The site is no part of
 * it: one fault of a flow is one group, at however many sites it shows.
 * @example
 * fingerprintOf(delivery.failure, delivery.flow) // '3f0c9a52be17d604'
 */
export function fingerprintOf(failure: Pick<FailureRecord, 'code' | 'at'> | null, flow: string): string {
  const { code, step, path } = causeOf(failure, flow);
  return createHash('sha256')
    .update(canonicalJson([code, flow, step, path]))
    .digest('hex')
    .slice(0, 16);
}
