/**
 * HL7 v2 read as FHIR R4 by HL7's v2-to-FHIR guide, and FHIR R4 written as HL7 v2.
 *
 *     import { parse } from 'suture/hl7';
 *     import { toFhir } from 'suture/hl7-fhir';
 *
 *     const { bundle, findings, origins } = toFhir(parse(bytes), { site: 'mercy', timeZone: 'America/Chicago' });
 *
 * `toFhir` reads a whole message as a Bundle; `readHl7` the patient and the visit alone, which is what a flow's event
 * shows; `fromFhir` writes resources as a message.
 */
export type { Encounter, Location, Patient, Practitioner } from '../r4.ts';
export { isMapped } from './messages.ts';
export { bundleOf, type FhirReading, type ReadingBundle, type ReadingOptions, readHl7 } from './read.ts';
export { type Lookup, noLookup, type ReadingFinding } from './reading.ts';
export {
  type FhirBundle,
  type FhirBundleEntry,
  type FhirConversion,
  type FhirResource,
  type Origin,
  type ToFhirOptions,
  toFhir,
} from './to-fhir.ts';
export * from './write/index.ts';
