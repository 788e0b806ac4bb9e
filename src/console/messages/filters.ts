import type {
  CounterFilter,
  DeliveryState,
  MessageScan,
  MessageSearch,
  MessageState,
} from '../../api/types.ts';
import type { Asked } from './patient.ts';

/** Delivery and message states, and the counters of Home. */
export const STATE_OPTIONS = [
  'any-filtered',
  'any-queued',
  'any-sent',
  'any-errored',
  'waiting',
  'running',
  'sleeping',
  'held',
  'delivered',
  'filtered',
  'dead',
  'accepted',
  'rejected',
  'unrouted',
] as const;

export type StateOption = (typeof STATE_OPTIONS)[number];

/** What the address of the Messages screen holds. Never a patient's identifier: that stays in memory. */
export interface Filters {
  site?: string;
  connection?: string;
  controlId?: string;
  type?: string;
  state?: StateOption;
  flow?: string;
  /** As typed: `2026-11-21T09:30`, in this browser's zone. */
  from?: string;
  to?: string;
  before?: string;
}

const TEXTS = ['site', 'connection', 'controlId', 'type', 'flow', 'from', 'to', 'before'] as const;

/** Addresses are typed by people: what is not a filter is left out. Numbers in them are text to us. */
export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  for (const key of TEXTS) {
    const value = search[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number')
      filters[key] = String(value);
  }
  if (STATE_OPTIONS.includes(search.state as StateOption)) filters.state = search.state as StateOption;
  return filters;
}

const moment = (typed: string | undefined): number | undefined => {
  const at = typed === undefined ? Number.NaN : new Date(typed).getTime();
  return Number.isNaN(at) ? undefined : at;
};

export function searchOf(filters: Filters, asked: Asked): MessageSearch {
  const { state, from, to, ...rest } = filters;
  const any = state?.startsWith('any-') ? (state.slice(4) as CounterFilter) : undefined;
  return {
    ...rest,
    limit: 50,
    ...(any === undefined ? {} : { counter: any }),
    ...(state === undefined || any !== undefined
      ? {}
      : { state: state as MessageState | DeliveryState | 'unrouted' }),
    ...(moment(from) === undefined ? {} : { from: moment(from) }),
    ...(moment(to) === undefined ? {} : { to: moment(to) }),
    ...patientOf(asked),
  };
}

function patientOf({ patient, family, born }: Asked): Pick<MessageSearch, 'patient' | 'person'> {
  if (patient !== '') return { patient };
  return family !== '' && born !== '' ? { person: { family, born } } : {};
}

/** The scan that is asked for; `null` when no text is, or no time to look through. */
export function scanOf(filters: Filters, asked: Asked): MessageScan | null {
  const { patient: _patient, person: _person, before: _before, from, to, ...rest } = searchOf(filters, asked);
  return asked.text === '' || from === undefined || to === undefined
    ? null
    : { ...rest, from, to, text: asked.text };
}
