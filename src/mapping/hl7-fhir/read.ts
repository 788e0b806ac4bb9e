import type { Message } from '../../hl7/index.ts';
import type { Encounter, Location, Patient, Practitioner, Reference } from '../r4.ts';
import { Line } from './line.ts';
import { type Lookup, newReading, note, type ReadingFinding } from './reading.ts';
import { patient } from './segments/pid.ts';
import { encounter } from './segments/pv1.ts';

export interface ReadingOptions {
  /** Ids of resources are stable within it. */
  readonly site: string;
  /** IANA zone of times that the message gives without an offset. */
  readonly timeZone: string;
  /** What the guide leaves to each site; left out: nothing is known. */
  readonly lookup?: Lookup;
  /** The id system of the site's medical record numbers: the patient's id is made of that identifier. */
  readonly mrnSystem?: string;
}

export interface FhirReading {
  /** `null` without a PID segment. */
  readonly patient: Patient | null;
  /** `null` without a PV1 segment, or when PV1 names no visit. */
  readonly encounter: Encounter | null;
  /** What the encounter refers to; every relative reference of the reading leads to one of these or to the patient. */
  readonly related: readonly (Practitioner | Location)[];
  readonly findings: readonly ReadingFinding[];
}

/**
 * Reads the patient and the visit of an HL7 v2 message (ADT; PID and PV1 of SIU and others) as FHIR R4, by HL7's
 * v2-to-FHIR guide: what a flow's event shows. `toFhir` reads the whole message. Pure: the same message and options give
 * the same resources with the same ids. Never throws for content; what could not be carried over is in `findings`.
 *
 * @example
 * readHl7(parse(bytes), { site: 'mercy', timeZone: 'America/Chicago' }).patient?.name?.[0]?.family // 'LOPEZ'
 */
export function readHl7(message: Message, options: ReadingOptions): FhirReading {
  const { mrnSystem } = options;
  const reading = newReading(options, { organizations: false, origins: undefined });
  const [pid] = message.segments('PID');
  const [pv1] = message.segments('PV1');
  const { delimiters } = message;
  if (pid === undefined) note(reading, 'no-patient', 'PID', 'The message has no PID segment.');
  const who = pid === undefined ? null : patient(reading, new Line(pid, delimiters), { mrnSystem });
  const subject: Reference | undefined =
    who?.id === undefined ? undefined : { reference: `Patient/${who.id}`, type: 'Patient' };
  const visit =
    pv1 === undefined ? null : encounter(reading, new Line(pv1, delimiters), message.header.trigger, subject);
  return {
    patient: who as Patient | null,
    encounter: visit as Encounter | null,
    related: [...reading.related.values()] as unknown as readonly (Practitioner | Location)[],
    findings: reading.findings,
  };
}

/** A reading as a Bundle of type `collection`. */
export interface ReadingBundle {
  readonly resourceType: 'Bundle';
  readonly type: 'collection';
  readonly entry: readonly { readonly resource: Patient | Encounter | Practitioner | Location }[];
}

/** The resources of a reading as one Bundle. */
export function bundleOf(reading: FhirReading): ReadingBundle {
  const resources = [reading.patient, reading.encounter, ...reading.related].filter((each) => each !== null);
  return { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) };
}
