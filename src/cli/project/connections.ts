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

/** Names of the secrets that the sites' connections refer to. */
export function secretNames(sites: readonly LoadedSite[]): string[] {
  const names = new Set<string>();
  for (const { record } of sites) {
    for (const connection of Object.values(record.connections)) {
      const { secret, auth, sftp } = connection as {
        secret?: unknown;
        auth?: { secret?: unknown };
        sftp?: { secret?: unknown; key?: unknown };
      };
      for (const name of [secret, auth?.secret, sftp?.secret, sftp?.key])
        if (typeof name === 'string') names.add(name);
      for (const name of routeSecrets(connection)) names.add(name);
    }
  }
  return [...names];
}
