import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { testAuthority } from '../../hl7/mllp/certificate.fixture.ts';
import { certificateOf } from './certificate.ts';
import { drift, driftText } from './drift.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);

test('until when a server’s certificate holds is read in a handshake, and told when that is soon', async () => {
  const authority = testAuthority();
  const { key, cert } = authority.issue({ subject: 'fhir.mercy.example', to: NOW + 12 * DAY });
  const server = createServer({ key, cert }, (socket) => socket.resume().on('error', () => undefined));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const signal = new AbortController().signal;
  try {
    const read = await certificateOf(`https://127.0.0.1:${port}/api/FHIR/R4`, signal);
    expect(read).toMatchObject({ from: `127.0.0.1:${port}`, validTo: '2026-12-03T00:00:00Z' });
    const seenOn = (days: number) => {
      const observedAt = new Date(NOW - days * DAY).toISOString();
      return drift(
        {},
        { certificate: { observedAt, from: 'fhir.mercy.example:443', validTo: read?.validTo ?? '' } },
      );
    };
    expect(seenOn(0).map(driftText)).toEqual(['certificate of fhir.mercy.example:443 ends on 2026-12-03']);
    expect(seenOn(19)).toEqual([]);
    expect(await certificateOf(`http://127.0.0.1:${port}/`, signal)).toBeUndefined();
  } finally {
    await new Promise((done) => server.close(done));
  }
  // Nobody listens there any more: who calls the server tells of that.
  expect(await certificateOf(`https://127.0.0.1:${port}/`, signal)).toBeUndefined();
});
