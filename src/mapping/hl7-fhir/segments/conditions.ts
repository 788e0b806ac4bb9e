/** Allergies (AL1, IAM), diagnoses (DG1) and procedures (PR1). */
import {
  type Assembly,
  add,
  draftOf,
  encounterRef,
  patientKey,
  push,
  refer,
  subjectOf,
} from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { codeBy, conceptText, toConcept, toConcepts } from '../datatypes/cwe.ts';
import { toEntityIdentifier } from '../datatypes/cx.ts';
import { toLocation } from '../datatypes/pl.ts';
import { practitioner, toPractitioner } from '../datatypes/xcn.ts';
import { humanName } from '../datatypes/xpn.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateTime, element, keep, number, type Reading, trace, untraced } from '../reading.ts';
import { apply, constant, extension, type Row, row, rows, segmentMap, used } from '../rows.ts';
import { codeable } from '../tables.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));
const clinical = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';

/** Field 2 of AL1 and IAM: category and type by three maps; the original stays beside a category. */
const allergenType = rows([2], ['category', 'category.extension', 'type'], (draft, line, reading) => {
  const field = line.first(2);
  const code = field?.get(1);
  if (field === undefined || code === undefined) return;
  const category = conceptMap('AllergenType_AllergyIntoleranceCategory').get(code);
  const type = conceptMap('AllergyType').get(code);
  if (category === undefined && type === undefined)
    codeBy(reading, field.place, code, 'AllergenType_AllergyIntoleranceCategory');
  if (type !== undefined) draft.type = type.code;
  if (category === undefined) return;
  const original = conceptMap('AllergenType_AllergyIntoleranceOriginalCategory').get(code);
  draft.category = [category.code];
  if (original !== undefined)
    draft._category = [
      {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/alternate-codes',
            valueCodeableConcept: { coding: [original] },
          },
        ],
      },
    ];
  trace(reading, draft, 'category', 0, line, 2, 1);
});

/**
 * Fields 4 and 5: severity and manifestation of a reaction. R4 wants a manifestation of every reaction; a severity alone
 * is therefore taken for what the guide calls severity "used equivalent to criticality".
 */
const reaction = rows(
  [4, 5],
  ['reaction.severity', 'reaction.manifestation.text', 'criticality', 'criticality.extension'],
  (draft, line, reading) => {
    const code = line.value(4);
    const manifestation = line
      .fields(5)
      .map((field) => ({ text: conceptText(field) ?? field.text, field }))
      .filter(({ text }) => text !== '');
    const severity =
      code === undefined
        ? undefined
        : conceptMap('AllergySeverity_AllergyIntolerance.reaction.severity').get(code);
    if (manifestation.length > 0) {
      draft.reaction = [
        element({ manifestation: manifestation.map(({ text }) => ({ text })), severity: severity?.code }),
      ];
      for (const { field } of manifestation) trace(reading, draft, 'reaction', 0, line, 5, field.repetition);
    } else if (code !== undefined) {
      const criticality = codeBy(
        reading,
        `${line.id}-4`,
        code,
        'AllergySeverity_AllergyIntolerance.criticality',
      );
      if (criticality !== undefined) draft.criticality = criticality;
    }
  },
);

const al1Map = segmentMap(
  'AL1[AllergyIntolerance]',
  constant('clinicalStatus', codeable(clinical, 'active', 'Active')),
  allergenType,
  row(3, 'code', toConcept()),
  reaction,
  row(6, 'onsetDateTime', toTime),
  used(1),
);

/** IAM-14: the patient when IAM-15 says so, else a practitioner of that name, or somebody related. */
const recorder = rows([14, 15], ['recorder.reference'], (draft, line, reading) => {
  const field = line.first(14);
  const name = field && humanName(reading, field);
  const relation = line.value(15);
  if (relation === 'SEL') draft.recorder = draft.patient;
  else if (name !== undefined && relation === undefined) {
    const id = keep(reading, { resourceType: 'Practitioner', name: [name] }, '', field?.text ?? '');
    draft.recorder = { reference: `Practitioner/${id}` };
  } else if (name !== undefined) {
    const relationship = toConcepts('Relationship')(line.first(15) as Field, reading, line);
    const id = keep(
      reading,
      element({
        resourceType: 'RelatedPerson' as string,
        patient: draft.patient,
        relationship,
        name: [name],
      }) as Draft,
      field?.text ?? '',
    );
    // R4 takes no related person as recorder: who said so is the asserter.
    draft.asserter = { reference: `RelatedPerson/${id}` };
  }
});

const iamMap = segmentMap(
  'IAM[AllergyIntolerance]',
  row(7, 'identifier[]', toEntityIdentifier()),
  row(17, 'clinicalStatus', toConcept()),
  constant('clinicalStatus', codeable(clinical, 'active', 'Active')),
  allergenType,
  row(3, 'code', toConcept()),
  row(27, 'code', toConcept()),
  reaction,
  row(11, 'onsetDateTime', toTime),
  row(12, 'onsetString', (field) => field.get(1), { when: (line) => line.first(11) === undefined }),
  row(13, 'recordedDate', toTime),
  recorder,
  used(1, 6),
);

const allergy =
  (map: typeof al1Map) =>
  (assembly: Assembly, line: Line): void => {
    const draft = draftOf('AllergyIntolerance', { patient: subjectOf(assembly) });
    apply(map, draft, line, assembly.reading);
    if (draft.code === undefined && draft.reaction === undefined) return;
    add(assembly, draft, ...patientKey(assembly), line.raw(3));
  };

export const al1Handler = allergy(al1Map);
export const iamHandler = allergy(iamMap);

