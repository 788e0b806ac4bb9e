import type { Measure, Observation } from '../../world/clinical-records.ts';
import { systems } from '../../world/identity.ts';
import { measureCoded, measures } from '../../world/measures.ts';
import { readDate } from '../date-search.ts';
import type { Site, Write } from '../declaration.ts';
import { valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';
import { flowsheetId, flowsheetIdOf } from './observation.ts';
import { encounterIn, noteIn, patientIn } from './write-references.ts';

interface Coding {
  readonly system?: string;
  readonly code?: string;
}
interface Quantity {
  readonly value?: unknown;
  readonly unit?: string;
  readonly code?: string;
}

/** Whether the content is for the API of one category. */
export function isOf(resource: Resource, category: string): boolean {
  return (valuesAt(resource, 'category.coding') as Coding[]).some(({ code }) => code === category);
}

/**
 * Observation.Create (Vital Signs): files one reading to its flowsheet row. Throws a Refusal. The same reading a
 * second time is 59189, not a second reading.
 */
export function createVitalSign(site: Site, write: Write): string {
  const { hospital, behaviour } = site;
  const { resource } = write;
  if (resource.status === undefined) throw refuse(59108, { element: 'status' });
  if (resource.status !== 'final') {
    if (behaviour.unacceptedModifierFatal) throw refuse(59012, { element: 'status' });
  }
  const measure = measureIn(site, resource);
  const patient = patientIn(site, write, 'subject');
  const visit = encounterIn(site, resource, 'encounter', patient);
  if (visit.status !== 'in-progress') {
    throw refuse(59159, { element: 'encounter', diagnostics: 'The encounter is not open' });
  }
  const takenAt = takenAtIn(site, resource);
  const note = noteIn(resource, behaviour.vitalsNoteLongest);
  const said = { ...readingIn(measure, resource), ...(note === undefined ? {} : { note }) };
  const same = hospital
    .chart('Observation', patient)
    .some((each) => each.visit === visit.csn && isSame(each, measure, takenAt, said));
  if (same) throw refuse(59189, { diagnostics: 'Reading already exists' });
  const [filed] = hospital.filing.observations(hospital.act('fhir'), patient.number, visit.csn, [
    { measure, takenAt, ...said },
  ]);
  return (filed as Observation).fhirId;
}

function isSame(
  observation: Observation,
  measure: Measure,
  takenAt: number,
  { value, components }: Reading,
): boolean {
  return (
    observation.measure.name === measure.name &&
    observation.takenAt === takenAt &&
    observation.value === value &&
    String(observation.components) === String(components)
  );
}

/** The flowsheet row that the one code leads to. */
function measureIn({ hospital, behaviour }: Site, resource: Resource): Measure {
  const codings = valuesAt(resource, 'code.coding') as Coding[];
  const [coding] = codings;
  if (!coding?.code) throw refuse(59108, { element: 'code' });
  if (codings.length > 1)
    throw refuse(59188, { element: 'code', diagnostics: 'Exactly one coding is required' });
  const { system, code } = coding;
  const measure =
    system === flowsheetId
      ? measures.find((each) => flowsheetIdOf(hospital.seed, each.siteId) === code)
      : system === 'http://loinc.org' || system === systems.flowsheetRow
        ? measureCoded(code)
        : undefined;
  const isMapped = measure?.category === 'vital-signs' && behaviour.mappedVitals.includes(measure.loinc);
  if (!isMapped) throw refuse(59188, { element: 'code' });
  return measure;
}

function takenAtIn({ hospital }: Site, { effectiveDateTime }: Resource): number {
  if (typeof effectiveDateTime !== 'string') throw refuse(59108, { element: 'effectiveDateTime' });
  const read = readDate(effectiveDateTime, hospital.timeZone);
  if (!read || !/^\d{4}-\d\d-\d\dT/.test(effectiveDateTime))
    throw refuse(59111, { element: 'effectiveDateTime' });
  if (read.begin > hospital.now()) {
    throw refuse(59159, { element: 'effectiveDateTime', diagnostics: 'A reading cannot lie in the future' });
  }
  return read.begin;
}

type Reading = Pick<Observation, 'value' | 'components'>;

function readingIn(measure: Measure, resource: Resource): Reading {
  if (!measure.components) {
    const quantity = resource.valueQuantity as Quantity | undefined;
    if (typeof quantity?.value !== 'number') throw refuse(59108, { element: 'valueQuantity' });
    return { value: inUnitOf(measure, quantity.value, quantity.code ?? quantity.unit) };
  }
  const sent = valuesAt(resource, 'component') as Resource[];
  const components = measure.components.map(({ loinc }) => {
    const component = sent.find((each) =>
      (valuesAt(each, 'code.coding') as Coding[]).some(({ code }) => code === loinc),
    );
    const value = (component?.valueQuantity as Quantity | undefined)?.value;
    if (typeof value !== 'number')
      throw refuse(59108, { element: 'component', diagnostics: `${loinc} is required` });
    return value;
  });
  return { components };
}

const conversions: Readonly<Record<string, (value: number) => number>> = {
  'Cel<[degF]': (value) => ((value - 32) * 5) / 9,
  'kg<[lb_av]': (value) => value * 0.453_592_37,
  'kg<g': (value) => value / 1000,
  'kg<[oz_av]': (value) => value * 0.028_349_523_125,
  'cm<[in_i]': (value) => value * 2.54,
  'cm<m': (value) => value * 100,
};

/** Height, weight and temperature are converted; the unit of anything else is taken for the site's own. */
function inUnitOf({ unit, decimals }: Measure, value: number, sent: string | undefined): number {
  const convert = conversions[`${unit}<${sent}`];
  return convert ? Number(convert(value).toFixed(decimals)) : value;
}
