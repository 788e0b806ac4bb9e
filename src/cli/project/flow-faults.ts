/** What is wrong with a flow at the sites that it names. */
import { capabilityMatrix, connectors } from '../../connectors/index.ts';
import { everyStep, type FlowFinding, lint, runsAt, sitesNamed, unmet } from '../../flow/index.ts';
import type { Fault, LoadedSite } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';
import type { FlowSurroundings, LoadedFlow } from './flows.ts';

/**
 * @param given What was found when its files were read.
 * @param others Flows that were loaded so far; the flow itself may be among them.
 */
export function flowFaults(
  loaded: LoadedFlow,
  given: readonly FlowFinding[],
  others: readonly LoadedFlow[],
  surroundings: FlowSurroundings,
): Fault[] {
  const { flow, file, lineOf } = loaded;
  const fault = ({ place, reason, fix }: FlowFinding): Fault => ({
    file,
    line: lineOf(place),
    reason: `${flow.name}${place ? `, ${place}` : ''}: ${reason}`,
    fix,
  });
  const capabilities = [...connectors.values()].flatMap((connector) => connector.capabilities);
  const { valueSets } = surroundings;
  const found = lint(flow, { capabilities, types: true, ...(valueSets === undefined ? {} : { valueSets }) });
  return [
    ...given,
    ...found,
    ...sitesFindings(loaded, surroundings.sites),
    ...connectionFindings(loaded, surroundings.sites),
    ...lacking(loaded, surroundings),
    ...sameService(loaded, others, surroundings.sites),
  ].map(fault);
}

function sitesFindings({ flow }: LoadedFlow, sites: readonly LoadedSite[]): FlowFinding[] {
  if (flow.sites === 'all') return [];
  const { names, tags } = sitesNamed(flow.sites);
  const known = sites.map(({ record }) => record.site);
  const tagged = sites.flatMap(({ record }) => record.tags);
  const finding = (reason: string, near: string | undefined, fix: string): FlowFinding => ({
    place: 'sites',
    reason,
    fix: near ? `did you mean "${near}"?` : fix,
  });
  return [
    ...names
      .filter((name) => !known.includes(name))
      .map((name) =>
        finding(
          `there is no site "${name}"`,
          nearest(name, known),
          'make its site record, or correct the name',
        ),
      ),
    ...tags
      .filter((tag) => tag !== '' && !tagged.includes(tag))
      .map((tag) =>
        finding(`no site has the tag "${tag}"`, nearest(tag, tagged), `give it to a site: tags: [${tag}]`),
      ),
  ];
}

/** Connections that the flow names, at each of its sites. */
function connectionFindings({ flow }: LoadedFlow, sites: readonly LoadedSite[]): FlowFinding[] {
  const { trigger } = flow;
  const named = [
    ...('connection' in trigger ? [{ place: 'trigger', connection: trigger.connection }] : []),
    ...everyStep(flow.steps).flatMap((step) =>
      'connection' in step ? [{ place: `step "${step.id}"`, connection: step.connection }] : [],
    ),
  ];
  return sites
    .filter(({ record }) => runsAt(flow, record))
    .flatMap(({ record }) =>
      named.flatMap(({ place, connection }) => {
        if (record.connections[connection] !== undefined) return [];
        const known = Object.keys(record.connections);
        const near = nearest(connection, known);
        const fix = near ? `did you mean "${near}"?` : `it has: ${known.join(', ') || 'none'}`;
        return [{ place, reason: `the site ${record.site} has no connection "${connection}"`, fix }];
      }),
    );
}

/** What a site lacks that the flow needs, as far as is known: the cell and the way that exists. */
function lacking({ flow }: LoadedFlow, { sites, observed }: FlowSurroundings): FlowFinding[] {
  return sites
    .filter(({ record }) => runsAt(flow, record))
    .flatMap(({ record }) =>
      unmet(flow, record, (connection) =>
        capabilityMatrix({
          record,
          observed: observed[record.site] ?? {},
          connectors,
          ...(connection === undefined ? {} : { connection }),
        }),
      ).map(({ place, reason, fix }) => ({
        place,
        reason,
        fix: `${fix}${fix.endsWith('.') ? '' : '.'} See: suture sites capabilities ${record.site}`,
      })),
    );
}

/** Two flows that answer one CDS service at one site: nobody could say which does. */
function sameService(
  { flow }: LoadedFlow,
  others: readonly LoadedFlow[],
  sites: readonly LoadedSite[],
): FlowFinding[] {
  const { trigger } = flow;
  if (trigger.kind !== 'cds') return [];
  const other = others.find(
    (each) =>
      each.flow !== flow &&
      each.flow.trigger.kind === 'cds' &&
      each.flow.trigger.service === trigger.service &&
      sites.some(({ record }) => runsAt(flow, record) && runsAt(each.flow, record)),
  );
  if (other === undefined) return [];
  return [
    {
      place: '',
      reason: `the CDS service "${trigger.service}" is answered by ${other.flow.name}, too`,
      fix: 'give one of them another service, or other sites',
    },
  ];
}
