import type { WallTime } from '../day/clock.ts';
import { callOut } from '../outgoing.ts';
import type { Random } from '../world/random.ts';
import type { GenericBehaviour } from './behaviour.ts';
import { isServed } from './parameters.ts';
import type { Content, Repository, Version } from './repository.ts';
import { meets } from './search.ts';

interface Channel {
  readonly endpoint: string;
  readonly payload: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

interface Active {
  readonly id: string;
  readonly type: string;
  readonly criteria: URLSearchParams;
  readonly channel: Channel;
  readonly end: number;
  /** Notifications go one after another. */
  last: Promise<void>;
}

const attempts = 3;
const firstPauseMs = 200;
const timeoutMs = 5_000;

/** Subscriptions of R4 with rest-hook channels: tells an endpoint of every new or changed resource that meets the criteria. */
export class Subscriptions {
  readonly #active = new Map<string, Active>();
  readonly #repository: Repository;
  readonly #behaviour: GenericBehaviour;
  readonly #random: Random;
  readonly #wall: WallTime;
  readonly #stopped: AbortSignal;
  /** Changes that are not visible yet, and notifications on their way. */
  readonly #open = new Set<Promise<void>>();
  readonly #timers = new Set<() => void>();

  constructor(
    repository: Repository,
    behaviour: GenericBehaviour,
    random: Random,
    wall: WallTime,
    stopped: AbortSignal,
  ) {
    this.#repository = repository;
    this.#behaviour = behaviour;
    this.#random = random;
    this.#wall = wall;
    this.#stopped = stopped;
    stopped.addEventListener('abort', () => {
      for (const cancel of this.#timers) cancel();
    });
  }

  /** To be told of every version that stays. */
  notice(version: Version): void {
    if (version.type === 'Subscription') this.#take(version);
    if (this.#active.size === 0 || !version.resource) return;
    const wait = version.searchableAt - this.#wall.now();
    if (wait <= 0) this.#announce(version);
    else this.#after(wait, () => this.#announce(version));
  }

  /** Resolves when everything that is visible has been told, or given up. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  #take({ id, resource }: Version): void {
    const status = resource?.status;
    if (!resource || (status !== 'requested' && status !== 'active')) {
      this.#active.delete(id);
      return;
    }
    const parsed = parse(id, resource);
    if (typeof parsed === 'string') {
      this.#active.delete(id);
      this.#repository.write(
        'Subscription',
        id,
        'PUT',
        { ...resource, status: 'error', error: parsed },
        true,
      );
      return;
    }
    this.#active.set(id, { ...parsed, last: this.#active.get(id)?.last ?? Promise.resolve() });
    if (status === 'requested') {
      this.#repository.write('Subscription', id, 'PUT', { ...resource, status: 'active' }, true);
    }
  }

  #announce(version: Version): void {
    const { type, resource } = version;
    for (const active of this.#active.values()) {
      if (active.type !== type || active.end <= this.#wall.now()) continue;
      if (!resource || !meets(type, active.criteria)(resource)) continue;
      const { lostNotificationsPerThousand, repeatedNotificationsPerThousand } = this.#behaviour;
      if (this.#hit(lostNotificationsPerThousand)) continue;
      const times = this.#hit(repeatedNotificationsPerThousand) ? 2 : 1;
      for (let count = 0; count < times; count += 1) {
        active.last = active.last.then(() => this.#notify(active, version));
        this.#track(active.last);
      }
    }
  }

  async #notify(active: Active, { type, id, resource }: Version): Promise<void> {
    const { endpoint, payload, headers } = active.channel;
    const put = payload !== undefined && this.#behaviour.notifyBy === 'PUT';
    let problem = '';
    for (let attempt = 0; attempt < attempts && !this.#stopped.aborted; attempt += 1) {
      if (this.#active.get(active.id)?.channel.endpoint !== endpoint) return;
      if (attempt > 0) await this.#pause(firstPauseMs * 2 ** attempt);
      try {
        const { status } = await callOut({
          url: put ? `${endpoint.replace(/\/$/, '')}/${type}/${id}` : endpoint,
          method: put ? 'PUT' : 'POST',
          headers: { ...headers, ...(payload === undefined ? {} : { 'content-type': payload }) },
          ...(payload === undefined ? {} : { body: JSON.stringify(resource) }),
          stopped: this.#stopped,
          timeoutMs,
        });
        if (status < 300) return;
        problem = `the endpoint answered ${status}`;
      } catch (error) {
        problem = (error as Error).message;
      }
    }
    if (!this.#stopped.aborted) this.#giveUp(active.id, problem);
  }

  /** A server that cannot deliver says so in the Subscription, and stops. */
  #giveUp(id: string, problem: string): void {
    const resource = this.#repository.newest('Subscription', id)?.resource;
    if (!resource || !this.#active.delete(id)) return;
    this.#repository.write('Subscription', id, 'PUT', { ...resource, status: 'error', error: problem }, true);
  }

  #hit(perThousand: number): boolean {
    return perThousand > 0 && this.#random.integer(1000) < perThousand;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#after(milliseconds, resolve);
      this.#stopped.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #after(milliseconds: number, callback: () => void): void {
    if (this.#stopped.aborted) return;
    const cancel = this.#wall.after(milliseconds, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }

  #track(promise: Promise<void>): void {
    this.#open.add(promise);
    void promise.finally(() => this.#open.delete(promise));
  }
}

/** Reads a Subscription, or says what is wrong with it. */
function parse(id: string, resource: Content): Omit<Active, 'last'> | string {
  const [type = '', query = ''] = String(resource.criteria ?? '').split('?');
  if (!isServed(type)) return 'criteria must begin with a type that is served here';
  const { type: kind, endpoint, payload, header } = (resource.channel ?? {}) as Record<string, unknown>;
  if (kind !== 'rest-hook') return 'only channels of type rest-hook are served';
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint))
    return 'channel.endpoint must be an absolute URL';
  const criteria = new URLSearchParams(query);
  try {
    meets(type, criteria);
  } catch (error) {
    return (error as Error).message;
  }
  const end = typeof resource.end === 'string' ? Date.parse(resource.end) : Number.POSITIVE_INFINITY;
  return {
    id,
    type,
    criteria,
    end,
    channel: {
      endpoint,
      payload: typeof payload === 'string' && payload !== '' ? payload : undefined,
      headers: headersIn(header),
    },
  };
}

function headersIn(lines: unknown): Record<string, string> {
  const list = Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : [];
  return Object.fromEntries(
    list.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]] : [];
    }),
  );
}
