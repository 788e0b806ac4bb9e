/** The converter that is measured, with nothing known of any site. */
import { parse } from '../../src/hl7/index.ts';
import { toFhir } from '../../src/mapping/hl7-fhir/index.ts';
import type { AnyBundle } from './hl7-fhir-corpus.ts';

export const convert = (bytes: Uint8Array): AnyBundle =>
  toFhir(parse(bytes), { site: 'corpus', timeZone: 'UTC' }).bundle;
