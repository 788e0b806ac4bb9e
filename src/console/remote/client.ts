import type { ErrorAnswer } from '../../api/types.ts';
import { activityTold, personIsActive } from './activity.ts';

/** What the API refused, in its words. */
export class RemoteFailure extends Error {
  readonly code: string;
  readonly fix: string;
  readonly status: number;

  constructor(status: number, answer: ErrorAnswer['error']) {
    super(answer.message);
    this.name = 'RemoteFailure';
    this.status = status;
    this.code = answer.code;
    this.fix = answer.fix;
  }
}

async function request<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const active = personIsActive();
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      ...(signal ? { signal } : {}),
      headers: { ...init.headers, ...(active ? {} : { 'suture-background': '1' }) },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RemoteFailure(0, {
      code: 'CONSOLE_UNREACHABLE',
      message: 'Suture does not answer.',
      fix: 'See whether it runs; the console goes on by itself when it is back.',
    });
  }
  if (response.status === 401) {
    // The server answers this very address with the sign-in page, and leads back here.
    window.location.reload();
    return new Promise(() => undefined);
  }
  if (active) activityTold();
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  throw new RemoteFailure(
    response.status,
    (body as ErrorAnswer | null)?.error ?? {
      code: 'CONSOLE_ANSWER',
      message: `The server answered ${response.status}.`,
      fix: 'Try again; if it stays, look at the log of Suture.',
    },
  );
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, { method: 'GET' }, signal);
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return request<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, signal);
}
