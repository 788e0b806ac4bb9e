/**
 * The FHIR R4 (4.0.1) resources that flows are written against, as types only: Patient, Appointment,
 * Encounter, Observation, DocumentReference, and what they are made of. Elements, cardinalities and
 * required codes are those of http://hl7.org/fhir/R4; `?` is a minimum of 0. Own and small, so that a
 * project that uses Suture needs no further package for its types.
 */

/** A code of a required binding, still open to what real servers send. */
type Code<Known extends string> = Known | (string & Record<never, never>);

export interface Element {
  readonly id?: string;
  readonly extension?: readonly Extension[];
}

export interface Extension extends Element {
  readonly url: string;
  readonly valueString?: string;
  readonly valueCode?: string;
  readonly valueBoolean?: boolean;
  readonly valueInteger?: number;
  readonly valueDateTime?: string;
  readonly valueUri?: string;
  readonly valueCoding?: Coding;
  readonly valueCodeableConcept?: CodeableConcept;
  readonly valueAddress?: Address;
  readonly valueReference?: Reference;
}

export interface Coding extends Element {
  readonly system?: string;
  readonly version?: string;
  readonly code?: string;
  readonly display?: string;
  readonly userSelected?: boolean;
}

export interface CodeableConcept extends Element {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}

export interface Identifier extends Element {
  readonly use?: Code<'usual' | 'official' | 'temp' | 'secondary' | 'old'>;
  readonly type?: CodeableConcept;
  readonly system?: string;
  readonly value?: string;
  readonly period?: Period;
  readonly assigner?: Reference;
}

export interface Reference extends Element {
  /** `Patient/abc`: relative, absolute, or `#id` of a contained resource. */
  readonly reference?: string;
  readonly type?: string;
  readonly identifier?: Identifier;
  readonly display?: string;
}

/** Date-times as FHIR writes them: `2026-01-31T12:00:00-05:00`, or a date, a month, a year. */
export interface Period extends Element {
  readonly start?: string;
  readonly end?: string;
}

export interface HumanName extends Element {
  readonly use?: Code<'usual' | 'official' | 'temp' | 'nickname' | 'anonymous' | 'old' | 'maiden'>;
  readonly text?: string;
  readonly family?: string;
  readonly given?: readonly string[];
  readonly prefix?: readonly string[];
  readonly suffix?: readonly string[];
  readonly period?: Period;
}

export interface Address extends Element {
  readonly use?: Code<'home' | 'work' | 'temp' | 'old' | 'billing'>;
  readonly type?: Code<'postal' | 'physical' | 'both'>;
  readonly text?: string;
  readonly line?: readonly string[];
  readonly city?: string;
  readonly district?: string;
  readonly state?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly period?: Period;
}

export interface ContactPoint extends Element {
  readonly system?: Code<'phone' | 'fax' | 'email' | 'pager' | 'url' | 'sms' | 'other'>;
  readonly value?: string;
  readonly use?: Code<'home' | 'work' | 'temp' | 'old' | 'mobile'>;
  readonly rank?: number;
  readonly period?: Period;
}

export interface Quantity extends Element {
  readonly value?: number;
  readonly comparator?: Code<'<' | '<=' | '>=' | '>'>;
  readonly unit?: string;
  readonly system?: string;
  readonly code?: string;
}

export interface Range extends Element {
  readonly low?: Quantity;
  readonly high?: Quantity;
}

export interface Annotation extends Element {
  readonly authorReference?: Reference;
  readonly authorString?: string;
  readonly time?: string;
  readonly text: string;
}

export interface Attachment extends Element {
  readonly contentType?: string;
  readonly language?: string;
  /** base64. */
  readonly data?: string;
  readonly url?: string;
  readonly size?: number;
  readonly hash?: string;
  readonly title?: string;
  readonly creation?: string;
}

export interface Meta extends Element {
  readonly versionId?: string;
  readonly lastUpdated?: string;
  readonly source?: string;
  readonly profile?: readonly string[];
  readonly security?: readonly Coding[];
  readonly tag?: readonly Coding[];
}

export interface DomainResource {
  readonly id?: string;
  readonly meta?: Meta;
  readonly language?: string;
  readonly contained?: readonly { readonly resourceType: string; readonly id?: string }[];
  readonly extension?: readonly Extension[];
}

