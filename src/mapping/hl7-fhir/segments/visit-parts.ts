/** PV1 and PV2 in a message, and what tells of the visit beside them. */
import { type Assembly, add, addAs, draftOf, patientKey, subjectOf } from '../assembly.ts';
import { coding, toConcept, vocabulary } from '../datatypes/cwe.ts';
import { location } from '../datatypes/pl.ts';
import { duration } from '../datatypes/quantity.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { stableId } from '../ids.ts';
import type { Line } from '../line.ts';
import { dateTime, number } from '../reading.ts';
import { apply, extension, row, segmentMap, used } from '../rows.ts';
import { participationType } from '../tables.ts';
import { encounter, importanceMap, visitCoverageMap } from './pv1.ts';

export function pv1Handler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const draft = encounter(reading, line, assembly.trigger, assembly.subject);
  if (assembly.patient !== undefined) apply(importanceMap, assembly.patient, line, reading);
  if (draft === null) return;
  const id = draft.id ?? stableId(reading.site, 'Encounter', ...assembly.messageKey, line.segment.path);
  if (assembly.taken.has(`Encounter/${id}`)) return;
  assembly.encounter = addAs(assembly, draft, id);
  assembly.commented = draft;
  assembly.roleOf = 'encounter';
  if (line.first(20) === undefined) return;
  // R4 wants a payor of every coverage; PV1-20 names only the kind of financing.
  const coverage = draftOf('Coverage', {
    status: 'active',
    beneficiary: subjectOf(assembly),
    payor: [{ display: 'unknown' }],
  });
  apply(visitCoverageMap, coverage, line, reading);
  if (coverage.type !== undefined) add(assembly, coverage, 'visit', ...patientKey(assembly), line.raw(20));
}

const base = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.';

const pv2Map = segmentMap(
  'PV2[Encounter]',
  row(1, 'location[]', (field, reading) => {
    const at = location(reading, field);
    return at === undefined ? undefined : { location: at, status: 'planned' };
  }),
  row(3, 'reasonCode[]', toConcept()),
  row(8, 'extension[]', (field, reading) =>
    extension(`${base}plannedStartDate`, 'DateTime', dateTime(reading, field.place, field.get(1))),
  ),
  row(9, 'extension[]', (field, reading) =>
    extension(`${base}plannedEndDate`, 'DateTime', dateTime(reading, field.place, field.get(1))),
  ),
  row(11, 'length', (field, reading) => {
    const days = number(reading, field.place, field.get(1));
    return days === undefined || days < 0 ? undefined : duration(days, 'days', 'd');
  }),
  row(
    12,
    'text',
    (field) => {
      const text = field.text.trim().replace(/[<>&]/g, (each) => `&#${each.charCodeAt(0)};`);
      return text === ''
        ? undefined
        : { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>` };
    },
    { also: ['text.div'] },
  ),
  row(13, 'participant[]', (field, reading) => {
    const individual = practitioner(reading, field);
    return individual === undefined
      ? undefined
      : {
          type: [
            { coding: [{ system: participationType, code: 'REF', display: 'referrer' }], text: 'referrer' },
          ],
          individual,
        };
  }),
  row(25, 'priority', toConcept('EncounterPriority')),
  row(38, 'extension[]', (field, reading) =>
    extension(
      'http://hl7.org/fhir/StructureDefinition/encounter-modeOfArrival',
      'Coding',
      coding(reading, field, 1, vocabulary('ModeOfArrivalCode')),
    ),
  ),
  used(22),
);

export function pv2Handler(assembly: Assembly, line: Line): void {
  if (assembly.encounter !== undefined) apply(pv2Map, assembly.encounter, line, assembly.reading);
}
