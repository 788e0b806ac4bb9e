import { randomUUID } from 'node:crypto';
import { bundleOf, isRequest, referenceTo } from './orders.ts';
import type { HookService } from './services.ts';
import type { Situation } from './situation.ts';

export interface RequestParts {
  readonly fhirServer: string;
  readonly accessToken: string | undefined;
  readonly expiresIn: number;
  /** The APIs of the client, by their names. */
  readonly scope: string;
  readonly prefetch: Readonly<Record<string, unknown>> | undefined;
}

/** The body of a call, as Epic writes it. */
export function hookRequest(
  service: HookService,
  situation: Situation,
  parts: RequestParts,
): Record<string, unknown> {
  const { accessToken, expiresIn, scope, prefetch, fhirServer } = parts;
  return {
    hook: service.hook,
    hookInstance: randomUUID(),
    fhirServer,
    ...(accessToken === undefined
      ? {}
      : {
          fhirAuthorization: {
            access_token: accessToken,
            token_type: 'Bearer',
            expires_in: expiresIn,
            scope,
            subject: service.clientId,
          },
        }),
    context: contextOf(service, situation),
    ...(prefetch === undefined ? {} : { prefetch }),
    extension: extensionOf(service, situation),
  };
}

/** The values that a context has, which prefetch queries may name too. */
export function contextOf(service: HookService, situation: Situation): Record<string, unknown> {
  const { hook, userId, patientId, encounterId, draft } = situation;
  const base = { userId, patientId, ...(encounterId === undefined ? {} : { encounterId }) };
  if (hook === 'patient-view' || !service.draftOrders) return base;
  const draftOrders = bundleOf(draft);
  if (hook === 'order-sign') return { ...base, draftOrders };
  return { ...base, selections: draft.filter(isRequest).map(referenceTo), draftOrders };
}

/** Epic's own extension; every value is a text. */
function extensionOf({ criteriaId }: HookService, { trigger }: Situation): Record<string, string> {
  const key = (name: string) => `com.epic.cdshooks.request.${name}`;
  return {
    [key('bpa-trigger-action')]: String(trigger),
    [key('cds-hooks-specification-version')]: '1.1',
    [key('fhir-version')]: 'R4',
    [key('criteria-id')]: criteriaId,
    [key('epic-version')]: '10.9',
    [key('cds-hooks-implementation-version')]: '1.0',
    [key('cds-hooks-su-version')]: '0',
  };
}

/** `Observation?patient={{context.patientId}}` with the values in; undefined when one of them is not known. */
export function filledIn(template: string, context: Readonly<Record<string, unknown>>): string | undefined {
  const [userType, userId] = String(context.userId ?? '').split('/');
  const own: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(context).map(([name, value]) => [`context.${name}`, value])),
    [`user${userType}Id`]: userId,
    'context.userId': context.userId,
  };
  let complete = true;
  const text = template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_all, name: string) => {
    const value = own[name];
    if (typeof value !== 'string') complete = false;
    return encodeURIComponent(String(value)).replaceAll('%2F', '/');
  });
  return complete ? text : undefined;
}
