/** OBX as an Observation, or as the content of a document; NTE as what it comments. */
import type { Identifier, Reference } from '../../r4.ts';
import {
  type Assembly,
  absentConcept,
  add,
  draftOf,
  encounterRef,
  patientKey,
  push,
  refer,
} from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { toConcept, unmapped } from '../datatypes/cwe.ts';
import { entityIdentifier, toEntityIdentifier, toPairIdentifier } from '../datatypes/cx.ts';
import { observed } from '../datatypes/observed.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner, practitionerRole } from '../datatypes/xcn.ts';
import { organizationOf, toCodedOrganization } from '../datatypes/xon.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateTime, keep, note, type Reading, trace, untraced } from '../reading.ts';
import { apply, extension, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, v2Table } from '../tables.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));
const base = 'http://hl7.org/fhir/StructureDefinition/';
const dataAbsent = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';

/** Statuses of table 0085 for which the guide has no FHIR code yet, as far as R4 can say them. */
const moreStatuses = new Map([
  ['I', 'registered'],
  ['R', 'preliminary'],
  ['S', 'preliminary'],
  ['B', 'amended'],
  ['V', 'final'],
  ['U', 'final'],
  ['N', 'final'],
  ['O', 'registered'],
]);

/** OBX-11 by table 0085. R4 demands a status: without one it is `unknown`. */
const status = rows(
  [11],
  ['status', 'status.extension', 'dataAbsentReason.coding'],
  (draft, line, reading) => {
    const code = line.value(11);
    const known =
      code === undefined
        ? undefined
        : (reading.lookup.code?.('OBX-11', code)?.code ??
          conceptMap('ObservationResultStatusCodesInterpretation').get(code)?.code ??
          moreStatuses.get(code));
    if (code !== undefined && known === undefined)
      unmapped(reading, 'OBX-11', 'ObservationResultStatusCodesInterpretation');
    draft.status = known ?? 'unknown';
    trace(reading, draft, 'status', -1, line, 11, 1);
    if (code === 'X')
      draft._status = {
        extension: [{ url: `${base}alternate-codes`, valueCodeableConcept: codeable(v2Table('0085'), 'X') }],
      };
    if (code === 'N') draft.dataAbsentReason = codeable(dataAbsent, 'not-asked', 'Not Asked');
  },
);

const performers = rows([15, 16, 23, 24, 25], ['performer'], (draft, line, reading) => {
  const found: Reference[] = [];
  for (const field of line.fields(16)) {
    const who = practitionerRole(reading, field, {
      code: [codeable('http://terminology.hl7.org/CodeSystem/practitioner-role', 'responsibleObserver')],
    });
    if (who !== undefined) found.push(who);
  }
  const named = line.first(23);
  const where = line.first(24);
  const at = where && address(reading, where);
  const more = at === undefined ? {} : { address: [at] };
  const organization = named && organizationOf(reading, named, more);
  const director = line.first(25);
  if (director !== undefined) {
    const who = practitionerRole(reading, director, {
      code: [codeable(v2Table('0912'), 'MDIR')],
      ...(organization === undefined ? {} : { organization }),
    });
    if (who !== undefined) found.push(who);
  } else if (organization !== undefined) found.push(organization);
  if (named === undefined) {
    const producer = line.first(15);
    const made = producer && (toCodedOrganization(producer, reading, line) as Reference | undefined);
    if (made !== undefined) found.push(made);
  }
  if (found.length > 0) {
    draft.performer = found;
    trace(reading, draft, 'performer', 0, line, 16, 1);
  }
});

/** OBX-5: one repetition is the value; several are components of the same code (OBX[Observation-Component]). */
const value = rows(
  [2, 5, 6],
  [
    'value',
    'valueQuantity',
    'valueString',
    'valueCodeableConcept',
    'valuePeriod',
    'valueDateTime',
    'valueRange',
    'valueTime',
    'valueRatio',
    'valueSampedData',
    'extension',
    'component',
  ],
  (draft, line, reading) => {
    const fields = line.fields(5);
    if (fields.length === 0) return;
    const type = line.value(2);
    if (fields.length === 1 || type === 'NA') {
      const [only] = fields;
      const what = only && observed(reading, line, only);
      if (what === undefined) return;
      for (const name in what) {
        draft[name] = what[name];
        trace(reading, draft, name, -1, line, 5, 1);
      }
      return;
    }
    // Text over several repetitions is one text: TX and FT repeat by line (chapter 7, OBX-5).
    if (type === 'TX' || type === 'FT') {
      draft.valueString = fields.map((each) => each.text).join('\n');
      trace(reading, draft, 'valueString', -1, line, 5, 1);
      return;
    }
    for (const field of fields) {
      const what = observed(reading, line, field);
      if (what === undefined) continue;
      push(draft, 'component', { code: draft.code ?? absentConcept, ...what });
      trace(
        reading,
        draft,
        'component',
        (draft.component as unknown[]).length - 1,
        line,
        5,
        field.repetition,
      );
    }
  },
);

