import { callOut } from '../outgoing.ts';
import { type HookService, type HookServices, isHook, serviceIn } from './services.ts';

export interface Discovered {
  readonly built: readonly HookService[];
  /** Services that the hospital has no place for, and why. */
  readonly left: readonly { readonly id: string; readonly reason: string }[];
}

const timeoutMs = 10_000;

/**
 * Reads `/cds-services` of a server and builds its services in. Epic never reads it: this does what an analyst does,
 * with the document beside the keyboard.
 */
export async function discover(
  address: string,
  more: Readonly<Record<string, unknown>>,
  services: HookServices,
  stopped: AbortSignal,
): Promise<Discovered> {
  const root = address.replace(/\/(cds-services\/?)?$/, '');
  const answer = await callOut({
    url: `${root}/cds-services`,
    method: 'GET',
    headers: { accept: 'application/json' },
    stopped,
    timeoutMs,
  });
  if (answer.status !== 200) throw new RangeError(`${root}/cds-services answered ${answer.status}`);
  const listed = (JSON.parse(answer.body) as { services?: unknown }).services;
  if (!Array.isArray(listed)) throw new RangeError('the discovery document has no list of services');
  const built: HookService[] = [];
  const left: { id: string; reason: string }[] = [];
  for (const each of listed as Record<string, unknown>[]) {
    const { id, hook, title, prefetch } = each;
    if (typeof id !== 'string') left.push({ id: '', reason: 'it has no id' });
    else if (typeof hook !== 'string' || !isHook(hook))
      left.push({ id, reason: `Epic has no hook ${String(hook)}` });
    else {
      const endpoint = `${root}/cds-services/${id}`;
      const service = { ...more, id, hook, endpoint, prefetch: prefetch ?? {}, title: title ?? id };
      built.push(services.put(serviceIn(service, services)));
    }
  }
  return { built, left };
}
