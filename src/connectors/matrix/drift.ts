/** What a server says now against what was written down: told, never corrected. */
import type { Observed } from '../../site/index.ts';

export interface Drift {
  /** `Observation: search parameter issued`, `scope system/Patient.rs`. */
  readonly what: string;
  /** `ends`: it holds until `now`, and that is soon. */
  readonly change: 'gone' | 'new' | 'changed' | 'ends';
  readonly before: string | null;
  readonly now: string | null;
}

/** A certificate that ends within so long is told of: its owner needs days to have another. */
export const CERTIFICATE_ENDS_SOON = 30 * 86_400_000;

/**
 * Differences of what decides, in a fixed order; a part that either side lacks is not compared.
 * @example
 * drift(written, met) // [{ what: 'Appointment: search parameter status', change: 'gone', ... }]
 */
export function drift(written: Observed, met: Observed): readonly Drift[] {
  const found: Drift[] = [];
  const value = (what: string, before: string | undefined, now: string | undefined): void => {
    if (before !== now) found.push({ what, change: 'changed', before: before ?? null, now: now ?? null });
  };
  const set = (what: string, before: readonly string[], now: readonly string[]): void => {
    for (const each of before) {
      if (!now.includes(each))
        found.push({ what: `${what} ${each}`, change: 'gone', before: each, now: null });
    }
    for (const each of now) {
      if (!before.includes(each))
        found.push({ what: `${what} ${each}`, change: 'new', before: null, now: each });
    }
  };
  if (written.metadata && met.metadata) {
    const [before, now] = [written.metadata, met.metadata];
    value('software version', before.software.version, now.software.version);
    value('FHIR version', before.fhirVersion, now.fhirVersion);
    const types = [...new Set([...Object.keys(before.resources), ...Object.keys(now.resources)])].sort();
    for (const type of types) {
      const [old, present] = [before.resources[type], now.resources[type]];
      set(`${type}: interaction`, old?.interactions ?? [], present?.interactions ?? []);
      set(`${type}: search parameter`, old?.search ?? [], present?.search ?? []);
      set(`${type}: operation`, old?.operations ?? [], present?.operations ?? []);
    }
  }
  if (written.smart && met.smart) {
    value('token endpoint', written.smart.tokenEndpoint, met.smart.tokenEndpoint);
    set('SMART capability', written.smart.capabilities, met.smart.capabilities);
    set('grant', written.smart.grants, met.smart.grants);
    set('sign-in method', written.smart.authMethods, met.smart.authMethods);
  }
  if (written.scopes?.told && met.scopes?.told) set('scope', written.scopes.scopes, met.scopes.scopes);
  if (met.certificate) {
    const { observedAt, validTo, from } = met.certificate;
    if (Date.parse(validTo) - Date.parse(observedAt) < CERTIFICATE_ENDS_SOON)
      found.push({ what: `certificate of ${from}`, change: 'ends', before: null, now: validTo });
  }
  if (written.trials && met.trials) {
    for (const { what, answer } of written.trials.trials) {
      const now = met.trials.trials.find((each) => each.what === what)?.answer;
      if (now !== undefined && now !== 'unclear' && answer !== 'unclear') value(what, answer, now);
    }
  }
  return found;
}

/** @example driftText({ what: 'scope system/Patient.rs', change: 'gone', ... }) // 'scope system/Patient.rs is gone' */
export function driftText({ what, change, before, now }: Drift): string {
  if (change === 'gone') return `${what} is gone`;
  if (change === 'new') return `${what} is new`;
  if (change === 'ends') return `${what} ends on ${(now ?? '').slice(0, 10)}`;
  return `${what} was ${before ?? 'not there'} and is ${now ?? 'not there'} now`;
}