const conditionMap = segmentMap(
  'DG1[Condition]',
  row(20, 'identifier[]', toEntityIdentifier()),
  row(3, 'code', toConcept()),
  rows([4], ['code.text'], (draft, line, reading) => {
    const text = line.value(4);
    const code = draft.code as { text?: string } | undefined;
    if (text === undefined || code?.text !== undefined) return;
    draft.code = { ...code, text };
    trace(reading, draft, 'code.text', -1, line, 4, 1);
  }),
  row(5, 'onsetDateTime', toTime),
  row(16, 'asserter', toPractitioner),
  row(19, 'recordedDate', toTime),
  row(19, 'extension[]', (field, reading) =>
    extension(
      'http://hl7.org/fhir/StructureDefinition/condition-assertedDate',
      'DateTime',
      dateTime(reading, field.place, field.get(1)),
    ),
  ),
  row(21, 'verificationStatus', (field) =>
    field.get(1) === 'D'
      ? codeable(
          'http://terminology.hl7.org/CodeSystem/condition-ver-status',
          'entered-in-error',
          'Entered in Error',
        )
      : undefined,
  ),
  row(22, 'extension[]', (field) => {
    const value = field.get(1);
    return value === undefined
      ? undefined
      : extension('http://hl7.org/fhir/StructureDefinition/condition-dueTo', 'Reference', {
          type: 'Condition',
          identifier: { value },
        });
  }),
  used(1, 2),
);

const diagnosisMap = segmentMap(
  'DG1[Encounter]',
  row(6, 'use', toConcept('DiagnosisType'), { also: ['diagnosis.use'] }),
  row(
    15,
    'rank',
    (field, reading) => {
      const rank = number(reading, field.place, field.get(1));
      return rank !== undefined && Number.isInteger(rank) && rank > 0 ? rank : undefined;
    },
    { also: ['diagnosis.rank'] },
  ),
  rows([3, 4, 5, 16, 19, 20, 21, 22], ['diagnosis.condition'], nothing),
);
function nothing(): void {
  return;
}

/** DG1 as a Condition, and as a diagnosis of the visit, or the reason of an order. */
export function dg1Handler(assembly: Assembly, line: Line): void {
  const { reading, encounter, order } = assembly;
  const draft = draftOf('Condition', { subject: subjectOf(assembly) });
  const request = order?.request ?? order?.medication;
  if (request === undefined && encounter !== undefined) draft.encounter = encounterRef(assembly);
  apply(conditionMap, draft, line, reading);
  if (draft.code === undefined) return;
  add(assembly, draft, ...patientKey(assembly), line.raw(20), line.raw(3), line.raw(4), line.raw(5));
  if (request !== undefined) push(request, 'reasonReference', refer(draft));
  else if (encounter !== undefined) {
    const diagnosis: Draft = { resourceType: '', condition: refer(draft) };
    apply(diagnosisMap, diagnosis, line, untraced(reading));
    const { resourceType: _, ...part } = diagnosis;
    push(encounter, 'diagnosis', part);
    trace(reading, encounter, 'diagnosis', (encounter.diagnosis as unknown[]).length - 1, line, 3, 1);
  }
}

const performer = (at: number, code?: string, display?: string): Row =>
  row(at, 'performer[]', (field, reading) => {
    const actor = practitioner(reading, field);
    if (actor === undefined) return undefined;
    return code === undefined
      ? { actor }
      : { function: codeable('http://snomed.info/sct', code, display), actor };
  });

const procedureMap = segmentMap(
  'PR1[Procedure]',
  row(19, 'identifier[]', toEntityIdentifier()),
  // The guide leaves the status to each site: a procedure that is reported was done.
  constant('status', 'completed'),
  row(3, 'code', toConcept()),
  rows([4], ['code.text'], (draft, line) => {
    const text = line.value(4);
    const code = draft.code as { text?: string } | undefined;
    if (text !== undefined && code?.text === undefined) draft.code = { ...code, text };
  }),
  row(6, 'category', toConcept()),
  rows([5, 7], ['performedDateTime', 'performedPeriod'], (draft, line, reading) => {
    const start = dateTime(reading, 'PR1-5', line.value(5));
    const minutes = number(reading, 'PR1-7', line.value(7));
    if (start === undefined) return;
    if (minutes === undefined || minutes <= 0 || start.length < 16) {
      draft.performedDateTime = start;
      trace(reading, draft, 'performedDateTime', -1, line, 5, 1);
      return;
    }
    const end = new Date(Date.parse(start) + minutes * 60_000).toISOString().replace('.000Z', 'Z');
    draft.performedPeriod = { start, end };
    trace(reading, draft, 'performedPeriod', -1, line, 5, 1);
  }),
  performer(8, '88189002', 'Anesthesiologist'),
  performer(11, '304292004', 'Surgeon'),
  performer(12),
  row(15, 'reasonCode[]', toConcept()),
  row(23, 'location', toLocation),
  row(25, 'partOf[]', (field) => {
    const value = field.get(1);
    return value === undefined ? undefined : { type: 'Procedure', identifier: { value } };
  }),
  used(1, 2),
);

export function pr1Handler(assembly: Assembly, line: Line): void {
  const draft = draftOf('Procedure', { status: '', subject: subjectOf(assembly) });
  delete draft.status;
  const visit = encounterRef(assembly);
  if (visit !== undefined) draft.encounter = visit;
  apply(procedureMap, draft, line, assembly.reading);
  add(assembly, draft, ...patientKey(assembly), line.raw(19), line.raw(3), line.raw(5));
}
