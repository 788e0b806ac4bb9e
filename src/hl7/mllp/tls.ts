/** TLS for both ends: at least 1.2, certificates pinned to the endpoint, and what went wrong in words. */
import type { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';

/** Which certificates of the other side are taken, beside what Node's own options say. */
export interface TlsPins {
  /**
   * SHA-256 fingerprints (hexadecimal, colons or not) of the certificates that are taken, and no other. With `ca` the
   * certificate must pass both checks; without, the fingerprint is the trust: self-signed ones are taken, expired ones never.
   */
  readonly pins?: readonly string[];
}

/** Of a client: `ca`, `key` and `cert` for mutual TLS, `servername` when the certificate has another name than the host. */
export interface MllpClientTls extends ConnectionOptions, TlsPins {}

/** Of a server: `key` and `cert`; for mutual TLS `ca`, `pins` or both. */
export interface MllpServerTls extends TlsOptions, TlsPins {
  /** Names that a client's certificate may have (a DNS or common name); for mutual TLS. */
  readonly names?: readonly string[];
}

export type TlsTroubleKind =
  | 'authority'
  | 'expired'
  | 'not-yet-valid'
  | 'name'
  | 'pin'
  | 'no-certificate'
  | 'version'
  | 'no-tls'
  | 'cipher'
  | 'refused-by-peer'
  | 'own-key'
  | 'other';

/** Why TLS did not come about: what happened, and what to do first. */
export interface TlsTrouble {
  readonly kind: TlsTroubleKind;
  /** A sentence: what happened. It names no place: the caller knows whether it dialled or was dialled. */
  readonly text: string;
  /** A sentence: what to do first. */
  readonly fix: string;
}

/** Node takes TLS 1.0 when it is started so; this library does not. */
const leastVersion = (version: TlsOptions['minVersion']): 'TLSv1.2' | 'TLSv1.3' =>
  version === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2';

/** The options for `tls.connect`. Throws a RangeError for a pin that is no SHA-256 fingerprint. */
export function clientOptions(host: string, tls: MllpClientTls): ConnectionOptions {
  const { pins, ...rest } = tls;
  checkPins(pins);
  // Server name indication takes names only.
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return {
    ...name,
    ...rest,
    minVersion: leastVersion(rest.minVersion),
    ...(trustsByPin(tls) ? { rejectUnauthorized: false } : {}),
  };
}

/** The options for `tls.createServer`. Throws a RangeError for a pin that is no SHA-256 fingerprint. */
export function serverOptions(tls: MllpServerTls): TlsOptions {
  const { pins, names, ...rest } = tls;
  checkPins(pins);
  const mutual = pins !== undefined || names !== undefined ? { requestCert: true } : {};
  return {
    ...mutual,
    ...rest,
    minVersion: leastVersion(rest.minVersion),
    ...(trustsByPin(tls) ? { rejectUnauthorized: false } : {}),
  };
}

/** Without an authority the fingerprint alone decides, after the handshake. */
const trustsByPin = ({ pins, ca }: TlsPins & { readonly ca?: unknown }): boolean =>
  pins !== undefined && ca === undefined;

const plainPin = (pin: string): string => pin.replaceAll(':', '').toLowerCase();

function checkPins(pins: readonly string[] | undefined): void {
  if (pins === undefined) return;
  if (pins.length === 0)
    throw new RangeError('tls.pins is empty: nobody could be trusted. Leave it out, or give one.');
  for (const pin of pins)
    if (!/^[\da-f]{64}$/.test(plainPin(pin)))
      throw new RangeError('A pin is the SHA-256 fingerprint of a certificate: 64 hexadecimal digits.');
}

/**
 * What is wrong with the certificate of the other side after the handshake; undefined when it may go on. What the
 * handshake itself checks (authority, expiry, name) has been checked then, unless pins stand in for it.
 */
export function certificateTrouble(
  socket: TLSSocket,
  tls: TlsPins & { readonly names?: readonly string[]; readonly ca?: unknown },
  now: number,
): TlsTrouble | undefined {
  const { pins, names } = tls;
  if (pins === undefined && names === undefined) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return troubles['no-certificate'];
  if (pins !== undefined) {
    // The chain is not judged when the fingerprint is the trust, so its dates are looked at here.
    if (now > Date.parse(certificate.validTo)) return troubles.expired;
    if (now < Date.parse(certificate.validFrom)) return troubles['not-yet-valid'];
    const own = plainPin(certificate.fingerprint256);
    if (!pins.some((pin) => plainPin(pin) === own)) return troubles.pin;
  }
  // A name counts only in a certificate that was proved, whatever rejectUnauthorized says.
  if (names !== undefined && pins === undefined && !socket.authorized) return troubles.authority;
  if (names !== undefined && !names.some((name) => hasName(certificate, name))) return troubles.name;
  return undefined;
}

/** A DNS name of the certificate, or its common name: senders inside hospitals often have only that. */
function hasName(certificate: X509Certificate, name: string): boolean {
  if (certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined) return true;
  return certificate.subject.split('\n').some((line) => line === `CN=${name}`);
}

const troubles: Readonly<Record<Exclude<TlsTroubleKind, 'other'>, TlsTrouble>> = {
  authority: {
    kind: 'authority',
    text: 'its certificate is not from an authority that is trusted here',
    fix: 'Give the authority that issued it as ca (or pin the certificate); if it was not issued by who you expect, do not connect.',
  },
  expired: {
    kind: 'expired',
    text: 'its certificate has expired',
    fix: 'Have the other side renew its certificate; if it is new, compare the clocks of both machines.',
  },
  'not-yet-valid': {
    kind: 'not-yet-valid',
    text: 'its certificate is not valid yet',
    fix: 'Compare the clocks of both machines, then the dates of the certificate.',
  },
  name: {
    kind: 'name',
    text: 'its certificate is for another name',
    fix: 'Correct the host, or say which name is expected (servername for a server, names for its clients); otherwise have a certificate issued for the right name.',
  },
  pin: {
    kind: 'pin',
    text: 'its certificate is none of those that are pinned',
    fix: 'Ask the other side, by another way than this connection, whether it changed its certificate; if so, pin the new SHA-256 fingerprint.',
  },
  'no-certificate': {
    kind: 'no-certificate',
    text: 'it shows no certificate, and one is asked for',
    fix: 'Have the other side set up its client certificate and key (mutual TLS).',
  },
  version: {
    kind: 'version',
    text: 'it offers no TLS version from 1.2 on',
    fix: 'Have TLS 1.2 or 1.3 switched on at the other side: TLS 1.0 and 1.1 are broken and not spoken here.',
  },
  'no-tls': {
    kind: 'no-tls',
    text: 'it does not speak TLS',
    fix: 'Check the port: one side is set up with TLS and the other without.',
  },
  cipher: {
    kind: 'cipher',
    text: 'both sides have no cipher in common',
    fix: 'Compare the ciphers and the kind of key (RSA, EC) that both sides are set up with.',
  },
  'refused-by-peer': {
    kind: 'refused-by-peer',
    text: 'it does not take the certificate that is shown to it',
    fix: 'Check the certificate and key of this side (authority, expiry, name), and whether the other side knows that authority.',
  },
  'own-key': {
    kind: 'own-key',
    text: 'the key or certificate of this side cannot be used',
    fix: 'Give key and cert as PEM text that belong together, and the passphrase if the key has one.',
  },
};

/** Error codes of Node and OpenSSL, by what they mean here. */
const codes: readonly (readonly [RegExp, Exclude<TlsTroubleKind, 'other'>])[] = [
  [/^CERT_HAS_EXPIRED$/, 'expired'],
  [/^CERT_NOT_YET_VALID$/, 'not-yet-valid'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/, 'name'],
  [
    /^UNABLE_TO_|^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE)$|^INVALID_(CA|PURPOSE)$/,
    'authority',
  ],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE|ALERT_CERTIFICATE_REQUIRED/, 'no-certificate'],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|ACCESS_DENIED)/,
    'refused-by-peer',
  ],
  [
    /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|WRONG_SSL_VERSION|VERSION_TOO_LOW|LEGACY_SIGALG|NO_SUPPORTED_VERSIONS_ENABLED/,
    'version',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|ERR_SSL_BAD_RECORD_TYPE/,
    'no-tls',
  ],
  [/NO_SHARED_CIPHER|HANDSHAKE_FAILURE|NO_SUITABLE|NO_CIPHERS/, 'cipher'],
  [/KEY_VALUES_MISMATCH|^ERR_OSSL_|NO_START_LINE|BAD_DECRYPT|CA_MD_TOO_WEAK|EE_KEY_TOO_SMALL/, 'own-key'],
];

