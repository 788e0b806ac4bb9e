/** The connections of a site's record, as their connectors read them. */
import { connectors } from '../../connectors/index.ts';
import { connectorRecord, type Fault, type LoadedSite } from '../../site/index.ts';
import { asFailure, nearest } from '../../std/index.ts';
import { routeSecrets } from '../route-faults.ts';

/** Each connector reads its own part of the record. */
export function connectionFaults(site: LoadedSite): Fault[] {
  const faults: Fault[] = [];
  for (const [name, record] of Object.entries(site.record.connections)) {
    const place = site.placeOf(['connections', name, 'connector']);
    const connector = connectors.get(record.connector);
    if (connector === undefined) {
      const near = nearest(record.connector, [...connectors.keys()]);
      faults.push({
        ...place,
        reason: `connections.${name}: there is no connector "${record.connector}"`,
        fix: near ? `did you mean "${near}"?` : `use one of: ${[...connectors.keys()].join(', ')}`,
      });
      continue;
    }
    try {
      connector.parse(connectorRecord(record), { site: site.record.site, connection: name });
    } catch (error) {
      const failure = asFailure(error);
      const path = failure.at.path?.split('.') ?? [];
      faults.push({
        ...site.placeOf(['connections', name, ...path]),
        reason: `connections.${name}: ${failure.message}`,
        fix: failure.fix,
      });
    }
  }
  return faults;
}

interface SecretName {
  readonly name: string;
  /** A key or a certificate: what the other side has agreed on, so nothing can be made up in its place. */
  readonly isKey: boolean;
}

/** Names of the secrets that the sites' connections refer to. */
export function secretNames(sites: readonly LoadedSite[]): readonly SecretName[] {
  const names = new Map<string, boolean>();
  for (const { record } of sites) {
    for (const [connection, fields] of Object.entries(record.connections)) {
      const { secret, auth, sftp } = fields as {
        secret?: unknown;
        auth?: { secret?: unknown };
        sftp?: { secret?: unknown };
      };
      for (const name of [secret, auth?.secret, sftp?.secret, ...routeSecrets(fields)])
        if (typeof name === 'string') names.set(name, names.get(name) ?? false);
      for (const name of keysOf(fields, { site: record.site, connection })) names.set(name, true);
    }
  }
  return [...names].map(([name, isKey]) => ({ name, isKey }));
}

/** None of a record that its connector refuses: that is told as a fault. */
function keysOf(
  fields: LoadedSite['record']['connections'][string],
  at: { readonly site: string; readonly connection: string },
): readonly string[] {
  const connector = connectors.get(fields.connector);
  if (connector?.keys === undefined) return [];
  try {
    return connector.keys(connector.parse(connectorRecord(fields), at));
  } catch {
    return [];
  }
}
