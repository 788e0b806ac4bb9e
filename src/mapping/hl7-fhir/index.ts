/**
 * HL7 v2 read as FHIR R4 by HL7's v2-to-FHIR guide: the patient and the visit.
 *
 *     import { parse } from 'suture/hl7';
 *     import { readHl7 } from 'suture/hl7-fhir';
 *
 *     const { patient, encounter, findings } = readHl7(parse(bytes), { site: 'mercy', timeZone: 'America/Chicago' });
 */
export type { Encounter, Location, Patient, Practitioner } from '../r4.ts';
export { bundleOf, type FhirReading, type ReadingBundle, type ReadingOptions, readHl7 } from './read.ts';
export { type Lookup, noLookup, type ReadingFinding } from './reading.ts';
