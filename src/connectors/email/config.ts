/** The fields of an e-mail connection in a site record. */
import { z } from 'zod';
import { duration, parseRecord } from '../record.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** `care@mercy.example`, or with a name: `Care team <care@mercy.example>`. */
const ADDRESS = /^(?:[^<>\r\n]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/;
export const isAddress = (text: string): boolean => text.length <= 320 && ADDRESS.test(text);

export const emailFields = z
  .strictObject({
    connector: z.literal('email'),
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).optional().describe('Left out: 465 for implicit TLS, else 587.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe(
        '`starttls`: begins plain and is made secret before anything is said. `implicit`: secret from the first byte. `none`: to this machine alone.',
      ),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Who issues the server's certificate: PEM text, or the name of a secret that holds it. Left out: the authorities that Node knows.",
      ),
    user: z.string().min(1).optional(),
    secret: z.string().min(1).optional().describe("Name of the secret that is the user's password."),
    from: z
      .string()
      .refine(isAddress, 'an address: care@mercy.example, or Care team <care@mercy.example>')
      .describe('Who it is from.'),
    recipients: z
      .array(z.string().regex(/^[^\s<>]*@[^\s<>@]+$/, 'an address, or a domain: @mercy.example'))
      .min(1)
      .describe(
        'Addresses, or whole domains as `@mercy.example`, that it may be sent to. What a message says leads nowhere else.',
      ),
    timeout: duration.prefault('30s').describe('For each answer of the server.'),
  })
  .superRefine((record, context) => {
    if ((record.user === undefined) !== (record.secret === undefined))
      context.addIssue({ code: 'custom', path: ['secret'], message: 'user and secret go together' });
    if (record.tls === 'none' && !LOOPBACK.includes(record.host))
      context.addIssue({
        code: 'custom',
        path: ['tls'],
        message: 'mail to another machine goes by TLS: use starttls or implicit',
      });
  });

export type EmailConfig = z.output<typeof emailFields>;

export const parseEmail = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): EmailConfig => parseRecord(emailFields, record, at, 'EMAIL_CONFIG');
