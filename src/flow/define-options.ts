/** What a flow file says of the flow as a whole. */
import type { Duration } from '../std/index.ts';
import { lengthOf } from './define-sleep.ts';
import type { Exhausted, Flow, FlowRetention, Late, Order, ServiceLevel } from './flow.ts';

export interface FlowOptions {
  /** One sentence for the console. */
  readonly about?: string;
  /** Names of sites, or tags: `'tag:cardiology'`. Left out: all. */
  readonly sites?: string | readonly string[];
  /** What deliveries are kept in order by; left out: the patient. */
  readonly order?: Order;
  /** How long failures that may pass are tried again: `'14d'`, or milliseconds. Left out: three days, a long weekend. */
  readonly giveUpAfter?: Duration | number;
  /** Failed attempts after which a delivery is exhausted. Left out: no such limit. An unreachable or stopped connection never exhausts one. */
  readonly attempts?: number;
  /** Whether an exhausted delivery stops its lane or is a dead letter. Left out: `'stop lane'` for ADT, `'dead letter'` for all else. */
  readonly exhausted?: Exhausted;
  /** What becomes of an event that is older than this when its turn comes: `{ after: '2h', do: 'filter' }`. */
  readonly late?: Omit<Late, 'after'> & { readonly after: Duration | number };
  /** Days for which its finished messages are kept: `{ days: 365 }`. Left out: as the connection and the site say. */
  readonly retention?: FlowRetention;
  /** What the flow promises: `{ endToEnd: '5m', silence: 'learn' }`. */
  readonly service?: {
    readonly endToEnd?: Duration | number;
    readonly silence?: Duration | number | 'learn';
  };
}

const THREE_DAYS = 3 * 86_400_000;

/** What a flow says only where it says it. */
type Promises = Pick<Flow, 'attempts' | 'exhausted' | 'late' | 'retention' | 'service'>;

function serviceOf(name: string, service: NonNullable<FlowOptions['service']>): ServiceLevel {
  const { endToEnd, silence } = service;
  return {
    ...(endToEnd === undefined ? {} : { endToEnd: lengthOf(name, 'service.endToEnd', endToEnd) }),
    ...(silence === undefined
      ? {}
      : { silence: silence === 'learn' ? silence : lengthOf(name, 'service.silence', silence) }),
  };
}

/** @throws Failure `config`: what is no length of time. */
export function headOf(name: string, options: FlowOptions): Omit<Flow, 'trigger' | 'steps'> {
  const { about = '', order = 'patient', giveUpAfter = THREE_DAYS } = options;
  const { attempts, exhausted, late, retention, service } = options;
  const sites =
    typeof options.sites === 'string' && options.sites !== 'all' ? [options.sites] : (options.sites ?? 'all');
  const limits: Promises = {
    ...(attempts === undefined ? {} : { attempts }),
    ...(exhausted === undefined ? {} : { exhausted }),
    ...(late === undefined ? {} : { late: { ...late, after: lengthOf(name, 'late.after', late.after) } }),
    ...(retention === undefined ? {} : { retention: { ...retention } }),
    ...(service === undefined ? {} : { service: serviceOf(name, service) }),
  };
  const length = lengthOf(name, 'giveUpAfter', giveUpAfter);
  return { name, about, sites: sites as Flow['sites'], order, giveUpAfter: length, ...limits };
}
