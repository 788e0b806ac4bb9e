/** What a flow needs that a site lacks: judged by the capability matrix, before anything runs. */
import {
  type Ability,
  type CapabilityMatrix,
  type Cell,
  EHR_CONNECTORS,
  rowOf,
  type ServiceName,
} from '../connectors/index.ts';
import type { SiteRecord } from '../site/index.ts';
import type { Flow } from './flow.ts';
import { everyStep } from './nested.ts';
import { resourceOf } from './prepare.ts';

export interface Unmet {
  /** `trigger`, or `step "book"`. */
  readonly place: string;
  /** The cell that says no: `Appointment create`. */
  readonly cell: string;
  /** Without a full stop. */
  readonly reason: string;
  /** What to do instead. */
  readonly fix: string;
}

/** What each capability of an EHR stands on. */
const ABILITIES_OF: Readonly<Record<string, readonly Ability[]>> = {
  find: ['search'],
  read: ['read'],
  create: ['create'],
  update: ['update'],
  upsert: ['search', 'create'],
};

/**
 * Only what is known to be missing: a cell that is not known, or that has a condition, refuses nothing.
 * @param matrixOf The matrix of the site by the connection that a step names.
 */
export function unmet(
  flow: Flow,
  record: SiteRecord,
  matrixOf: (connection: string | undefined) => CapabilityMatrix,
): readonly Unmet[] {
  const found: Unmet[] = [];
  const judge = (place: string, name: string, cell: Cell | undefined): void => {
    if (cell?.state !== 'no') return;
    const [ground] = cell.grounds;
    const why = ground ? ` (${ground.from}: ${ground.text.replace(/\.$/, '')})` : '';
    const fix = cell.alternative ?? 'Leave this site out of the flow’s sites.';
    found.push({ place, cell: name, reason: `${record.site} has no ${name}${why}`, fix });
  };
  const { trigger } = flow;
  if (trigger.kind === 'event') {
    const matrix = matrixOf(undefined);
    // Without an EHR there is nobody to ask; a feed may tell all the same.
    if (matrix.connection !== null) {
      judge('trigger', `${trigger.resource} trigger`, rowOf(matrix, trigger.resource)?.cells.trigger);
    }
  }
  if (trigger.kind === 'cds') {
    const name: ServiceName = 'CDS Hooks';
    judge('trigger', name, matrixOf(undefined).services[name]);
  }
  for (const step of everyStep(flow.steps)) {
    if (!('connection' in step)) continue;
    const connector = record.connections[step.connection]?.connector;
    if (connector === undefined || !EHR_CONNECTORS.includes(connector)) continue;
    const resource = resourceOf(step.do);
    const abilities = ABILITIES_OF[step.do.slice(step.do.indexOf('.') + 1)];
    if (resource === undefined || abilities === undefined) continue;
    const row = rowOf(matrixOf(step.connection), resource);
    for (const ability of abilities) {
      const cell = row?.cells[ability];
      // There are other routes, and none is chosen: it would be tried by FHIR, which is not there.
      if (ability === 'create' && cell && cell.state !== 'no' && (cell.chosen ?? null) === null) {
        const [fhir, ...others] = cell.ways ?? [];
        if (fhir?.state === 'no') {
          const routes = others.filter((way) => way.state !== 'no').map((way) => way.name);
          found.push({
            place: `step "${step.id}"`,
            cell: `${resource} create`,
            reason: `${record.site} has no FHIR create of ${resource}, and its record chooses no other route`,
            fix: `choose one under connections.${step.connection}.do: ${routes.join(', ')}`,
          });
          continue;
        }
      }
      judge(`step "${step.id}"`, `${resource} ${ability}`, row?.cells[ability]);
    }
  }
  return found;
}
