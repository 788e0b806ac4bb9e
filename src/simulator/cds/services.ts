import { Body } from '../admin/body.ts';

/** The three hooks of Epic. Other places in the workflow reuse patient-view with another trigger action. */
export const hooks = ['patient-view', 'order-select', 'order-sign'] as const;
export type Hook = (typeof hooks)[number];

/** A CDS service as an analyst of the hospital has built it in. Epic reads none of this from the service itself. */
export interface HookService {
  readonly id: string;
  readonly title: string;
  readonly hook: Hook;
  /** Called exactly as it is written here. */
  readonly endpoint: string;
  /** The application that the service belongs to: whose APIs the token in a request is for. */
  readonly clientId: string;
  /** Queries by name, with `{{context.patientId}}` and its like in them. */
  readonly prefetch: Readonly<Record<string, string>>;
  /** `aud` and `sub` of the token that the request is signed with: the site sets both. */
  readonly audience: string;
  readonly subject: string;
  readonly criteriaId: string;
  /** Whether orders that are not signed yet are sent: the client needs the scopes for it. */
  readonly draftOrders: boolean;
  readonly feedback: 'immediate' | 'batched';
  /** How long the hospital waits. What Epic waits is not documented. */
  readonly timeoutMs: number;
}

const usualTimeoutMs = 10_000;

export function isHook(name: string): name is Hook {
  return (hooks as readonly string[]).includes(name);
}

/** The services that are built in. */
export class HookServices {
  readonly #services = new Map<string, HookService>();

  put(service: HookService): HookService {
    this.#services.set(service.id, service);
    return service;
  }
  remove(id: string): boolean {
    return this.#services.delete(id);
  }
  get(id: string): HookService | undefined {
    return this.#services.get(id);
  }
  list(hook?: Hook): HookService[] {
    return [...this.#services.values()].filter((service) => hook === undefined || service.hook === hook);
  }

  /** A free number for `criteria-id`, as Epic numbers its criteria. */
  nextCriteria(): string {
    return String(10_000 + this.#services.size);
  }
}

/** Reads a service from the body of an admin request. Throws a BadBody or RangeError. */
export function serviceIn(value: unknown, services: HookServices): HookService {
  const body = new Body(value);
  const hook = body.text('hook');
  if (!isHook(hook)) throw new RangeError(`hook must be one of ${hooks.join(', ')}: Epic has no other`);
  const endpoint = body.text('endpoint');
  if (!URL.canParse(endpoint)) throw new RangeError('endpoint must be an absolute URL');
  const clientId = body.optionalText('clientId') ?? 'cds-service';
  const prefetch = (value as { prefetch?: unknown }).prefetch ?? {};
  if (
    typeof prefetch !== 'object' ||
    Object.values(prefetch as object).some((each) => typeof each !== 'string')
  ) {
    throw new RangeError('prefetch must be an object of query texts');
  }
  const id = body.optionalText('id') ?? endpoint.split('/').filter(Boolean).at(-1) ?? 'service';
  return {
    id,
    title: body.optionalText('title') ?? id,
    hook,
    endpoint,
    clientId,
    prefetch: prefetch as Record<string, string>,
    audience: body.optionalText('audience') ?? endpoint,
    subject: body.optionalText('subject') ?? clientId,
    criteriaId: body.optionalText('criteriaId') ?? services.nextCriteria(),
    draftOrders: body.optionalBoolean('draftOrders') ?? true,
    feedback: body.optionalText('feedback') === 'batched' ? 'batched' : 'immediate',
    timeoutMs: body.optionalNumber('timeoutMs') ?? usualTimeoutMs,
  };
}
