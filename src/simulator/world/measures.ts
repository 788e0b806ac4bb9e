import type { Measure, NoteType, Panel } from './clinical-records.ts';
import type { VisitKind } from './records.ts';

/** What this hospital measures: its flowsheet rows and its laboratory's components. LOINC names the same everywhere. */
export const measures: readonly Measure[] = [
  {
    name: 'blood-pressure',
    category: 'vital-signs',
    display: 'Blood Pressure',
    loinc: '85354-9',
    siteId: '5',
    unit: 'mm[Hg]',
    decimals: 0,
    components: [
      { display: 'Systolic blood pressure', loinc: '8480-6' },
      { display: 'Diastolic blood pressure', loinc: '8462-4' },
    ],
  },
  vital('temperature', 'Temperature', '8310-5', '6', 'Cel', 36, 38, 1),
  vital('pulse', 'Pulse', '8867-4', '8', '/min', 60, 100, 0),
  vital('respirations', 'Respirations', '9279-1', '9', '/min', 12, 20, 0),
  vital('oxygen-saturation', 'SpO2', '59408-5', '10', '%', 94, 100, 0),
  vital('height', 'Height', '8302-2', '11', 'cm', undefined, undefined, 1),
  vital('weight', 'Weight', '29463-7', '14', 'kg', undefined, undefined, 1),
  laboratory('sodium', 'Sodium', '2951-2', '1810', 'mmol/L', 136, 145, 0),
  laboratory('potassium', 'Potassium', '2823-3', '1520', 'mmol/L', 3.5, 5.1, 1),
  laboratory('chloride', 'Chloride', '2075-0', '1200', 'mmol/L', 98, 107, 0),
  laboratory('bicarbonate', 'CO2', '2028-9', '1210', 'mmol/L', 22, 29, 0),
  laboratory('urea-nitrogen', 'Urea Nitrogen', '3094-0', '1910', 'mg/dL', 7, 20, 0),
  laboratory('creatinine', 'Creatinine', '2160-0', '1250', 'mg/dL', 0.6, 1.3, 2),
  laboratory('glucose', 'Glucose', '2345-7', '1330', 'mg/dL', 70, 99, 0),
  laboratory('white-cells', 'WBC', '6690-2', '2010', '10*3/uL', 4, 11, 1),
  laboratory('hemoglobin', 'Hemoglobin', '718-7', '1340', 'g/dL', 12, 17, 1),
  laboratory('hematocrit', 'Hematocrit', '4544-3', '1350', '%', 36, 50, 1),
  laboratory('platelets', 'Platelets', '777-3', '1500', '10*3/uL', 150, 400, 0),
  laboratory('hemoglobin-a1c', 'Hemoglobin A1c', '4548-4', '1360', '%', 4, 5.6, 1),
  laboratory('cholesterol', 'Cholesterol, Total', '2093-3', '1220', 'mg/dL', 100, 200, 0),
  laboratory('hdl-cholesterol', 'HDL Cholesterol', '2085-9', '1370', 'mg/dL', 40, 80, 0),
  laboratory('triglycerides', 'Triglycerides', '2571-8', '1880', 'mg/dL', 40, 150, 0),
  laboratory('troponin', 'Troponin I', '10839-9', '1890', 'ng/mL', 0, 0.04, 3),
];

/** What the laboratory is asked for. */
export const panels: readonly Panel[] = [
  {
    id: '80048',
    name: 'Basic Metabolic Panel',
    loinc: '51990-0',
    measures: ['sodium', 'potassium', 'chloride', 'bicarbonate', 'urea-nitrogen', 'creatinine', 'glucose'],
  },
  {
    id: '85027',
    name: 'CBC & Platelets',
    loinc: '58410-2',
    measures: ['white-cells', 'hemoglobin', 'hematocrit', 'platelets'],
  },
  { id: '83036', name: 'Hemoglobin A1c', loinc: '4548-4', measures: ['hemoglobin-a1c'] },
  {
    id: '80061',
    name: 'Lipid Panel',
    loinc: '57698-3',
    measures: ['cholesterol', 'hdl-cholesterol', 'triglycerides'],
  },
  { id: '84484', name: 'Troponin I', loinc: '10839-9', measures: ['troponin'] },
];

export const noteTypes: readonly NoteType[] = [
  { id: '1', name: 'Progress Notes', loinc: '11506-3' },
  { id: '4', name: 'H&P', loinc: '34117-2' },
  { id: '5', name: 'Discharge Summary', loinc: '18842-5' },
  { id: '6', name: 'ED Provider Notes', loinc: '34111-5' },
  { id: '10', name: 'Consults', loinc: '11488-4' },
  { id: '19', name: 'Telephone Encounter', loinc: '34748-4' },
];

const byName = new Map(measures.map((measure) => [measure.name, measure]));
const byCode = new Map(
  measures.flatMap((measure) => [measure.loinc, measure.siteId].map((code) => [code, measure])),
);

/** What one round of vital signs takes in, by the kind of visit. */
export const rounds: Readonly<Record<VisitKind, readonly Measure[]>> = {
  clinic: named('blood-pressure', 'pulse', 'temperature', 'respirations', 'height', 'weight'),
  emergency: named('blood-pressure', 'pulse', 'temperature', 'respirations', 'oxygen-saturation'),
  inpatient: named('blood-pressure', 'pulse', 'temperature', 'respirations', 'oxygen-saturation'),
};

export function measureNamed(name: string): Measure | undefined {
  return byName.get(name);
}
/** By LOINC code, or by the site's own number of the flowsheet row or component. */
export function measureCoded(code: string): Measure | undefined {
  return byCode.get(code);
}
/** By LOINC code, or by the site's own number. */
export function noteTypeCoded(code: string): NoteType | undefined {
  return noteTypes.find(({ id, loinc }) => loinc === code || id === code);
}

function named(...names: readonly string[]): readonly Measure[] {
  return names.map((name) => byName.get(name) as Measure);
}

function vital(
  name: string,
  display: string,
  loinc: string,
  siteId: string,
  unit: string,
  low: number | undefined,
  high: number | undefined,
  decimals: number,
): Measure {
  const range = low === undefined || high === undefined ? {} : { low, high };
  return { name, category: 'vital-signs', display, loinc, siteId, unit, ...range, decimals };
}

function laboratory(
  name: string,
  display: string,
  loinc: string,
  siteId: string,
  unit: string,
  low: number,
  high: number,
  decimals: number,
): Measure {
  return { name, category: 'laboratory', display, loinc, siteId, unit, low, high, decimals };
}