// As SPM-2 names a specimen.
const placerSpecimen = toPairIdentifier(1, 'PGN');
const fillerSpecimen = toPairIdentifier(2, 'FGN');

const observationMap = segmentMap(
  'OBX[Observation]',
  row(21, 'identifier[]', toEntityIdentifier('FILL')),
  status,
  row(29, 'category[]', (field) => {
    const code = field.get(1);
    return code === undefined ? undefined : codeable(v2Table('0936'), code);
  }),
  row(3, 'code', toConcept()),
  row(14, 'effectiveDateTime', toTime),
  performers,
  value,
  row(8, 'interpretation[]', toConcept('InterpretationCodes')),
  row(20, 'bodySite', toConcept()),
  row(17, 'method', toConcept()),
  row(18, 'device', (field, reading) => {
    const identifier = entityIdentifier(reading, field);
    if (identifier === undefined) return undefined;
    const id = keep(reading, { resourceType: 'Device', identifier: [identifier] }, field.text);
    return { reference: `Device/${id}` };
  }),
  rows([33], ['specimen'], (draft, line, reading) => {
    const fields = line.fields(33);
    const [only] = fields;
    if (only === undefined) return;
    // Several make a Group in the guide, by an extension of R5.
    if (fields.length > 1) {
      note(reading, 'not-carried', 'OBX-33', 'OBX-33: FHIR has room for one specimen of an observation.');
      return;
    }
    const identifier = placerSpecimen(only, reading, line) ?? fillerSpecimen(only, reading, line);
    if (identifier === undefined) return;
    draft.specimen = { type: 'Specimen', identifier };
    trace(reading, draft, 'specimen', -1, line, 33, 1);
  }),
  row(7, 'referenceRange[]', (field) => {
    const text = field.text.trim();
    return text === '' ? undefined : { text };
  }),
  row(10, 'extension[]', (field, reading, line) =>
    extension(
      `${base}observation-nature-of-abnormal-test`,
      'CodeableConcept',
      toConcept('NatureOfAbnormalTesting')(field, reading, line),
    ),
  ),
  row(19, 'extension[]', (field, reading) =>
    extension(
      'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.analysisDateTime',
      'DateTime',
      toTime(field, reading),
    ),
  ),
  row(30, 'extension[]', (field) => {
    const code = field.get(1);
    return code === undefined
      ? undefined
      : extension(
          `${base}observation-structure-type`,
          'CodeableConcept',
          codeable(`${base}observation-structure-type`, code),
        );
  }),
  row(
    4,
    'extension[]',
    (field) => {
      const text = field.text.trim();
      return text === ''
        ? undefined
        : {
            url: `${base}observation-v2-subid`,
            extension: [{ url: 'original-sub-identifier', valueString: text }],
          };
    },
    { also: ['$this'] },
  ),
  used(1),
);
/** The same rows, with each value of OBX-5 as a component. */
segmentMap('OBX[Observation-Component]', ...observationMap.rows);

/** OBX as an Observation of the patient, and of the order, specimen or immunization it stands under. */
export function obxHandler(assembly: Assembly, line: Line): void {
  const { reading, order } = assembly;
  const draft = draftOf('Observation', { status: '' });
  delete draft.status;
  if (assembly.subject !== undefined) draft.subject = assembly.subject;
  apply(observationMap, draft, line, reading);
  draft.code ??= absentConcept;
  const visit = encounterRef(assembly);
  if (visit !== undefined) draft.encounter = visit;
  draft.effectiveDateTime ??= reportTime(order?.report);
  if (draft.effectiveDateTime === undefined) delete draft.effectiveDateTime;
  const own = line.first(21)?.text;
  add(
    assembly,
    draft,
    ...(own !== undefined
      ? [own]
      : [
          ...(order !== undefined && order.key.length > 0 ? order.key : assembly.messageKey),
          ...patientKey(assembly),
          line.raw(3),
          line.raw(4),
          line.raw(14),
        ]),
  );
  attach(assembly, draft, line);
  assembly.commented = draft;
  assembly.observation = draft;
  assembly.roleOf = 'observation';
}

