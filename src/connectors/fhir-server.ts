/** What connections to a FHIR server share: fields of their records, their limits, and how their requests are watched. */
import { z } from 'zod';
import { type HttpLimits, usualLimits, type Watch } from '../fhir/index.ts';
import type { ConnectionContext } from './contract.ts';
import { address, duration, isPlain } from './record.ts';

export const serverFields = {
  fhirBase: address.describe('`https://host/instance/api/FHIR/R4`.'),
  tokenUrl: address.optional().describe('Left out: as `.well-known/smart-configuration` says.'),
  timeouts: z
    .strictObject({
      connect: duration.optional(),
      answer: duration.optional(),
      total: duration.optional(),
    })
    .prefault({}),
  plainHttp: z
    .boolean()
    .default(false)
    .describe(
      "Allows http:// to another machine. The token and patients' data then cross the network readable.",
    ),
};

interface Addresses {
  readonly fhirBase: string;
  readonly tokenUrl?: string | undefined;
  readonly plainHttp: boolean;
}

export function checkPlain(record: Addresses, context: z.RefinementCtx): void {
  for (const field of ['fhirBase', 'tokenUrl'] as const) {
    if (!record.plainHttp && isPlain(record[field] ?? ''))
      context.addIssue({ code: 'custom', path: [field], message: 'use https://, or set plainHttp: true' });
  }
}

/** Its addresses are put together by adding to the base, which therefore ends without a slash. */
export const withoutSlash = <Config extends { readonly fhirBase: string }>(config: Config): Config => ({
  ...config,
  fhirBase: config.fhirBase.replace(/\/+$/, ''),
});

export function limitsOf({
  timeouts,
}: {
  readonly timeouts: { readonly [Limit in 'connect' | 'answer' | 'total']?: number | undefined };
}): HttpLimits {
  return {
    ...usualLimits,
    connect: timeouts.connect ?? usualLimits.connect,
    answer: timeouts.answer ?? usualLimits.answer,
    total: timeouts.total ?? usualLimits.total,
  };
}

/** Takes from the site's budget before each request and tells how each one ended. */
export function watchOf(context: ConnectionContext): Watch {
  return {
    before: (signal) => context.budget.take(signal),
    after({ retryAfter, ...outcome }) {
      // Not for EPIC_DAILY_LIMIT: that one concerns documents alone.
      if (outcome.code === 'FHIR_THROTTLED') context.budget.slow(retryAfter);
      else if (outcome.kind === 'ok') context.budget.answered?.(outcome.ms);
      context.report(outcome);
    },
  };
}