export interface Patient extends DomainResource {
  readonly resourceType: 'Patient';
  readonly identifier?: readonly Identifier[];
  readonly active?: boolean;
  readonly name?: readonly HumanName[];
  readonly telecom?: readonly ContactPoint[];
  readonly gender?: Code<'male' | 'female' | 'other' | 'unknown'>;
  readonly birthDate?: string;
  readonly _birthDate?: Element;
  readonly deceasedBoolean?: boolean;
  readonly deceasedDateTime?: string;
  readonly address?: readonly Address[];
  readonly maritalStatus?: CodeableConcept;
  readonly multipleBirthBoolean?: boolean;
  readonly multipleBirthInteger?: number;
  readonly contact?: readonly PatientContact[];
  readonly communication?: readonly { readonly language: CodeableConcept; readonly preferred?: boolean }[];
  readonly generalPractitioner?: readonly Reference[];
  readonly managingOrganization?: Reference;
  readonly link?: readonly { readonly other: Reference; readonly type: string }[];
}

export interface PatientContact {
  readonly relationship?: readonly CodeableConcept[];
  readonly name?: HumanName;
  readonly telecom?: readonly ContactPoint[];
  readonly address?: Address;
  readonly gender?: string;
  readonly organization?: Reference;
  readonly period?: Period;
}

export interface Appointment extends DomainResource {
  readonly resourceType: 'Appointment';
  readonly identifier?: readonly Identifier[];
  readonly status: Code<
    | 'proposed'
    | 'pending'
    | 'booked'
    | 'arrived'
    | 'fulfilled'
    | 'cancelled'
    | 'noshow'
    | 'entered-in-error'
    | 'checked-in'
    | 'waitlist'
  >;
  readonly cancelationReason?: CodeableConcept;
  readonly serviceCategory?: readonly CodeableConcept[];
  readonly serviceType?: readonly CodeableConcept[];
  readonly specialty?: readonly CodeableConcept[];
  readonly appointmentType?: CodeableConcept;
  readonly reasonCode?: readonly CodeableConcept[];
  readonly reasonReference?: readonly Reference[];
  readonly priority?: number;
  readonly description?: string;
  readonly supportingInformation?: readonly Reference[];
  readonly start?: string;
  readonly end?: string;
  readonly minutesDuration?: number;
  readonly slot?: readonly Reference[];
  readonly created?: string;
  readonly comment?: string;
  readonly patientInstruction?: string;
  readonly basedOn?: readonly Reference[];
  readonly participant: readonly AppointmentParticipant[];
  readonly requestedPeriod?: readonly Period[];
}

export interface AppointmentParticipant {
  readonly type?: readonly CodeableConcept[];
  readonly actor?: Reference;
  readonly required?: Code<'required' | 'optional' | 'information-only'>;
  readonly status: Code<'accepted' | 'declined' | 'tentative' | 'needs-action'>;
  readonly period?: Period;
}

export type EncounterStatus =
  | 'planned'
  | 'arrived'
  | 'triaged'
  | 'in-progress'
  | 'onleave'
  | 'finished'
  | 'cancelled'
  | 'entered-in-error'
  | 'unknown';

export interface Encounter extends DomainResource {
  readonly resourceType: 'Encounter';
  readonly identifier?: readonly Identifier[];
  readonly status: Code<EncounterStatus>;
  readonly class: Coding;
  readonly type?: readonly CodeableConcept[];
  readonly serviceType?: CodeableConcept;
  readonly priority?: CodeableConcept;
  readonly subject?: Reference;
  readonly basedOn?: readonly Reference[];
  readonly participant?: readonly EncounterParticipant[];
  readonly appointment?: readonly Reference[];
  readonly period?: Period;
  readonly length?: Quantity;
  readonly reasonCode?: readonly CodeableConcept[];
  readonly reasonReference?: readonly Reference[];
  readonly diagnosis?: readonly { readonly condition: Reference; readonly rank?: number }[];
  readonly account?: readonly Reference[];
  readonly hospitalization?: EncounterHospitalization;
  readonly location?: readonly EncounterLocation[];
  readonly serviceProvider?: Reference;
  readonly partOf?: Reference;
}

export interface EncounterParticipant {
  readonly type?: readonly CodeableConcept[];
  readonly period?: Period;
  readonly individual?: Reference;
}

export interface EncounterHospitalization {
  readonly preAdmissionIdentifier?: Identifier;
  readonly origin?: Reference;
  readonly admitSource?: CodeableConcept;
  readonly reAdmission?: CodeableConcept;
  readonly dietPreference?: readonly CodeableConcept[];
  readonly specialCourtesy?: readonly CodeableConcept[];
  readonly specialArrangement?: readonly CodeableConcept[];
  readonly destination?: Reference;
  readonly dischargeDisposition?: CodeableConcept;
}

