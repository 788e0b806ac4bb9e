import type { Department, Provider } from './records.ts';

/** What is written into a chart. Like all records these are snapshots; instants are milliseconds since 1970. */

export type ObservationCategory = 'vital-signs' | 'laboratory' | 'social-history';

/** What is measured: the row of a flowsheet, or a component of a laboratory panel. */
export interface Measure {
  /** The short name, unique within the hospital: `blood-pressure`, `potassium`. */
  readonly name: string;
  readonly category: ObservationCategory;
  readonly display: string;
  readonly loinc: string;
  /** The flowsheet row (vital signs) or the laboratory component: the site's own number. */
  readonly siteId: string;
  readonly unit: string;
  readonly low?: number;
  readonly high?: number;
  /** Decimals of a usual value. */
  readonly decimals: number;
  /** Blood pressure: the systolic and the diastolic reading. */
  readonly components?: readonly { readonly display: string; readonly loinc: string }[];
}

export type ObservationStatus = 'preliminary' | 'final' | 'corrected' | 'entered-in-error';

export interface Observation {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  /** The visit's CSN; a result of an outside order may have none. */
  readonly visit?: number;
  readonly measure: Measure;
  readonly status: ObservationStatus;
  /** A number, a text, or undefined when only `components` or `absent` say something. */
  readonly value?: number | string;
  /** In the order of the measure's components. */
  readonly components?: readonly number[];
  /** Why there is no value: a FHIR data-absent-reason code. */
  readonly absent?: string;
  /** HL7 table 0078: H, L, HH, LL, N, A. */
  readonly flag?: string;
  readonly note?: string;
  /** The order that a laboratory result answers. */
  readonly order?: number;
  /** When it was true of the patient. */
  readonly takenAt: number;
  /** When it was filed; late filing makes it much later than `takenAt`. */
  readonly issuedAt: number;
  readonly changedAt: number;
}

export interface Panel {
  readonly id: string;
  readonly name: string;
  readonly loinc: string;
  readonly measures: readonly string[];
}

export interface Order {
  readonly number: number;
  readonly fhirId: string;
  readonly reportId: string;
  readonly patient: number;
  readonly visit?: number;
  readonly panel: Panel;
  readonly provider: Provider;
  readonly status: 'active' | 'completed' | 'revoked';
  readonly orderedAt: number;
  readonly collectedAt?: number;
  readonly resultedAt?: number;
  readonly changedAt: number;
}

export interface NoteType {
  /** The site's own number. */
  readonly id: string;
  readonly name: string;
  readonly loinc: string;
}

export interface Note {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly visit?: number;
  readonly type: NoteType;
  /** `final` is signed, `preliminary` an editable draft, `entered-in-error` was taken back (T11). */
  readonly status: 'preliminary' | 'final' | 'amended' | 'entered-in-error';
  readonly author: Provider;
  readonly department?: Department;
  readonly text: string;
  /** Later additions, oldest first. */
  readonly addenda: readonly { readonly at: number; readonly text: string }[];
  /** The number another system gave it when it was filed by a message from there (TXA-12). */
  readonly placer?: string;
  /** When what it tells of happened. */
  readonly serviceAt: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface ConditionCode {
  readonly icd10: string;
  readonly snomed: string;
  readonly display: string;
}

export interface Condition {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly visit?: number;
  readonly category: 'problem-list-item' | 'encounter-diagnosis';
  readonly code: ConditionCode;
  readonly status: 'active' | 'resolved';
  /** `provisional` until a clinician has looked at what came from outside. */
  readonly verification: 'confirmed' | 'provisional' | 'entered-in-error';
  readonly onset?: string;
  readonly note?: string;
  readonly recordedAt: number;
  readonly changedAt: number;
}

export interface Substance {
  readonly code: string;
  readonly system: 'rxnorm' | 'snomed';
  readonly display: string;
  readonly category: 'medication' | 'food' | 'environment';
}

export interface Allergy {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly substance: Substance;
  readonly reaction?: string;
  readonly criticality: 'low' | 'high' | 'unable-to-assess';
  readonly status: 'active' | 'resolved';
  readonly verification: 'confirmed' | 'unconfirmed' | 'entered-in-error';
  readonly note?: string;
  readonly recordedAt: number;
  readonly changedAt: number;
}

export interface Drug {
  readonly rxnorm: string;
  readonly display: string;
  readonly dose: string;
}

export interface Medication {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly visit?: number;
  readonly drug: Drug;
  readonly provider: Provider;
  readonly status: 'active' | 'completed' | 'stopped';
  readonly orderedAt: number;
  readonly changedAt: number;
}

export interface Coverage {
  readonly number: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly payer: string;
  readonly payerId: string;
  readonly plan: string;
  readonly memberId: string;
  readonly from: string;
  readonly changedAt: number;
}
