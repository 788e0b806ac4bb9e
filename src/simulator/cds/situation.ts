import type { Body } from '../admin/body.ts';
import type { Resource } from '../fhir/outcome.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import { draftOf } from './orders.ts';
import type { Hook } from './services.ts';

/** Who does what with whose chart: what the context of a request says. */
export interface Situation {
  readonly hook: Hook;
  /** `Practitioner/...`, or `PractitionerRole/...` where the user has one. */
  readonly userId: string;
  readonly patientId: string;
  readonly encounterId: string | undefined;
  /** Orders in the basket, with the medications they name. */
  readonly draft: readonly Resource[];
  /** Epic's number of the action that set it off. */
  readonly trigger: number;
}

/** Trigger actions, by the words of Epic's list. */
export const triggers: Readonly<Record<string, number>> = {
  general: 5,
  'enter-problem': 6,
  'enter-diagnosis': 7,
  'enter-order': 18,
  'sign-orders': 23,
  admission: 26,
  discharge: 27,
  transfer: 29,
  'open-chart': 60,
};
const usualTrigger = {
  'patient-view': 'open-chart',
  'order-select': 'enter-order',
  'order-sign': 'sign-orders',
} as const;

/** Sets the scene from the body of an admin request. Throws a RangeError for who or what is unknown. */
export function situationIn(body: Body, hook: Hook, hospital: Hospital, behaviour: Behaviour): Situation {
  const named = body.optionalText('patient');
  const patient = named === undefined ? hospital.patients.get(1) : hospital.patientByAny(named);
  if (patient?.standing !== 'active') throw new RangeError('no patient has this id');
  const open = hospital.chart('Encounter', patient).find(({ endedAt }) => endedAt === undefined);
  const encounterId = body.optionalText('encounter') ?? open?.fhirId;
  const provider = hospital.facility.providers[0];
  const userId = body.optionalText('user') ?? `Practitioner/${provider?.fhirId}`;
  const word = body.optionalText('trigger') ?? usualTrigger[hook];
  const trigger = Object.hasOwn(triggers, word) ? triggers[word] : Number(word);
  if (trigger === undefined || !Number.isInteger(trigger)) {
    throw new RangeError(`trigger must be a number or one of ${Object.keys(triggers).join(', ')}`);
  }
  const names = body.optionalTexts('orders') ?? (hook === 'patient-view' ? [] : ['head-ct']);
  const about = { patientId: patient.fhirId, encounterId, requester: userId };
  const draft = names.flatMap((name) => draftOf(name, about, behaviour.cdsMedicationEntries));
  return { hook, userId, patientId: patient.fhirId, encounterId, draft, trigger };
}
