/** The fields of a webhook connection in a site record. */
import { z } from 'zod';
import { address, duration, isPlain, parseRecord } from '../record.ts';

export const webhookFields = z
  .strictObject({
    connector: z.literal('webhook'),
    url: address
      .optional()
      .describe(
        'Where calls go; steps may add a path below it, never another host. Left out: it only receives.',
      ),
    secret: z
      .string()
      .min(1)
      .describe('Name of the secret that signs what goes out and proves what comes in.'),
    timeout: duration.prefault('10s').describe("For the other side's answer."),
    accepts: z.boolean().default(false).describe('Takes calls at `/hooks/<site>/<connection>`.'),
    maxBody: z
      .int()
      .min(1_024)
      .max(64 * 1024 * 1024)
      .default(10 * 1024 * 1024)
      .describe('The largest body that is taken, and the largest answer that is read; bytes.'),
    plainHttp: z
      .boolean()
      .default(false)
      .describe('Allows http:// to another machine: what is sent then crosses the network readable.'),
  })
  .superRefine((record, context) => {
    if (record.url === undefined && !record.accepts) {
      const message = 'give url (to send) or accepts: true (to receive), or both';
      context.addIssue({ code: 'custom', path: ['url'], message });
    }
    if (!record.plainHttp && isPlain(record.url ?? '')) {
      context.addIssue({ code: 'custom', path: ['url'], message: 'use https://, or set plainHttp: true' });
    }
  });

export type WebhookConfig = z.output<typeof webhookFields>;

export const parseWebhook = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): WebhookConfig => parseRecord(webhookFields, record, at, 'WEBHOOK_CONFIG');
