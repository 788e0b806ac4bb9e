/** Cells of FHIR interactions: what the server states, what the client was granted, what was tried, what is known. */
import type { Observed } from '../../site/index.ts';
import { bestOf, type Cell, type Ground, type Way } from './cell.ts';
import type { CellState, EhrProfile, Fact, ResourceFacts } from './profile.ts';
import { allowance, type ScopeAction } from './scopes.ts';

export interface CellContext {
  readonly profile: EhrProfile;
  readonly observed: Observed;
  readonly resource: string;
  readonly facts: ResourceFacts | undefined;
  /** HL7 messages that the site accepts, as the record says; `null` when it says nothing. */
  readonly accepts: readonly string[] | null;
  /** A connection over which HL7 can be sent. */
  readonly sendsHl7: boolean;
  /** The route that the record chose for a create: `book`; `null` when it says nothing. */
  readonly route: string | null;
}

type Interaction = 'read' | 'search' | 'create' | 'update';

const CODES: Readonly<Record<Interaction, { readonly code: string; readonly scope: ScopeAction }>> = {
  read: { code: 'read', scope: 'r' },
  search: { code: 'search-type', scope: 's' },
  create: { code: 'create', scope: 'c' },
  update: { code: 'update', scope: 'u' },
};

/** What is known of the EHR, as a ground. */
export function factGround(profile: EhrProfile, fact: Fact): Ground {
  const source = profile.sources[fact.source];
  return {
    from: 'known of the EHR',
    text: fact.text,
    mark: fact.mark,
    ...(source
      ? { source: source.address === undefined ? source.title : `${source.title}, ${source.address}` }
      : {}),
  };
}

export function fhirCell(context: CellContext, interaction: Interaction): Cell {
  const { profile, observed, resource, facts } = context;
  const fact = facts?.[interaction];
  const { code, scope } = CODES[interaction];
  const grounds: Ground[] = [];
  const conditions: string[] = [];
  let state: CellState;
  let alternative = fact?.alternative ?? null;

  const stated = observed.metadata;
  if (stated) {
    const listed = stated.resources[resource]?.interactions.includes(code) ?? false;
    grounds.push({
      from: 'CapabilityStatement',
      observedAt: stated.observedAt,
      text: listed ? `Lists ${code} for ${resource}.` : `Does not list ${code} for ${resource}.`,
    });
    state = !listed ? 'no' : fact?.state === 'with a condition' ? 'with a condition' : 'yes';
  } else if (fact) {
    // Nobody asked this site: a "no" of the product holds, a "yes" must be seen.
    state = fact.state === 'no' ? 'no' : 'not known';
  } else state = 'not known';
  if (fact) grounds.push(factGround(profile, fact));
  if (state !== 'no') conditions.push(...(fact?.conditions ?? []));

  const granted = observed.scopes;
  if (state !== 'no' && granted?.told) {
    const { allowed, only } = allowance(granted.scopes, resource, scope);
    const at = { from: 'granted scopes', observedAt: granted.observedAt } as const;
    if (allowed === 'no') {
      state = 'no';
      grounds.push({
        ...at,
        text: `The token grants nothing that allows to ${interaction} a ${resource}.`,
      });
      alternative = `Ask the site to add ${resource} (${interaction}) to the client, wait until it is synchronised, and probe again.`;
    } else if (allowed === 'in part') {
      if (state === 'yes') state = 'with a condition';
      grounds.push({ ...at, text: `Granted for ${only.join(', ')} only.` });
      conditions.push(`Only ${resource} with ${only.join(' or ')}.`);
    } else grounds.push({ ...at, text: `The token allows to ${interaction} ${resource}.` });
  } else if (state === 'yes') {
    state = 'with a condition';
    conditions.push(`The client must be granted ${resource} (${interaction}); no token's scopes were seen.`);
  }

  const trial = observed.trials?.trials.find(({ what }) => what === `${resource} (${interaction})`);
  if (state !== 'no' && trial && observed.trials) {
    const at = { from: 'trial', observedAt: observed.trials.observedAt } as const;
    if (trial.answer === 'allowed') grounds.push({ ...at, text: 'A harmless question was answered.' });
    else if (trial.answer !== 'unclear') {
      state = 'no';
      grounds.push({ ...at, text: `A harmless question was refused: ${trial.answer} (${trial.status}).` });
      alternative =
        trial.answer === 'user may not'
          ? 'Ask the site what the user that the client works as may see.'
          : `Ask the site to add ${resource} (${interaction}) to the client, and probe again.`;
    }
  }

  const base = { state, grounds, conditions: unique(conditions), alternative };
  if (interaction === 'search') return searchCell(context, base);
  if (interaction === 'create') return createCell(context, base);
  return { ...base, text: sentence(interaction, resource, base), alternative: ifNo(base) };
}

