import { localDate } from '../../world/calendar.ts';
import type { Allergy, Substance } from '../../world/clinical-records.ts';
import type { Patient } from '../../world/records.ts';
import type { Declaration, Site, Write } from '../declaration.ts';
import { valuesAt } from '../matching.ts';
import { issue, Refusal, type Resource, refuse } from '../outcome.ts';
import { subjectOf } from '../search.ts';
import { patientReference } from './display.ts';
import { noteIn, patientIn } from './write-references.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
const systemUrls = {
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  snomed: 'http://snomed.info/sct',
} as const;
const noteLongest = 450;
// Numbers of records that stand for an empty list; real ones stay far below.
const firstEmptyList = 2 ** 50;

/** AllergyIntolerance. A chart without any says so by a resource: "Not on File". */
export function allergies(site: Site): Declaration<Allergy> {
  const { hospital } = site;
  const chart = (patient: Patient): readonly Allergy[] => {
    const found = hospital.chart('AllergyIntolerance', patient);
    return found.length > 0 ? found : [notOnFile(site, patient)];
  };
  return {
    type: 'AllergyIntolerance',
    interactions: {
      R4: ['read', 'search', 'create'],
      STU3: ['read', 'search', 'create'],
      DSTU2: ['read', 'search'],
    },
    native: [
      { name: 'clinical-status', type: 'token', documentation: 'active, resolved.', at: 'clinicalStatus' },
      { name: 'patient', type: 'reference', documentation: 'Whose allergies.', include: 'patient' },
    ],
    postFilters: [
      { name: 'category', type: 'token', at: 'category' },
      { name: 'code', type: 'token', at: 'code' },
      { name: 'criticality', type: 'token', at: 'criticality' },
      { name: 'date', type: 'date', at: 'recordedDate' },
      { name: 'manifestation', type: 'token', at: 'reaction.manifestation' },
      { name: 'verification-status', type: 'token', at: 'verificationStatus' },
    ],
    find(id) {
      const named = hospital.identities.read(id);
      if (named?.kind !== 'AllergyIntolerance') return undefined;
      if (named.number < firstEmptyList) return hospital.record('AllergyIntolerance', id);
      const patient = hospital.patients.get(named.number - firstEmptyList);
      const isEmpty = patient && hospital.chart('AllergyIntolerance', patient).length === 0;
      return isEmpty ? notOnFile(site, patient) : undefined;
    },
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart,
    candidates(query) {
      const patient = subjectOf(site, query, ['patient']);
      // The one type that answers 403 when nobody is named.
      if (!patient) throw new Refusal(403, [issue(59108, { element: 'patient', code: 'processing' })]);
      return chart(patient);
    },
    partNotGranted: () => 'AllergyIntolerance - Outside Record',
    render: (allergy) => allergyResource(site, allergy),
    older: { STU3: { to: toStu3, from: fromStu3 }, DSTU2: { to: toDstu2 } },
    creates: [
      {
        name: 'AllergyIntolerance.Create (Patient Chart)',
        specification: 945,
        accepts: () => true,
        file: (write) => createAllergy(site, write),
      },
    ],
  };
}

/** An empty list, told by a resource. */
function notOnFile({ hospital }: Site, patient: Patient): Allergy {
  const number = firstEmptyList + patient.number;
  return {
    number,
    fhirId: hospital.identities.fhirId('AllergyIntolerance', number),
    patient: patient.number,
    substance: { code: '1631000175102', system: 'snomed', display: 'Not on File', category: 'environment' },
    criticality: 'unable-to-assess',
    status: 'active',
    verification: 'unconfirmed',
    recordedAt: patient.registeredAt,
    changedAt: patient.registeredAt,
  };
}

interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

