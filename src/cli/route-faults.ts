/** Routes of a site's actions that name another connection: it must be there, and it must send. */
import type { Fault, LoadedSite } from '../site/index.ts';
import { nearest } from '../std/index.ts';

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** By capability, the routes of a connection's record; whatever its connector made of them. */
const routesIn = (record: Fields): readonly (readonly [capability: string, route: Fields])[] =>
  Object.entries(isRecord(record.do) ? record.do : {}).flatMap(([name, route]) =>
    isRecord(route) ? [[name, route] as const] : [],
  );

export function routeFaults(site: LoadedSite): Fault[] {
  const { connections } = site.record;
  const senders = Object.entries(connections).flatMap(([name, record]) =>
    record.connector === 'mllp' && record.send !== undefined ? [name] : [],
  );
  return Object.entries(connections).flatMap(([name, record]) =>
    routesIn(record).flatMap(([capability, { via }]): Fault[] => {
      if (typeof via !== 'string' || senders.includes(via)) return [];
      const near = nearest(via, senders);
      const there =
        senders.length === 0 ? 'this site has none that sends' : `use one of: ${senders.join(', ')}`;
      return [
        {
          ...site.placeOf(['connections', name, 'do', capability, 'via']),
          reason: `connections.${name}: ${capability} goes over "${via}", and there is no mllp connection of that name that sends`,
          fix: near ? `did you mean "${near}"?` : there,
        },
      ];
    }),
  );
}

/** Names of secrets that routes carry in their headers. */
export function routeSecrets(record: Fields): readonly string[] {
  return routesIn(record).flatMap(([, { headers }]) =>
    isRecord(headers) ? Object.values(headers).filter((name) => typeof name === 'string') : [],
  );
}
