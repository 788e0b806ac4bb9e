/** The fields of a file connection in a site record. */
import { z } from 'zod';
import { duration, parseRecord } from '../record.ts';

const inside = z
  .string()
  .regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\0\\]+$/, 'a folder below the connection’s own, without ".."');

const sftp = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1),
  secret: z.string().min(1).optional().describe('Name of the secret that is the password.'),
  key: z.string().min(1).optional().describe('Name of the secret that is the private key (OpenSSH or PEM).'),
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'SHA256: and the fingerprint, as ssh-keygen -lf shows it')
    .describe(
      "The server's own key, as the site gave it: `SHA256:` and its fingerprint. Another one ends the connection.",
    ),
  timeout: duration.prefault('20s'),
});

const take = z
  .strictObject({
    from: inside.default('.').describe("Where files come in, below the connection's folder."),
    match: z.string().min(1).default('*').describe('Names that are taken; `*` stands for any letters.'),
    format: z.enum(['csv', 'ndjson', 'hl7', 'text']),
    delimiter: z
      .string()
      .refine((text) => text === 'tab' || /^[\x20-\x7e]$/.test(text), 'one character, or tab')
      .default(',')
      .describe('CSV: what separates fields.'),
    columns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('CSV: names of the columns, when the file has no first line with them.'),
    patient: z
      .string()
      .min(1)
      .optional()
      .describe(
        'CSV: the column, NDJSON: the field (below objects by dots) that holds the patient’s medical record number. Its records then stand in that patient’s lane and are found by patient; those of different patients need not wait for one another.',
      ),
    encoding: z.enum(['utf-8', 'windows-1252', 'iso-8859-1']).default('utf-8'),
    type: z
      .string()
      .min(1)
      .optional()
      .describe("What its messages are called; left out: the format. For HL7 each message's own type."),
    every: duration.prefault('30s').describe('How often the folder is looked at.'),
    stable: duration
      .prefault('20s')
      .describe('For how long a file must stay as it is before it counts as complete.'),
    done: z
      .string()
      .regex(/^\.[\w.-]+$/)
      .optional()
      .describe('A file is taken only when one of the same name with this behind it is there: `.done`.'),
    checksum: z
      .literal('sha256')
      .optional()
      .describe('A file beside each, of its name with `.sha256` behind it, holds its SHA-256.'),
    after: z.enum(['archive', 'delete']).default('archive'),
    archive: inside.default('archive'),
    quarantine: inside.default('quarantine'),
    batch: z.int().min(1).max(1_000).default(200).describe('Records that are committed together.'),
    maxRecord: z
      .int()
      .min(64)
      .max(64 * 1024 * 1024)
      .default(1024 * 1024)
      .describe('Bytes of one record.'),
    maxFile: z
      .number()
      .int()
      .min(1)
      .default(64 * 1024 * 1024 * 1024)
      .describe('Bytes of one file, unpacked.'),
  })
  .optional();

const put = z
  .strictObject({
    to: inside.default('.').describe("Where files are written, below the connection's folder."),
    name: z
      .string()
      .regex(/^[\w.{}-]+$/, 'letters, digits, dots, hyphens and {names}')
      .refine(
        (text) => text.includes('{delivery}'),
        'it must hold {delivery}, or one file would replace another',
      )
      .refine(
        (text) =>
          [...text.matchAll(/\{(\w*)\}?/g)].every(
            ([whole, name]) => whole.endsWith('}') && NAMES.includes(name ?? ''),
          ),
        'known names: {site}, {connection}, {flow}, {step}, {delivery}',
      )
      .default('{flow}-{delivery}-{step}.{extension}')
      .describe(
        'Their names. `{delivery}` and `{step}` make each its own, and a second attempt writes the same one. Nothing else can stand in it: names are read by many.',
      ),
    done: z
      .string()
      .regex(/^\.[\w.-]+$/)
      .optional()
      .describe('Written behind each, empty, when it is complete: `.done`.'),
  })
  .optional();

export const NAMES: readonly string[] = ['site', 'connection', 'flow', 'step', 'delivery', 'extension'];

export const fileFields = z
  .strictObject({
    connector: z.literal('file'),
    folder: z
      .string()
      .regex(/^\/[^\0]*$|^[A-Za-z]:[\\/]/, 'an absolute path')
      .describe('Absolute; on the server, where there is `sftp`.'),
    sftp: sftp.optional(),
    take,
    put,
  })
  .superRefine((record, context) => {
    if (record.take === undefined && record.put === undefined)
      context.addIssue({
        code: 'custom',
        path: ['take'],
        message: 'give take (to read files), put (to write them), or both',
      });
    if (record.sftp !== undefined && record.sftp.secret === undefined && record.sftp.key === undefined)
      context.addIssue({
        code: 'custom',
        path: ['sftp', 'secret'],
        message: 'name a secret (password) or a key',
      });
    if (record.take?.patient !== undefined && !['csv', 'ndjson'].includes(record.take.format))
      context.addIssue({
        code: 'custom',
        path: ['take', 'patient'],
        message: 'only for csv and ndjson: HL7 messages name their patient themselves, and text names none',
      });
    if (record.take?.patient !== undefined && record.take.columns?.includes(record.take.patient) === false)
      context.addIssue({
        code: 'custom',
        path: ['take', 'patient'],
        message: 'none of the names in take.columns',
      });
    if (
      record.take !== undefined &&
      new Set([record.take.from, record.take.archive, record.take.quarantine]).size < 3
    )
      context.addIssue({
        code: 'custom',
        path: ['take', 'archive'],
        message: 'from, archive and quarantine must be three folders',
      });
  });

export type FileConfig = z.output<typeof fileFields>;
export type TakeConfig = NonNullable<FileConfig['take']>;

export const parseFile = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): FileConfig => parseRecord(fileFields, record, at, 'FILE_CONFIG');