/**
 * What an error of a TLS socket means; undefined when it is none of TLS (a reset, a refused connection).
 *
 *     const trouble = tlsTrouble(error);
 *     if (trouble) log(`${host}: ${trouble.text}. ${trouble.fix}`);
 */
export function tlsTrouble(error: unknown): TlsTrouble | undefined {
  if (error instanceof TlsRefusal) return error.trouble;
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  for (const [pattern, kind] of codes) if (pattern.test(code)) return troubles[kind];
  if (!/^ERR_(SSL|TLS|OSSL)/.test(code)) return undefined;
  return {
    kind: 'other',
    text: `TLS failed (${code || message})`,
    fix: 'Look the code up in the documentation of OpenSSL, and compare how both sides are set up.',
  };
}

/** The other side's certificate is refused after the handshake. */
export class TlsRefusal extends Error {
  readonly trouble: TlsTrouble;

  constructor(where: string, trouble: TlsTrouble) {
    super(tlsSentence(where, trouble));
    this.name = 'TlsRefusal';
    this.trouble = trouble;
  }
}

/** `10.0.0.7 port 6661: its certificate has expired. Have the other side renew ...` */
export const tlsSentence = (where: string, { text, fix }: TlsTrouble): string => `${where}: ${text}. ${fix}`;
