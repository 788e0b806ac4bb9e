import type { ConditionCode, Drug, Substance } from './clinical-records.ts';

/** Problems people have, and what is given for them. Codes are ICD-10-CM, SNOMED CT and RxNorm. */
export const problems: readonly (ConditionCode & { readonly fromAge: number; readonly drug?: Drug })[] = [
  problem(
    'I10',
    '38341003',
    'Essential hypertension',
    40,
    '314076',
    'lisinopril 10 MG Oral Tablet',
    '1 tablet daily',
  ),
  problem(
    'E11.9',
    '44054006',
    'Type 2 diabetes mellitus',
    40,
    '861007',
    'metformin 500 MG Oral Tablet',
    '1 tablet twice daily',
  ),
  problem(
    'E78.5',
    '55822004',
    'Hyperlipidemia',
    40,
    '617312',
    'atorvastatin 20 MG Oral Tablet',
    '1 tablet at bedtime',
  ),
  problem(
    'J45.909',
    '195967001',
    'Asthma',
    4,
    '745679',
    'albuterol 0.09 MG/ACTUAT Inhaler',
    '2 puffs as needed',
  ),
  problem(
    'K21.9',
    '235595009',
    'Gastroesophageal reflux disease',
    25,
    '198051',
    'omeprazole 20 MG Capsule',
    '1 capsule daily',
  ),
  problem('F32.A', '35489007', 'Depression', 16, '312941', 'sertraline 50 MG Oral Tablet', '1 tablet daily'),
  problem(
    'E03.9',
    '40930008',
    'Hypothyroidism',
    30,
    '966224',
    'levothyroxine 0.05 MG Oral Tablet',
    '1 tablet daily',
  ),
  problem('M54.50', '279039007', 'Low back pain', 20),
  problem('J30.2', '367498001', 'Seasonal allergic rhinitis', 4),
  problem('M17.9', '239873007', 'Osteoarthritis of knee', 50),
  problem(
    'I48.91',
    '49436004',
    'Atrial fibrillation',
    60,
    '1364445',
    'apixaban 5 MG Oral Tablet',
    '1 tablet twice daily',
  ),
  problem('N18.30', '433144002', 'Chronic kidney disease stage 3', 55),
  problem('L20.9', '24079001', 'Atopic dermatitis', 0),
];

export const substances: readonly Substance[] = [
  { code: '7980', system: 'rxnorm', display: 'penicillin G', category: 'medication' },
  { code: '10831', system: 'rxnorm', display: 'sulfamethoxazole-trimethoprim', category: 'medication' },
  { code: '2670', system: 'rxnorm', display: 'codeine', category: 'medication' },
  { code: '1191', system: 'rxnorm', display: 'aspirin', category: 'medication' },
  { code: '256349002', system: 'snomed', display: 'Peanut', category: 'food' },
  { code: '227037002', system: 'snomed', display: 'Fish', category: 'food' },
  { code: '111088007', system: 'snomed', display: 'Latex', category: 'environment' },
  { code: '256277009', system: 'snomed', display: 'Grass pollen', category: 'environment' },
];

export const reactions = ['Rash', 'Hives', 'Anaphylaxis', 'Nausea & vomiting', 'Itching'] as const;

export const payers = [
  { id: '1001', name: 'Verdant Valley Health Plan', plan: 'PPO' },
  { id: '1002', name: 'Prairie Mutual', plan: 'HMO' },
  { id: '1003', name: 'State Medical Assistance', plan: 'Medicaid' },
  { id: '1004', name: 'Federal Senior Plan', plan: 'Medicare' },
] as const;

function problem(
  icd10: string,
  snomed: string,
  display: string,
  fromAge: number,
  rxnorm?: string,
  drug?: string,
  dose?: string,
) {
  const given =
    rxnorm === undefined || drug === undefined || dose === undefined
      ? {}
      : { drug: { rxnorm, display: drug, dose } };
  return { icd10, snomed, display, fromAge, ...given };
}
