import { pageHeaders } from '../page.ts';
import type { Fault } from './rule.ts';

/** What a proxy shows whose own session has ended: 200, and a page in place of FHIR. */
export const loginPage = `<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><h1>Your session has ended</h1>
<form method="post" action="/proxy/login"><input name="user"><input name="password" type="password"><button>Sign in</button></form>
</body></html>`;
export const loginHeaders = {
  'content-type': pageHeaders['content-type'],
  'cache-control': 'no-store',
} as const;

/** The body of an answer after its faults. Bodies that are no text stay as they are. */
export function spoiled(payload: unknown, faults: readonly Fault[]): unknown {
  let text = typeof payload === 'string' ? payload : undefined;
  if (text === undefined) return payload;
  for (const fault of faults) {
    if (fault.kind === 'foreign-next') text = withForeignNext(text, fault.origin);
    if (fault.kind === 'unknown-code' && fault.element)
      text = withCode(text, fault.element, fault.code, fault.display);
    if (fault.kind === 'truncated') text = text.slice(0, Math.floor(text.length * 0.6));
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withForeignNext(text: string, origin: string): string {
  const bundle = parsed(text) as { link?: { relation?: string; url?: string }[] } | undefined;
  const next = Array.isArray(bundle?.link)
    ? bundle.link.find(({ relation }) => relation === 'next')
    : undefined;
  if (!next?.url) return text;
  const { pathname, search } = new URL(next.url);
  next.url = new URL(`${pathname}${search}`, origin).href;
  return JSON.stringify(bundle);
}

/** Puts a code in place of the first coding of every element of a name; elements that are codes themselves too. */
function withCode(text: string, element: string, code: string, display: string | undefined): string {
  const resource = parsed(text);
  if (resource === undefined) return text;
  const strange = { code, ...(display === undefined ? {} : { display }) };
  function change(value: unknown): unknown {
    if (typeof value === 'string') return code;
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    if ('coding' in value && Array.isArray(value.coding)) {
      const [first, ...rest] = value.coding as Record<string, unknown>[];
      return { ...value, coding: [{ ...first, ...strange }, ...rest] };
    }
    return 'code' in value ? { ...value, ...strange } : value;
  }
  function walk(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, name === element ? change(each) : walk(each)]),
    );
  }
  return JSON.stringify(walk(resource));
}
