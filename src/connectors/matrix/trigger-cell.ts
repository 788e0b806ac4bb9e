/** The cell of a resource's triggers: by which methods its changes can be learnt here, and how soon. */
import type { Learning, Method, ResourceSpec } from '../capability.ts';
import { bestOf, bothOf, type Cell, type Ground, type Way } from './cell.ts';
import { type CellContext, covers, fhirCell } from './fhir-cells.ts';
import type { CellState } from './profile.ts';

export interface TriggerContext extends CellContext {
  readonly spec: ResourceSpec | undefined;
  /** What the record says of learning this resource. */
  readonly chosen: { readonly method: Method; readonly every: string | null } | null;
  /** HL7 messages that the site sends us, as the record says; `null` when it says nothing. */
  readonly sends: readonly string[] | null;
  /** Connections that listen for HL7. */
  readonly feeds: readonly string[];
  /** Connections that make patients known. */
  readonly roster: readonly string[];
  /** A Group to export is named. */
  readonly group: boolean;
}

/** `SIU^S12`, `ADT`; not `patient`, not `_lastupdated`. */
const HL7 = /^[A-Z]{3}(\^[A-Z0-9*]+)?$/;

export function triggerCell(context: TriggerContext): Cell {
  const { resource, spec, chosen } = context;
  if (spec === undefined || spec.methods.length === 0) {
    return {
      state: 'no',
      text: `The connector does not learn ${resource} changes.`,
      grounds: [{ from: 'connector', text: `It declares no method for ${resource}.` }],
      conditions: [],
      alternative: 'Start the flow from an HL7 message, or from a webhook.',
      ways: [],
      chosen: null,
      latency: null,
    };
  }
  const judged = spec.methods.map((method) => ({ method, ...judge(context, method) }));
  const ways: Way[] = judged.map(({ method, state, text }) => ({ name: method, state, text }));
  const picked = judged.find((each) => each.method === chosen?.method);
  const state = picked?.state ?? bestOf(ways.map((way) => way.state));
  const first = picked ?? judged.find((each) => each.state === state);
  const learning = first && spec.learning?.[first.method];
  const grounds: Ground[] = [
    ...(picked
      ? [{ from: 'site record', text: `Learns ${resource} by ${picked.method}.` } as const]
      : [{ from: 'site record', text: `Says no method for ${resource}.` } as const]),
    ...(learning ? [{ from: 'connector', text: learning.ground } as const] : []),
    ...(first?.grounds ?? []),
  ];
  const usable = ways.filter((way) => way.state !== 'no' && way.name !== first?.method);
  return {
    state,
    text: first?.text ?? '',
    grounds,
    conditions: first?.conditions ?? [],
    alternative:
      state === 'no'
        ? usable.length > 0
          ? `Choose ${usable.map((way) => way.name).join(' or ')} for ${resource} in the site record.`
          : 'Ask the site for a feed of HL7 messages, or for a Group and Bulk Data.'
        : null,
    ways,
    chosen: chosen?.method ?? null,
    latency: learning ? latencyOf(learning, context, first?.method) : null,
  };
}

function latencyOf(learning: Learning, { chosen }: TriggerContext, method: Method | undefined): string {
  return chosen?.every && chosen.method === method
    ? `${learning.latency} (every ${chosen.every})`
    : learning.latency;
}

interface Judged {
  readonly state: CellState;
  readonly text: string;
  readonly conditions: readonly string[];
  readonly grounds: readonly Ground[];
}

function judge(context: TriggerContext, method: Method): Judged {
  const learning = context.spec?.learning?.[method];
  const needs = learning?.needs ?? [];
  const parts: Judged[] = [];
  if (method === 'poll' || method === 'feed wakes read') parts.push(asking(context, needs));
  if (method === 'feed' || method === 'feed wakes read') parts.push(feeding(context, needs));
  if (method === 'bulk') parts.push(exporting(context));
  const state = parts.map((part) => part.state).reduce(bothOf, 'yes');
  const why = parts.filter((part) => part.state !== 'yes').map((part) => part.text);
  return {
    state,
    text: [learning?.how ?? '', ...why].filter((text) => text !== '').join(' '),
    conditions: parts.flatMap((part) => part.conditions),
    grounds: parts.flatMap((part) => part.grounds),
  };
}

