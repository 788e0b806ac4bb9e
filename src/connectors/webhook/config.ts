/** The fields of a webhook connection in a site record. */
import { z } from 'zod';
import { address, duration, isPlain, parseRecord } from '../record.ts';

const schema = z
  .strictObject({
    connector: z.literal('webhook'),
    /** Where calls go; steps may add a path below it, never another host. Left out: it only receives. */
    url: address.optional(),
    /** Name of the secret that signs what goes out and proves what comes in. */
    secret: z.string().min(1),
    /** For the other side's answer. */
    timeout: duration.prefault('10s'),
    /** Takes calls at `/hooks/<site>/<connection>`. */
    accepts: z.boolean().default(false),
    /** The largest body that is taken, and the largest answer that is read; bytes. */
    maxBody: z
      .int()
      .min(1_024)
      .max(64 * 1024 * 1024)
      .default(10 * 1024 * 1024),
    /** Allows http:// to another machine: what is sent then crosses the network readable. */
    plainHttp: z.boolean().default(false),
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

export type WebhookConfig = z.output<typeof schema>;

export const parseWebhook = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): WebhookConfig => parseRecord(schema, record, at, 'WEBHOOK_CONFIG');
