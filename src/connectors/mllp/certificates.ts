/** Until when the certificates of an MLLP connection hold: the receiver's and our own. One that ends unseen stops a feed at night. */
import { type Observed, observedTime } from '../../site/index.ts';
import type { ConnectionContext } from '../contract.ts';
import { certificateAt, ownCertificate } from '../matrix/certificate.ts';
import type { MllpConfig } from './config.ts';
import { openClientTls, openServerTls } from './tls-config.ts';

/** The one that ends first; none where nothing is encrypted. The receiver's is read in a handshake, without a message. */
export async function observeMllp(
  { listen, send }: MllpConfig,
  { secrets, clock }: Pick<ConnectionContext, 'secrets' | 'clock'>,
  signal: AbortSignal,
): Promise<Observed> {
  const found = [];
  if (listen?.tls) {
    const { cert } = await openServerTls(listen.tls, secrets);
    found.push(ownCertificate(String(cert), 'our own listener'));
  }
  if (send?.tls) {
    const { servername, key, cert } = await openClientTls(send.tls, secrets);
    const ours = key === undefined || cert === undefined ? {} : { key, cert };
    const { host, port } = send;
    found.push(
      await certificateAt(
        { host, port, ...(servername === undefined ? {} : { servername }), ...ours },
        signal,
      ),
    );
    if (cert !== undefined) found.push(ownCertificate(String(cert), 'our own sender'));
  }
  const [first] = found.filter((one) => one !== undefined).sort((a, b) => (a.validTo < b.validTo ? -1 : 1));
  return first === undefined ? {} : { certificate: { observedAt: observedTime(clock.now()), ...first } };
}
