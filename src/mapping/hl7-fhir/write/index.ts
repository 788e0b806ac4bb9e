/** FHIR R4 written as HL7 v2: the way to sites that take no FHIR create. */
export {
  type FhirWriting,
  fromFhir,
  type WritingEvent,
  type WritingOptions,
  writingEvents,
} from './from-fhir.ts';
export type { AnyResource, GivenResources } from './given.ts';
export type { Assigner, WritingFinding, WritingLookup } from './writing.ts';
