/** The `tls` part of an MLLP connection, and what it opens: keys are secrets by name, and are read at the moment of use. */
import { z } from 'zod';
import type { MllpClientTls, MllpServerTls } from '../../hl7/index.ts';
import type { Secrets } from '../contract.ts';

/** The name of a secret, never the key itself: a site record stands under version control. */
const secretName = z
  .string()
  .min(1)
  .refine(
    (text) => !text.includes('-----BEGIN'),
    'the name of a secret that holds the PEM text, not the text itself',
  );

/** Certificates are no secret: PEM text, or the name of a secret that holds it. */
const certificates = z.string().min(1);

const fingerprint = z
  .string()
  .regex(
    /^([\dA-Fa-f]{2}:?){32}$/,
    'the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, colons or not',
  );

const pins = z.array(fingerprint).min(1);

export const serverTls = z.strictObject({
  key: secretName,
  cert: certificates,
  clients: z
    .strictObject({
      ca: certificates.optional(),
      pins: pins.optional(),
      names: z.array(z.string().min(1)).min(1).optional(),
    })
    .refine((clients) => clients.ca !== undefined || clients.pins !== undefined, {
      path: ['ca'],
      message: 'give ca (who issues their certificates) or pins (their fingerprints), or both',
    })
    .optional()
    .describe('Mutual TLS: only clients with a certificate that passes all that is given here are heard.'),
});

export const clientTls = z
  .strictObject({
    ca: certificates
      .optional()
      .describe(
        "Who issues the receiver's certificate; left out: the authorities that Node knows, unless `pins` are given.",
      ),
    pins: pins.optional().describe("Fingerprints of the receiver's certificate; with `ca` both must fit."),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe("The name in the receiver's certificate, where it is not the host."),
    key: secretName.optional().describe('Our own certificate, for receivers that ask for one.'),
    cert: certificates.optional(),
  })
  .refine((tls) => (tls.key === undefined) === (tls.cert === undefined), {
    path: ['key'],
    message: 'key and cert go together',
  });

const isName = (reference: string | undefined): reference is string =>
  reference !== undefined && !reference.includes('-----BEGIN');

/** Names of the secrets that both ends of a connection are opened with. */
export const tlsKeys = (
  listen: z.output<typeof serverTls> | undefined,
  send: z.output<typeof clientTls> | undefined,
): readonly string[] =>
  [listen?.key, listen?.cert, listen?.clients?.ca, send?.key, send?.cert, send?.ca].filter(isName);

const pem = async (reference: string, secrets: Secrets): Promise<string> =>
  reference.includes('-----BEGIN') ? reference : await secrets.get(reference);

/** Rejects with the Failure of a secret that is not set. */
export async function openServerTls(
  { key, cert, clients }: z.output<typeof serverTls>,
  secrets: Secrets,
): Promise<MllpServerTls> {
  return {
    key: await secrets.get(key),
    cert: await pem(cert, secrets),
    ...(clients === undefined ? {} : { requestCert: true }),
    ...(clients?.ca === undefined ? {} : { ca: await pem(clients.ca, secrets) }),
    ...(clients?.pins === undefined ? {} : { pins: clients.pins }),
    ...(clients?.names === undefined ? {} : { names: clients.names }),
  };
}

/** Rejects with the Failure of a secret that is not set. */
export async function openClientTls(
  { ca, pins, servername, key, cert }: z.output<typeof clientTls>,
  secrets: Secrets,
): Promise<MllpClientTls> {
  return {
    ...(ca === undefined ? {} : { ca: await pem(ca, secrets) }),
    ...(pins === undefined ? {} : { pins }),
    ...(servername === undefined ? {} : { servername }),
    ...(key === undefined ? {} : { key: await secrets.get(key) }),
    ...(cert === undefined ? {} : { cert: await pem(cert, secrets) }),
  };
}