export interface EncounterLocation {
  readonly location: Reference;
  readonly status?: Code<'planned' | 'active' | 'reserved' | 'completed'>;
  readonly physicalType?: CodeableConcept;
  readonly period?: Period;
}

interface ObservationValue {
  readonly valueQuantity?: Quantity;
  readonly valueCodeableConcept?: CodeableConcept;
  readonly valueString?: string;
  readonly valueBoolean?: boolean;
  readonly valueInteger?: number;
  readonly valueRange?: Range;
  readonly valueDateTime?: string;
  readonly valueTime?: string;
  readonly valuePeriod?: Period;
  readonly dataAbsentReason?: CodeableConcept;
  readonly interpretation?: readonly CodeableConcept[];
  readonly referenceRange?: readonly {
    readonly low?: Quantity;
    readonly high?: Quantity;
    readonly text?: string;
  }[];
}

export interface Observation extends DomainResource, ObservationValue {
  readonly resourceType: 'Observation';
  readonly identifier?: readonly Identifier[];
  readonly basedOn?: readonly Reference[];
  readonly status: Code<
    | 'registered'
    | 'preliminary'
    | 'final'
    | 'amended'
    | 'corrected'
    | 'cancelled'
    | 'entered-in-error'
    | 'unknown'
  >;
  readonly category?: readonly CodeableConcept[];
  readonly code: CodeableConcept;
  readonly subject?: Reference;
  readonly focus?: readonly Reference[];
  readonly encounter?: Reference;
  readonly effectiveDateTime?: string;
  readonly effectivePeriod?: Period;
  readonly issued?: string;
  readonly performer?: readonly Reference[];
  readonly note?: readonly Annotation[];
  readonly bodySite?: CodeableConcept;
  readonly method?: CodeableConcept;
  readonly specimen?: Reference;
  readonly device?: Reference;
  readonly hasMember?: readonly Reference[];
  readonly derivedFrom?: readonly Reference[];
  readonly component?: readonly (ObservationValue & { readonly code: CodeableConcept })[];
}

export interface DocumentReference extends DomainResource {
  readonly resourceType: 'DocumentReference';
  readonly masterIdentifier?: Identifier;
  readonly identifier?: readonly Identifier[];
  readonly status: Code<'current' | 'superseded' | 'entered-in-error'>;
  readonly docStatus?: Code<'preliminary' | 'final' | 'amended' | 'entered-in-error'>;
  readonly type?: CodeableConcept;
  readonly category?: readonly CodeableConcept[];
  readonly subject?: Reference;
  readonly date?: string;
  readonly author?: readonly Reference[];
  readonly authenticator?: Reference;
  readonly custodian?: Reference;
  readonly relatesTo?: readonly { readonly code: string; readonly target: Reference }[];
  readonly description?: string;
  readonly securityLabel?: readonly CodeableConcept[];
  readonly content: readonly { readonly attachment: Attachment; readonly format?: Coding }[];
  readonly context?: {
    readonly encounter?: readonly Reference[];
    readonly event?: readonly CodeableConcept[];
    readonly period?: Period;
    readonly facilityType?: CodeableConcept;
    readonly practiceSetting?: CodeableConcept;
    readonly sourcePatientInfo?: Reference;
    readonly related?: readonly Reference[];
  };
}

/** Read from HL7 v2 beside a Patient and an Encounter. */
export interface Practitioner extends DomainResource {
  readonly resourceType: 'Practitioner';
  readonly identifier?: readonly Identifier[];
  readonly name?: readonly HumanName[];
  readonly qualification?: readonly { readonly code: CodeableConcept }[];
}

/** Read from HL7 v2 beside a Patient and an Encounter. */
export interface Location extends DomainResource {
  readonly resourceType: 'Location';
  readonly identifier?: readonly Identifier[];
  readonly name?: string;
  readonly description?: string;
  readonly mode?: Code<'instance' | 'kind'>;
  readonly physicalType?: CodeableConcept;
  readonly type?: readonly CodeableConcept[];
  readonly partOf?: Reference;
}

/** The resources that events and finds are about, by name. */
export interface Resources {
  Patient: Patient;
  Appointment: Appointment;
  Encounter: Encounter;
  Observation: Observation;
  DocumentReference: DocumentReference;
}
