import { expect, test } from 'vitest';
import { type LoadedSite, siteSchema } from '../../site/index.ts';
import { secretNames } from './connections.ts';

const siteWith = (connections: Record<string, unknown>): LoadedSite =>
  ({
    record: siteSchema.parse({
      ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'epic' }, timeZone: 'UTC' },
      ...{ identifiers: { mrn: { system: 'urn:oid:1.2.3' } }, connections },
    }),
  }) as LoadedSite;

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';

test('secrets of connections are named wherever they stand, keys and certificates as what cannot be made up', () => {
  const listen = { port: 1, tls: { key: 'our-key', cert: 'our-cert', clients: { ca: 'their-ca' } } };
  const send = { host: 'h', port: 1, tls: { key: 'client-key', cert: PEM, ca: 'receiver-ca' } };
  const found = secretNames([
    siteWith({
      hl7: { connector: 'mllp', listen, send },
      app: { connector: 'webhook', url: 'http://127.0.0.1:1', secret: 'app' },
      mail: {
        ...{
          connector: 'email',
          host: 'mail.mercy.example',
          from: 'a@mercy.example',
          recipients: ['@mercy.example'],
        },
        ...{ user: 'u', secret: 'mail-password', ca: 'mail-ca' },
      },
      files: {
        ...{ connector: 'file', folder: '/out', put: {} },
        sftp: { host: 'h', user: 'u', key: 'sftp-key', hostKey: `SHA256:${'A'.repeat(43)}` },
      },
    }),
  ]);
  const names = (isKey: boolean) => found.filter((one) => one.isKey === isKey).map(({ name }) => name);
  expect(names(true)).toEqual([
    ...['our-key', 'our-cert', 'their-ca', 'client-key', 'receiver-ca', 'mail-ca', 'sftp-key'],
  ]);
  expect(names(false)).toEqual(['app', 'mail-password']);
});

test('a connection that its connector refuses is told elsewhere', () => {
  expect(secretNames([siteWith({ hl7: { connector: 'mllp', listen: { port: 'x' } } })])).toEqual([]);
});
