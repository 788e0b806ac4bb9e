import type { IncomingHttpHeaders } from 'node:http';
import type { Client, Clients } from './clients.ts';
import type { Users } from './users.ts';

/**
 * The client of a call that signs in without OAuth: Basic as a user of the hospital (`emp$FHIRTWO`), with the
 * client's id, the user's id and the type of that id in headers of their own. All three are a must.
 */
export function basicClient(
  headers: IncomingHttpHeaders,
  clients: Clients,
  users: Users,
): Client | undefined {
  const word = /^Basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (word === undefined) return undefined;
  const [, login, password] = /^emp\$([^:]+):(.*)$/.exec(Buffer.from(word, 'base64').toString('utf8')) ?? [];
  const user = users.signIn(login ?? '', password ?? '');
  const clientId = headers['epic-client-id'];
  const named = headers['epic-user-id'] && headers['epic-user-idtype'];
  if (user?.kind !== 'clinician' || typeof clientId !== 'string' || !named) return undefined;
  return clients.get(clientId);
}
