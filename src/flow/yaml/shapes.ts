/** How a flow is written in YAML: which keys each part has, in which order they are written, and what may stand there. */
import { CDS_HOOKS } from '../cds.ts';
import type { Step, Trigger } from '../flow.ts';
import { USUAL_ITEMS } from '../nested.ts';

/** What may stand at a key. */
export type Shape =
  | 'text'
  | 'source'
  | 'number'
  | 'boolean'
  /** A length of time: `2h`, or milliseconds. */
  | 'duration'
  | 'silence'
  | 'json'
  | 'condition'
  /** Target paths to rules. */
  | 'fields'
  /** Names to sources. */
  | 'sources'
  | 'texts'
  | 'on unknown'
  | 'cards'
  | 'steps'
  | 'branches'
  | 'otherwise'
  | readonly string[]
  | { readonly group: readonly Key[] };

export interface Key {
  readonly key: string;
  readonly shape: Shape;
  readonly required?: true;
  /** Its name in the value, where it is another. */
  readonly name?: string;
  /** In the value where the file says nothing; not written when it is this. */
  readonly usual?: unknown;
}

const key = (name: string, shape: Shape, more: Omit<Key, 'key' | 'shape'> = {}): Key => ({
  key: name,
  shape,
  ...more,
});
const needed = (name: string, shape: Shape): Key => key(name, shape, { required: true });

export const THREE_DAYS = 3 * 86_400_000;

/** Of the flow as a whole, but `on` and `steps`. */
export const HEAD: readonly Key[] = [
  key('about', 'text', { usual: '' }),
  key('order', ['patient', 'connection', 'flow'], { usual: 'patient' }),
  key('giveUpAfter', 'duration', { usual: THREE_DAYS }),
  key('attempts', 'number'),
  key('exhausted', ['stop lane', 'dead letter']),
  key('late', {
    group: [
      needed('after', 'duration'),
      needed('do', ['filter', 'hold', 'dead letter']),
      key('since', 'source'),
    ],
  }),
  key('retention', { group: [key('days', 'number'), key('dead', 'number')] }),
  key('service', { group: [key('endToEnd', 'duration'), key('silence', 'silence')] }),
];

/** The first key says which trigger it is, and holds the first thing about it. */
export const TRIGGERS: Readonly<Record<Trigger['kind'], readonly [Key, ...Key[]]>> = {
  event: [key('event', 'text', { name: 'resource' }), key('changes', 'texts', { required: true })],
  hl7: [key('hl7', 'text', { name: 'type' }), key('connection', 'text')],
  webhook: [key('webhook', 'text', { name: 'connection' })],
  file: [key('file', 'text', { name: 'connection' })],
  bulk: [key('bulk', 'text', { name: 'resource' })],
  schedule: [
    key('schedule', 'text', { name: 'cron' }),
    key('timeZone', 'text'),
    key('missed', ['latest', 'all', 'skip'], { usual: 'latest' }),
  ],
  manual: [key('manual', 'boolean')],
  cds: [
    key('cds', CDS_HOOKS, { name: 'hook' }),
    needed('service', 'text'),
    key('title', 'text'),
    needed('description', 'text'),
    key('prefetch', 'sources', { usual: {} }),
    key('readMissing', 'boolean', { usual: false }),
    key('deadline', 'duration', { usual: 500 }),
  ],
};

const call = (...more: readonly Key[]): readonly Key[] => [
  needed('connection', 'text'),
  needed('do', 'text'),
  key('args', 'fields', { usual: {} }),
  ...more,
];
const asking = call(key('optional', 'boolean'), key('verify', 'sources'));
const acting = call(key('onUnknown', 'on unknown'));
const sleeping: readonly Key[] = [key('cancelOn', 'texts'), key('recheck', 'texts')];

/** Behind `- <kind>: <id>` and `when`. */
export const STEPS: Readonly<Record<Step['kind'], readonly Key[]>> = {
  find: asking,
  read: asking,
  map: [
    key('file', 'text', { name: 'map' }),
    key('hl7', {
      group: [key('type', 'text'), key('copy', 'boolean'), key('write', 'texts'), key('fields', 'fields')],
    }),
    key('fields', 'fields'),
  ],
  lookup: [
    needed('valueSet', 'text'),
    needed('code', 'source'),
    key('to', ['ours', 'theirs']),
    key('otherwise', 'json'),
  ],
  filter: [needed('that', 'condition')],
  create: acting,
  update: acting,
  upsert: acting,
  send: acting,
  route: [needed('branches', 'branches'), needed('otherwise', 'otherwise')],
  'for-each': [
    needed('in', 'source'),
    needed('as', 'text'),
    key('atMost', 'number', { usual: USUAL_ITEMS }),
    needed('steps', 'steps'),
  ],
  code: [key('reads', 'sources', { usual: {} }), needed('script', 'text')],
  wait: [
    key('for', 'duration'),
    key('until', 'source'),
    key('before', 'duration'),
    key('on', 'texts'),
    key('atMost', 'duration'),
    ...sleeping,
  ],
  approve: [
    needed('ask', 'text'),
    key('role', ['operator', 'admin'], { usual: 'operator' }),
    key('deadline', 'duration'),
    key('whenLate', ['hold', 'refuse'], { usual: 'hold' }),
    key('show', 'fields', { usual: {} }),
    ...sleeping,
  ],
  respond: [needed('cards', 'cards')],
};

export const CARD: readonly Key[] = [key('when', 'condition'), needed('card', 'fields')];

/** Keys of a field's rule; what may stand at them, its compiler says. */
export const RULE_KEYS = [
  'value',
  'from',
  'transform',
  'with',
  'valueSet',
  'default',
  'required',
  'when',
  'each',
  'as',
  'fields',
] as const;
/** Which of them makes a rule. */
export const RULE_SOURCES: readonly string[] = ['value', 'from', 'each', 'fields'];
