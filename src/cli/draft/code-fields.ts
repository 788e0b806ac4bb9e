/** HL7 fields whose codes differ from site to site and mean something to flows, and who at a site knows what they mean. */
import type { Role } from '../../site/index.ts';

export interface CodeField {
  /** As observed codes are listed: `PV1-2`, `OBR-4.1`. */
  readonly path: string;
  readonly about: string;
  readonly role: Role;
}

const field = (path: string, about: string, role: Role): CodeField => ({ path, about, role });

export const CODE_FIELDS: readonly CodeField[] = [
  field('PID-8', 'administrative sex', 'Prelude/ADT analyst'),
  field('PID-10.1', 'race', 'Prelude/ADT analyst'),
  field('PID-15.1', 'language', 'Prelude/ADT analyst'),
  field('PID-16.1', 'marital status', 'Prelude/ADT analyst'),
  field('NK1-3.1', 'relationship', 'Prelude/ADT analyst'),
  field('PV1-2', 'patient class', 'Prelude/ADT analyst'),
  field('PV1-2.1', 'patient class', 'Prelude/ADT analyst'),
  field('PV1-4', 'admission type', 'Prelude/ADT analyst'),
  field('PV1-4.1', 'admission type', 'Prelude/ADT analyst'),
  field('PV1-10', 'hospital service', 'Prelude/ADT analyst'),
  field('PV1-10.1', 'hospital service', 'Prelude/ADT analyst'),
  field('PV1-14', 'admit source', 'Prelude/ADT analyst'),
  field('PV1-14.1', 'admit source', 'Prelude/ADT analyst'),
  field('PV1-18', 'patient type', 'Prelude/ADT analyst'),
  field('PV1-18.1', 'patient type', 'Prelude/ADT analyst'),
  field('PV1-36', 'discharge disposition', 'Prelude/ADT analyst'),
  field('PV1-36.1', 'discharge disposition', 'Prelude/ADT analyst'),
  field('SCH-6.1', 'event reason', 'Cadence analyst'),
  field('SCH-7.1', 'appointment reason', 'Cadence analyst'),
  field('SCH-8.1', 'appointment type', 'Cadence analyst'),
  field('SCH-25.1', 'filler status', 'Cadence analyst'),
  field('AIS-3.1', 'appointment service', 'Cadence analyst'),
  field('ORC-1', 'order control', 'interface engine analyst'),
  field('ORC-5', 'order status', 'interface engine analyst'),
  field('OBR-4.1', 'ordered service', 'Beaker analyst'),
  field('OBR-24', 'diagnostic section', 'Beaker analyst'),
  field('OBR-25', 'result status', 'Beaker analyst'),
  field('OBX-3.1', 'observation', 'Beaker analyst'),
  field('OBX-8', 'abnormal flag', 'Beaker analyst'),
  field('OBX-8.1', 'abnormal flag', 'Beaker analyst'),
  field('OBX-11', 'observation status', 'Beaker analyst'),
  field('TXA-2', 'document type', 'clinical informatics'),
  field('TXA-2.1', 'document type', 'clinical informatics'),
  field('TXA-17', 'completion status', 'clinical informatics'),
  field('TXA-19', 'availability', 'clinical informatics'),
  field('DG1-6', 'diagnosis type', 'clinical informatics'),
  field('AL1-2', 'kind of allergy', 'clinical informatics'),
  field('AL1-2.1', 'kind of allergy', 'clinical informatics'),
];

/** The map that the engine reads for a field by itself: `hl7-pv1-2`. */
export const mapOfField = (path: string): string => `hl7-${(path.split('.')[0] ?? '').toLowerCase()}`;

/** The map by which assigners of HL7 become id systems. */
export const ASSIGNERS = 'hl7-assigners';