/** Asking the server: the search and each parameter it needs, and somebody to ask about. */
function asking(context: TriggerContext, needs: readonly string[]): Judged {
  const search = fhirCell(context, 'search');
  const listed = context.observed.metadata?.resources[context.resource]?.search;
  const lists = (name: string, at: readonly string[] | undefined): boolean =>
    at?.some((each) => each.toLowerCase() === name.toLowerCase()) ?? true;
  const missing = needs
    .filter((need) => !HL7.test(need) && need !== 'Group')
    .filter((need) =>
      // Patients are found by number first, whatever is asked about them then.
      need === 'identifier'
        ? !lists(need, context.observed.metadata?.resources.Patient?.search)
        : !lists(need, listed),
    );
  if (missing.length > 0) {
    const text = `The server does not list the search parameter ${missing.join(', ')} for ${context.resource}.`;
    return {
      state: 'no',
      text,
      conditions: [],
      grounds: [
        { from: 'CapabilityStatement', observedAt: context.observed.metadata?.observedAt ?? '', text },
      ],
    };
  }
  const wholesale = needs.some((need) => need === '_lastUpdated');
  if (context.roster.length === 0 && !wholesale) {
    const text = 'Patients are asked about one by one: name who makes them known (roster.from).';
    return {
      state: bothOf(search.state, 'with a condition'),
      text: search.state === 'no' ? search.text : text,
      conditions: [text],
      grounds: search.grounds,
    };
  }
  return { ...search, text: search.state === 'yes' ? '' : search.text };
}

/** HL7 messages: a listener, and the types that the site sends. */
function feeding(context: TriggerContext, needs: readonly string[]): Judged {
  const types = needs.filter((need) => HL7.test(need));
  if (context.feeds.length === 0) {
    const text = 'No connection of this site listens for HL7.';
    return { state: 'no', text, conditions: [], grounds: [{ from: 'site record', text }] };
  }
  const over = `${context.feeds.join(', ')} ${context.feeds.length === 1 ? 'listens' : 'listen'} for HL7`;
  if (context.sends === null) {
    const text = `${over}; the record does not say which messages come (hl7.sends).`;
    return { state: 'not known', text, conditions: [], grounds: [{ from: 'site record', text }] };
  }
  const { sends } = context;
  const sent = types.filter((type) =>
    sends.some((each) => covers(each, type) || each.startsWith(`${type}^`)),
  );
  if (sent.length === 0) {
    const text = `The site sends none of ${types.join(', ')}.`;
    return { state: 'no', text, conditions: [], grounds: [{ from: 'site record', text }] };
  }
  const missing = types.filter((type) => !sent.includes(type));
  const text = `${over}; the site sends ${sent.join(', ')}.`;
  if (missing.length === 0)
    return { state: 'yes', text, conditions: [], grounds: [{ from: 'site record', text }] };
  const condition = `What only ${missing.join(', ')} would tell is not learnt.`;
  return {
    state: 'with a condition',
    text: condition,
    conditions: [condition],
    grounds: [{ from: 'site record', text }],
  };
}

function exporting(context: TriggerContext): Judged {
  const fact = context.profile.services['bulk export'];
  const stated = context.observed.metadata;
  const offered =
    stated === undefined
      ? null
      : (stated.resources.Group?.operations.some((name) => /export/.test(name)) ?? false) ||
        stated.systemOperations.includes('export');
  const grounds: Ground[] = stated
    ? [
        {
          from: 'CapabilityStatement',
          observedAt: stated.observedAt,
          text: offered ? 'Offers a bulk export.' : 'Offers no bulk export.',
        },
      ]
    : [];
  if (offered === false || (offered === null && fact.state === 'no')) {
    return { state: 'no', text: 'The server offers no bulk export.', conditions: [], grounds };
  }
  // The export holds what the client may search for, type by type.
  const search = fhirCell(context, 'search');
  if (search.state === 'no') return { ...search, text: search.text, conditions: [] };
  const known = bothOf(offered === null ? 'not known' : 'yes', search.state);
  if (!context.group) {
    const text = 'Name the Group to export; the site gives its id.';
    return { state: bothOf(known, 'with a condition'), text, conditions: [text], grounds };
  }
  const text = known === 'yes' ? '' : 'Whether the server exports was never asked: run suture probe.';
  return { state: known, text, conditions: search.conditions, grounds };
}