function createAllergy(site: Site, write: Write): string {
  const { hospital, behaviour } = site;
  const { resource } = write;
  const patient = patientIn(site, write, 'patient');
  const substance = substanceIn(resource);
  const [clinical] = valuesAt(resource, 'clinicalStatus.coding.code');
  if (clinical !== undefined && clinical !== 'active' && behaviour.unacceptedModifierFatal) {
    throw refuse(59012, { element: 'clinicalStatus' });
  }
  const known = hospital
    .chart('AllergyIntolerance', patient)
    .some((each) => each.status === 'active' && each.substance.code === substance.code);
  if (known) throw refuse(59141, { element: 'code', diagnostics: 'The allergy is on the chart already' });
  const note = noteIn(resource, noteLongest);
  const [reaction] = valuesAt(resource, 'reaction.manifestation.text,reaction.manifestation.coding.display');
  const allergy = hospital.filing.allergy(hospital.act('fhir'), {
    patient: patient.number,
    substance,
    verification: behaviour.holdingTank ? 'unconfirmed' : 'confirmed',
    ...(typeof reaction === 'string' ? { reaction } : {}),
    ...(note === undefined ? {} : { note }),
  });
  return allergy.fhirId;
}

function substanceIn(resource: Resource): Substance {
  const codings = valuesAt(resource, 'code.coding') as Coding[];
  const [text] = valuesAt(resource, 'code.text');
  if (codings.length === 0) throw refuse(59108, { element: 'code' });
  for (const { system, code, display } of codings) {
    const known =
      system === systemUrls.rxnorm ? 'rxnorm' : system === systemUrls.snomed ? 'snomed' : undefined;
    if (!known || !code) continue;
    const category = valuesAt(resource, 'category')[0] === 'food' ? 'food' : 'medication';
    return { system: known, code, display: display ?? String(text ?? ''), category };
  }
  throw refuse(40000, { element: 'code' });
}

function allergyResource({ hospital }: Site, allergy: Allergy): Resource {
  const { substance, reaction, status, verification, note, recordedAt, number } = allergy;
  const empty = number >= firstEmptyList;
  return {
    resourceType: 'AllergyIntolerance',
    id: allergy.fhirId,
    clinicalStatus: stated('allergyintolerance-clinical', status),
    verificationStatus: stated('allergyintolerance-verification', verification),
    ...(empty ? {} : { category: [substance.category], criticality: allergy.criticality }),
    code: {
      coding: [
        {
          system: systemUrls[substance.system],
          code: substance.code,
          display: empty ? 'Patient not asked' : substance.display,
        },
      ],
      text: substance.display,
    },
    patient: patientReference(hospital, allergy.patient),
    ...(empty ? {} : { recordedDate: localDate(recordedAt, hospital.timeZone) }),
    ...(note === undefined ? {} : { note: [{ text: note }] }),
    ...(reaction === undefined
      ? {}
      : {
          // A coding whose code is the word itself, as it stands in real answers.
          reaction: [
            {
              manifestation: [
                {
                  coding: [{ system: systemUrls.snomed, code: reaction, display: reaction }],
                  text: reaction,
                },
              ],
            },
          ],
        }),
  };
}

function stated(system: string, code: string): unknown {
  const display = `${code.charAt(0).toUpperCase()}${code.slice(1)}`;
  return { coding: [{ system: `${terminology}/${system}`, version: '4.0.0', code, display }] };
}

function codeOf(value: unknown): unknown {
  return valuesAt({ resourceType: '', value }, 'value.coding.code')[0];
}

function toStu3({ clinicalStatus, verificationStatus, recordedDate, ...rest }: Resource): Resource {
  return {
    ...rest,
    clinicalStatus: codeOf(clinicalStatus),
    verificationStatus: codeOf(verificationStatus),
    ...(recordedDate ? { assertedDate: recordedDate } : {}),
  };
}

function fromStu3({ clinicalStatus, verificationStatus, ...rest }: Resource): Resource {
  const coded = (code: unknown) => (typeof code === 'string' ? { coding: [{ code }] } : code);
  return { ...rest, clinicalStatus: coded(clinicalStatus), verificationStatus: coded(verificationStatus) };
}

/** DSTU2: a substance, and one status made of two. */
function toDstu2(resource: Resource): Resource {
  const {
    code,
    clinicalStatus,
    verificationStatus,
    category,
    assertedDate,
    criticality: _c,
    note,
    ...rest
  } = toStu3(resource);
  const [first] = (category ?? []) as readonly unknown[];
  const [text] = (note ?? []) as readonly { readonly text: string }[];
  return {
    ...rest,
    substance: code,
    status: verificationStatus === 'confirmed' ? 'confirmed' : clinicalStatus,
    ...(first ? { category: first } : {}),
    ...(assertedDate ? { recordedDate: assertedDate } : {}),
    ...(text ? { note: text } : {}),
  };
}
