/** The fields of an MLLP connection in a site record. */
import { z } from 'zod';
import { duration, parseRecord } from '../record.ts';

const port = z.int().min(0).max(65_535);

const schema = z
  .strictObject({
    connector: z.literal('mllp'),
    /** Where senders connect to. */
    listen: z
      .strictObject({
        /** 127.0.0.1 unless told: MLLP itself neither encrypts nor asks who is there. */
        host: z.string().min(1).default('127.0.0.1'),
        port,
        /** Addresses that may connect; left out: any that can reach the port. */
        peers: z.array(z.string().min(1)).min(1).optional(),
        /** MSH-9 types that are taken, such as `["ADT^*", "SIU^S12"]`; left out: all, even none. */
        types: z.array(z.string().min(1)).min(1).optional(),
        /** MSH-11 values that are taken, such as `[P]` so that no test message enters production; left out: all. */
        processingIds: z.array(z.string().min(1)).min(1).optional(),
        /** MSH-12 values that are taken, such as `["2.3", "2.5.1"]`; left out: all. */
        versions: z.array(z.string().min(1)).min(1).optional(),
      })
      .optional(),
    /** Where messages are sent. */
    send: z.strictObject({ host: z.string().min(1), port: port.min(1) }).optional(),
    /** The largest message, bytes. */
    maxFrame: z
      .int()
      .min(1_024)
      .max(256 * 1024 * 1024)
      .default(16 * 1024 * 1024),
    /** A sender's connection that is quiet for so long is ended; left out: never, since feeds sleep at night. */
    idleTimeout: duration.optional(),
    /** To connect to where we send. */
    connectTimeout: duration.prefault('10s'),
    /** For the acknowledgement of what we send. */
    ackTimeout: duration.prefault('30s'),
  })
  .refine((record) => record.listen !== undefined || record.send !== undefined, {
    path: ['listen'],
    message: 'give listen (to receive) or send (to send), or both',
  });

export type MllpConfig = z.output<typeof schema>;

export const parseMllp = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): MllpConfig => parseRecord(schema, record, at, 'MLLP_CONFIG');