type Base = Pick<Cell, 'state' | 'grounds' | 'conditions' | 'alternative'>;

/** What there is to do when nothing better is known. */
const ELSE =
  'Ask the site what else it has: an HL7 feed, an extract, or another version of its server; then probe again.';

const ifNo = ({ state, alternative }: Base): string | null => (state === 'no' ? (alternative ?? ELSE) : null);

function sentence(interaction: string, resource: string, { state, conditions }: Base): string {
  const whole = `${interaction} of ${resource}`;
  if (state === 'yes') return `The ${whole} works.`;
  if (state === 'no') return `There is no ${whole} here.`;
  if (state === 'not known') return `Whether the ${whole} works here was never asked: run suture probe.`;
  return `The ${whole} works under a condition: ${conditions.join(' ')}`;
}

function searchCell({ observed, resource, facts }: CellContext, base: Base): Cell {
  const listed = observed.metadata?.resources[resource]?.search;
  const known = facts?.parameters;
  // Names that are known to filter only; the rest of what the server lists it searches by.
  const filtered = new Set(known?.filtered ?? []);
  const parameters = {
    native: (listed ?? known?.native ?? []).filter((name) => !filtered.has(name)),
    filtered: (listed ?? known?.filtered ?? []).filter((name) => filtered.has(name)),
    required: facts?.required ?? [],
  };
  const by = parameters.required.map((names) => names.join(' + ')).join(', or ');
  const text = sentence('search', resource, base) + (base.state !== 'no' && by ? ` It needs ${by}.` : '');
  return { ...base, text, alternative: ifNo(base), parameters };
}

/** Other routes, as far as the record and what is known of the EHR tell. */
function routeWays({ facts, accepts, sendsHl7 }: CellContext): (Way & { readonly route: string })[] {
  return (facts?.routes ?? []).map(({ route, name, text, accepts: needs }) => {
    const way = (state: CellState, why: string) => ({ route, name, state, text: why });
    if (needs === undefined) return way('with a condition', text);
    if (!sendsHl7)
      return way('no', `${text} No connection of this site sends HL7: add one of connector mllp with send.`);
    if (accepts === null) {
      return way(
        'not known',
        `${text} The record does not say whether the site takes ${needs} (hl7.accepts).`,
      );
    }
    const taken = accepts.some((type) => covers(type, needs));
    return taken ? way('yes', text) : way('no', `${text} The site does not take ${needs} (hl7.accepts).`);
  });
}

function createCell(context: CellContext, base: Base): Cell {
  const { resource, route } = context;
  const fhir: Way & { readonly route: string } = {
    route: 'fhir',
    name: 'FHIR create',
    state: base.state,
    text: sentence('create', resource, base),
  };
  const all = [fhir, ...routeWays(context)];
  const ways: Way[] = all.map(({ name, state, text }) => ({ name, state, text }));
  const picked = route === null ? undefined : all.find((way) => way.route === route);
  if (picked !== undefined && picked !== fhir) {
    const grounds: Ground[] = [
      { from: 'site record', text: `Creates ${resource} by ${picked.name}.` },
      ...base.grounds,
    ];
    // The record chose it, so somebody has agreed on it with the site; what is known to be missing is missing all the same.
    const state = picked.state === 'not known' ? 'with a condition' : picked.state;
    const others = ways.filter((way) => way !== ways[all.indexOf(picked)] && way.state !== 'no');
    const alternative = state === 'no' ? instead(others) : null;
    const conditions = state === 'with a condition' ? [picked.text] : [];
    return {
      state,
      text: `${picked.name}: ${picked.text}`,
      grounds,
      conditions,
      alternative,
      ways,
      chosen: picked.name,
    };
  }
  const others = ways.slice(1).filter((way) => way.state !== 'no');
  const chosen = picked?.name ?? null;
  if (base.state !== 'no' || others.length === 0) {
    return {
      ...base,
      text: fhir.text,
      alternative: ifNo(base),
      ways,
      chosen,
    };
  }
  return {
    ...base,
    state: bestOf(others.map((way) => way.state)) === 'not known' ? 'not known' : 'with a condition',
    text: `There is no FHIR create of ${resource} here; ${others.map((way) => way.name).join(', or ')} instead.`,
    conditions: ['Choose one of the other routes in the record (do).'],
    alternative: instead(others),
    ways,
    chosen,
  };
}

const instead = (ways: readonly Way[]): string | null =>
  ways.length === 0 ? null : ways.map((way) => `${way.name}: ${way.text}`).join(' ');

/** @example covers('SIU^*', 'SIU^S12') // true */
export function covers(pattern: string, type: string): boolean {
  if (pattern === type || pattern === '*') return true;
  const star = pattern.indexOf('*');
  return star >= 0 && type.startsWith(pattern.slice(0, star)) && type.endsWith(pattern.slice(star + 1));
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
