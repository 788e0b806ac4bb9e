/**
 * Certificates for tests, made when they run so that no key is kept in the project (X.509 v3 in DER, P-256).
 */
import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
};
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const name = (common: string): Buffer =>
  der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(common)))));
const truth = der(0x01, Uint8Array.of(255));
const generalized = (time: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(time).toISOString().replace(/[-:T]|\..*/g, '')}Z`));

export interface CertificateWish {
  /** Common name. */
  readonly subject: string;
  /** DNS names beside 127.0.0.1; `localhost` unless given. With a list, 127.0.0.1 is left out. */
  readonly names?: readonly string[];
  /** Milliseconds; 2020 to 2099 unless given. */
  readonly from?: number;
  readonly to?: number;
}

/** A certificate with its private key, both PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, as Node writes it. */
  readonly fingerprint: string;
}

export interface TestAuthority {
  readonly ca: string;
  issue(wish: CertificateWish): Identity;
}

export function testAuthority(subject = 'Test Authority'): TestAuthority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ca = certificate({ subject }, subject, own.publicKey, own.privateKey, true);
  return {
    ca,
    issue(wish) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate(wish, subject, publicKey, own.privateKey, false);
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { key, cert, fingerprint: new X509Certificate(cert).fingerprint256 };
    },
  };
}

function certificate(
  { subject, names, from = Date.UTC(2020, 0), to = Date.UTC(2099, 0) }: CertificateWish,
  issuer: string,
  key: KeyObject,
  signer: KeyObject,
  authority: boolean,
): string {
  const algorithm = der(0x30, oid('2a8648ce3d040302'));
  const dns = (names ?? ['localhost']).map((each) => der(0x82, Buffer.from(each)));
  const address = names === undefined ? [der(0x87, Uint8Array.of(127, 0, 0, 1))] : [];
  const extension = authority
    ? der(0x30, oid('551d13'), truth, der(0x04, der(0x30, truth)))
    : der(0x30, oid('551d11'), der(0x04, der(0x30, ...address, ...dns)));
  const serial = createHash('sha256').update(`${subject}${from}${to}`).digest().subarray(0, 8);
  serial[0] = 1;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, serial),
    algorithm,
    name(issuer),
    der(0x30, generalized(from), generalized(to)),
    name(subject),
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = der(0x03, Uint8Array.of(0), sign('sha256', body, signer));
  const text = der(0x30, body, algorithm, signature)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}
