/** The five kinds of records that are made and changed at other systems. */
import { appointmentKind } from './appointment.ts';
import { documentReferenceKind } from './document-reference.ts';
import { encounterKind } from './encounter.ts';
import type { Kind } from './kind.ts';
import { observationKind } from './observation.ts';
import { patientKind } from './patient.ts';

export const kinds: readonly Kind[] = [
  patientKind,
  appointmentKind,
  encounterKind,
  observationKind,
  documentReferenceKind,
];