/** OBX-14 is left out when the report's own time holds: R4 reads both the same. */
const reportTime = (report: Draft | undefined): string | undefined => {
  const period = report?.effectivePeriod as { start?: string } | undefined;
  return (report?.effectiveDateTime as string | undefined) ?? period?.start;
};

function attach(assembly: Assembly, draft: Draft, line: Line): void {
  const { order, family } = assembly;
  if (order === undefined) return;
  if (order.immunization !== undefined) {
    draft.partOf = [refer(order.immunization)];
    return;
  }
  if (order.specimen !== undefined && order.specimen.fromSpm === true) {
    draft.focus = [refer(order.specimen)];
    return;
  }
  const asked = line.value(29) === 'QST' || line.value(29) === 'SCI';
  if (order.report !== undefined && !asked) {
    push(order.report, 'result', refer(draft));
    if (order.specimen !== undefined && (draft.specimen === undefined || isSpecimen(order.specimen, draft)))
      draft.specimen = refer(order.specimen);
    return;
  }
  const request = order.request ?? order.medication;
  if (request === undefined) return;
  if (family !== 'ORU')
    push(
      request,
      request.resourceType === 'MedicationRequest' ? 'supportingInformation' : 'supportingInfo',
      refer(draft),
    );
}

/** Whether OBX-33 names the specimen of the order; what OBR tells of one has no identifier of its own. */
function isSpecimen(specimen: Draft, { specimen: named }: Draft): boolean {
  const value = (named as Reference).identifier?.value;
  const known = specimen.identifier as Identifier[] | undefined;
  return known === undefined || known.some((each) => each.value === value);
}

const noteRows = [
  row(3, 'text', (field) => field.text.trim() || undefined, { also: ['note.text'] }),
  row(5, 'authorReference', (field, reading) => practitioner(reading, field), {
    also: ['note.authorReference'],
  }),
  row(6, 'time', toTime, { also: ['note.time'] }),
  used(1, 2, 4),
];
const noteMap = segmentMap('NTE[Observation]', ...noteRows);
segmentMap('NTE[ServiceRequest]', ...noteRows);

/** Resources that have no notes in R4: a comment on them is a finding unless another element takes it. */
const noteless = new Set([
  'Patient',
  'Encounter',
  'DiagnosticReport',
  'Coverage',
  'Account',
  'DocumentReference',
  'Practitioner',
]);

/** NTE-3 as text: its repetitions are lines. */
export const commentText = (line: Line): string | undefined =>
  line
    .fields(3)
    .map((field) => field.text.trim())
    .join('\n')
    .trim() || undefined;

/** NTE belongs to what stands before it. Comments in a row are one note each. */
export function nteHandler(assembly: Assembly, line: Line): void {
  const { reading, commented } = assembly;
  const text = commentText(line);
  if (text === undefined || commented === undefined) return;
  if (commented.resourceType === 'Appointment') {
    commented.comment = commented.comment === undefined ? text : `${commented.comment as string}\n${text}`;
    trace(reading, commented, 'comment', -1, line, 3, 1);
    return;
  }
  const target = noteless.has(commented.resourceType) ? noteTarget(assembly) : commented;
  if (target === undefined) {
    note(
      reading,
      'not-carried',
      'NTE-3',
      `NTE-3: ${commented.resourceType} has no place for a comment in FHIR R4.`,
    );
    return;
  }
  const part: Draft = { resourceType: '' };
  apply(noteMap, part, line, untraced(reading));
  const { resourceType: _, ...annotation } = part;
  annotation.text = text;
  push(target, 'note', annotation);
  trace(reading, target, 'note', (target.note as unknown[]).length - 1, line, 3, 1);
}

/** A comment on a report is its order's. */
const noteTarget = ({ order, commented }: Assembly): Draft | undefined =>
  commented?.resourceType === 'DiagnosticReport' ? order?.request : undefined;
