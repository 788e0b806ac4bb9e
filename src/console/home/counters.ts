import type { Counters } from '../../api/types.ts';
import type { Filters } from '../messages/filters.ts';

/** The words that interface analysts know, and the filter that each opens. */
export const COUNTERS: readonly {
  readonly key: keyof Counters;
  readonly label: string;
  readonly meaning: string;
  readonly state?: NonNullable<Filters['state']>;
}[] = [
  { key: 'received', label: 'Received', meaning: 'Messages kept' },
  {
    key: 'filtered',
    label: 'Filtered',
    meaning: 'Ended by a filter, or wanted by no flow',
    state: 'any-filtered',
  },
  { key: 'queued', label: 'Queued', meaning: 'Waiting, running, sleeping or held', state: 'any-queued' },
  { key: 'sent', label: 'Sent', meaning: 'Delivered', state: 'any-sent' },
  { key: 'errored', label: 'Errored', meaning: 'Dead letters and refused messages', state: 'any-errored' },
];
