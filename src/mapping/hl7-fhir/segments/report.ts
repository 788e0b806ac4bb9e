/** Reports: ORC and OBR of a result message as a DiagnosticReport. */
import { conceptMap } from '../concept-maps.ts';
import { toCoding, toConcept, unmapped } from '../datatypes/cwe.ts';
import { toPairIdentifier } from '../datatypes/cx.ts';
import { toNamedRole } from '../datatypes/xcn.ts';
import { dateTime, element, instant, trace } from '../reading.ts';
import { extension, type Row, row, rows, segmentMap } from '../rows.ts';
import { codeable } from '../tables.ts';
import { orderNumber } from './order-number.ts';

const base = 'http://hl7.org/fhir/StructureDefinition/';

/** OBR-25 codes of table 0123 that the guide leaves open. R4 demands a status. */
const reportStatuses = new Map([
  ['O', 'registered'],
  ['I', 'registered'],
  ['S', 'registered'],
  ['R', 'partial'],
  ['Y', 'unknown'],
  ['Z', 'unknown'],
  ['N', 'registered'],
  ['M', 'amended'],
]);

export const orcReport = segmentMap(
  'ORC[DiagnosticReport]',
  orderNumber(2, 'PLAC'),
  orderNumber(3, 'FILL'),
  row(4, 'identifier[]', toPairIdentifier(2, 'FGN')),
  row(4, 'identifier[]', toPairIdentifier(1, 'PGN')),
  row(28, 'meta.security[]', toCoding('ConfidentialityCode')),
  row(16, 'extension[]', (field, reading, line) =>
    extension(`${base}event-statusReason`, 'CodeableConcept', toConcept()(field, reading, line)),
  ),
  rows([2], ['basedOn'], nothing),
);
function nothing(): void {
  return;
}

const performer = (number: number, code: string): Row =>
  row(number, 'performer[]', (field, reading, line) => {
    const who = toNamedRole()(field, reading, line) as object | undefined;
    return who === undefined
      ? undefined
      : {
          extension: [
            {
              url: `${base}event-performerFunction`,
              valueCodeableConcept: codeable(
                'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
                code,
              ),
            },
          ],
          ...who,
        };
  });

export const obrReport = segmentMap(
  'OBR[DiagnosticReport]',
  orderNumber(2, 'PLAC'),
  orderNumber(3, 'FILL'),
  rows([25], ['status'], (draft, line, reading) => {
    const code = line.value(25);
    const known =
      code === undefined
        ? undefined
        : (reading.lookup.code?.('OBR-25', code)?.code ??
          conceptMap('ResultStatus_Non-Queries').get(code)?.code ??
          reportStatuses.get(code));
    if (code !== undefined && known === undefined) unmapped(reading, 'OBR-25', 'ResultStatus_Non-Queries');
    draft.status = known ?? 'unknown';
    trace(reading, draft, 'status', -1, line, 25, 1);
  }),
  row(24, 'category[]', toConcept('DiagnosticServiceSectionID')),
  row(4, 'code', toConcept()),
  rows([7, 8], ['effectiveDateTime', 'effectivePeriod'], (draft, line, reading) => {
    const start = dateTime(reading, 'OBR-7', line.value(7));
    const end = dateTime(reading, 'OBR-8', line.value(8));
    if (end !== undefined) draft.effectivePeriod = element({ start, end });
    else if (start !== undefined) draft.effectiveDateTime = start;
    if (start !== undefined || end !== undefined)
      trace(reading, draft, end === undefined ? 'effectiveDateTime' : 'effectivePeriod', -1, line, 7, 1);
  }),
  row(22, 'issued', (field, reading) => instant(reading, field.place, field.get(1))),
  row(32, 'resultsInterpreter[]', toNamedRole()),
  performer(34, 'SPRF'),
  performer(35, 'TRANS'),
);
