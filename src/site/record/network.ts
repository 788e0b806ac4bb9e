/** The way between us and a site: the tunnel, addresses as each side sees them, and what was asked to be opened. */
import { z } from 'zod';
import { act, slug, text } from './words.ts';

const ADDRESS = /^((\d{1,3}\.){3}\d{1,3}(\/([0-9]|[12]\d|3[0-2]))?|[0-9a-fA-F:]*:[0-9a-fA-F:]*(\/\d{1,3})?)$/;
const ipAddress = z
  .string()
  .regex(ADDRESS, 'an IP address or network, such as 198.51.100.7 or 198.51.100.0/24');

const host = z
  .string()
  .regex(/^[A-Za-z0-9.:_/-]+$/, 'a host name, an IP address or a network')
  .describe('A host name, an address or a network.');

const opening = z.strictObject({
  from: host,
  to: host,
  port: z.int().min(1).max(65_535),
  connection: slug.describe('The connection that needs it.').exactOptional(),
  asked: act.describe('Who asked for it, and when.').exactOptional(),
  opened: act.describe('Who opened it, and when; left out: not yet.').exactOptional(),
  note: text.exactOptional(),
});

export const network = z.strictObject({
  vpn: z
    .strictObject({
      peer: host.describe('The other end of the tunnel, as the site gave it.'),
      ours: host.describe('Our end.').exactOptional(),
      since: z.iso.date().exactOptional(),
      contact: slug.describe('The short name of who looks after it.').exactOptional(),
      note: text.exactOptional(),
    })
    .describe('The tunnel; left out: there is none.')
    .exactOptional(),
  ourAddresses: z
    .array(ipAddress)
    .describe('Addresses that our calls come from, as the site sees them.')
    .exactOptional(),
  theirAddresses: z
    .array(ipAddress)
    .describe('Addresses that the site’s calls come from, as we see them.')
    .exactOptional(),
  nat: z
    .record(
      slug,
      z.strictObject({
        inside: ipAddress.describe('The address at its owner.'),
        outside: ipAddress.describe('What the other side sees instead.'),
        note: text.exactOptional(),
      }),
    )
    .describe('Addresses that are translated on the way.')
    .exactOptional(),
  openings: z
    .record(slug, opening)
    .describe('What firewalls must let through: from, to, port; who asked whom, and when it was opened.')
    .exactOptional(),
});
