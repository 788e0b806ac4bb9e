/** The fields of an MLLP connection in a site record. */
import { z } from 'zod';
import { duration, parseRecord } from '../record.ts';
import { clientTls, serverTls } from './tls-config.ts';

const port = z.int().min(0).max(65_535);
const release = z.union([z.literal(1), z.literal(2)]).default(1);

const byte = z.int().min(1).max(255);

/** The bytes around a message, for links that have others than MLLP: `{ start: 0x02, end: 0x03 }`. */
const framing = z.strictObject({ start: byte, end: byte, after: byte.exactOptional() }).optional();

export const mllpFields = z
  .strictObject({
    connector: z.literal('mllp'),
    listen: z
      .strictObject({
        host: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe('127.0.0.1 unless told: MLLP itself neither encrypts nor asks who is there.'),
        port,
        tls: serverTls.optional().describe('Encrypts, and with `clients` asks who is there.'),
        /** 2: answers with commit blocks of MLLP release 2, and with no HL7 acknowledgement. */
        release,
        framing,
        acknowledge: z
          .enum(['original', 'as asked'])
          .default('original')
          .describe(
            '`original`: one AA or AR for each message, whatever MSH-15 and MSH-16 say: many senders fill those fields and still wait for an AA. `as asked`: by MSH-15 and MSH-16, CA and CR included, or no answer at all.',
          ),
        peers: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('Addresses that may connect; left out: any that can reach the port.'),
        types: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('MSH-9 types that are taken, such as `["ADT^*", "SIU^S12"]`; left out: all, even none.'),
        processingIds: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe(
            'MSH-11 values that are taken, such as `[P]` so that no test message enters production; left out: all.',
          ),
        versions: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('MSH-12 values that are taken, such as `["2.3", "2.5.1"]`; left out: all.'),
      })
      .optional()
      .describe('Where senders connect to.'),
    send: z
      .strictObject({
        host: z.string().min(1),
        port: port.min(1),
        tls: clientTls.optional().describe("The receiver's certificate is checked before anything is sent."),
        /** 2: the receiver answers with commit blocks of MLLP release 2. */
        release,
        framing,
        window: z
          .int()
          .min(1)
          .max(64)
          .default(1)
          .describe('Messages under way at once; more than 1 only for receivers that answer each by MSA-2.'),
      })
      .refine((send) => send.release === 1 || send.window === 1, {
        path: ['window'],
        message: 'release 2 has one message under way: leave window out',
      })
      .optional()
      .describe('Where messages are sent.'),
    maxFrame: z
      .int()
      .min(1_024)
      .max(256 * 1024 * 1024)
      .default(16 * 1024 * 1024)
      .describe('The largest message, bytes.'),
    idleTimeout: duration
      .optional()
      .describe(
        "A sender's connection that is quiet for so long is ended; left out: never, since feeds sleep at night.",
      ),
    connectTimeout: duration.prefault('10s').describe('To connect to where we send.'),
    ackTimeout: duration.prefault('30s').describe('For the acknowledgement of what we send.'),
  })
  .refine((record) => record.listen !== undefined || record.send !== undefined, {
    path: ['listen'],
    message: 'give listen (to receive) or send (to send), or both',
  });

export type MllpConfig = z.output<typeof mllpFields>;

export const parseMllp = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): MllpConfig => parseRecord(mllpFields, record, at, 'MLLP_CONFIG');
