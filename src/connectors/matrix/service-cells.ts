/** Cells of what is no resource: bulk export, CDS Hooks, Subscriptions, matching, signing in. */
import type { Observed, SiteRecord } from '../../site/index.ts';
import type { Cell, Ground } from './cell.ts';
import { factGround } from './fhir-cells.ts';
import type { CellState, EhrProfile, ServiceName } from './profile.ts';

interface ServiceContext {
  readonly record: SiteRecord;
  readonly observed: Observed;
  readonly profile: EhrProfile;
  readonly connection: string | null;
}

/** What the server says of it; `null` when that cannot be seen there. */
const SEEN: Readonly<Record<ServiceName, (observed: Observed) => boolean | null>> = {
  'bulk export': ({ metadata }) =>
    metadata === undefined
      ? null
      : (metadata.resources.Group?.operations.some((name) => /export/.test(name)) ?? false) ||
        metadata.systemOperations.some((name) => /export/.test(name)),
  // The hospital calls us: no server of it says so.
  'CDS Hooks': () => null,
  Subscription: ({ metadata }) =>
    metadata === undefined
      ? null
      : (metadata.resources.Subscription?.interactions.includes('create') ?? false),
  'patient match': ({ metadata }) =>
    metadata === undefined ? null : (metadata.resources.Patient?.operations.includes('match') ?? false),
  'backend sign-in': ({ smart }) =>
    smart === undefined
      ? null
      : smart.grants.includes('client_credentials') && smart.authMethods.includes('private_key_jwt'),
};

export function serviceCell(name: ServiceName, context: ServiceContext): Cell {
  const { observed, profile, record } = context;
  const fact = profile.services[name];
  const grounds: Ground[] = [];
  const seen = SEEN[name](observed);
  const from = name === 'backend sign-in' ? 'SMART configuration' : 'CapabilityStatement';
  const observedAt = (from === 'CapabilityStatement' ? observed.metadata : observed.smart)?.observedAt ?? '';
  let state: CellState;
  if (name === 'CDS Hooks') {
    const [service] = Object.entries(record.connections).filter(([, { connector }]) => connector === 'cds');
    grounds.push({
      from: 'site record',
      text: service ? `The connection ${service[0]} answers its calls.` : 'No connection of connector cds.',
    });
    state = fact.state === 'no' ? 'no' : service ? fact.state : 'with a condition';
  } else if (seen === null) state = fact.state === 'no' ? 'no' : 'not known';
  else {
    grounds.push({
      from,
      observedAt,
      text: seen ? `Offers it: ${name}.` : `Does not name it: ${name}.`,
    });
    state = seen ? (fact.state === 'with a condition' ? 'with a condition' : 'yes') : 'no';
  }
  grounds.push(factGround(profile, fact));
  const conditions = state === 'no' ? [] : [...(fact.conditions ?? [])];
  if (name === 'CDS Hooks' && state === 'with a condition' && conditions.length === 0) {
    conditions.push('Add a connection of connector cds to the record.');
  }
  return {
    state,
    text: seen === false ? `The server does not offer it.` : fact.text,
    grounds,
    conditions,
    alternative: state === 'no' ? (fact.alternative ?? null) : null,
  };
}
