import { day } from '../calendar.ts';
import type { Allergy, Condition, Coverage, Medication } from '../clinical-records.ts';
import { payers, problems, reactions, substances } from '../formulary.ts';
import { historyNumber } from '../numbers.ts';
import { createRandom } from '../random.ts';
import type { HistoryParts } from './parts.ts';

export interface Problems {
  readonly conditions: readonly Condition[];
  readonly allergies: readonly Allergy[];
  readonly medications: readonly Medication[];
  readonly coverages: readonly Coverage[];
}

/** The lists of a chart: problems, allergies, medications, and who pays. */
export function problemsOf(parts: HistoryParts, patient: number): Problems {
  const { seed, now, identities, people } = parts;
  const random = createRandom(seed, `problems ${patient}`);
  const { birthDate, provider } = people.seeded(patient);
  const born = Date.parse(birthDate);
  const age = (now - born) / (365 * day);
  const since = () => Math.floor(now - random.fraction() * Math.min(now - born, 8 * 365 * day));
  const date = (instant: number) => new Date(instant).toISOString().slice(0, 10);
  const conditions: Condition[] = [];
  const medications: Medication[] = [];

  for (const { fromAge, drug, ...code } of problems) {
    // The older, the more: a quarter of what is possible at forty, four in ten at ninety.
    if (age < fromAge || !random.chance(0.12 + age / 320)) continue;
    const recordedAt = since();
    const resolved = random.chance(0.15);
    const number = historyNumber(patient, conditions.length);
    conditions.push({
      number,
      fhirId: identities.fhirId('Condition', number),
      patient,
      category: 'problem-list-item',
      code,
      status: resolved ? 'resolved' : 'active',
      verification: 'confirmed',
      onset: date(recordedAt),
      recordedAt,
      changedAt: recordedAt,
    });
    if (!drug || random.chance(0.2)) continue;
    const given = historyNumber(patient, medications.length);
    medications.push({
      number: given,
      fhirId: identities.fhirId('MedicationRequest', given),
      patient,
      drug,
      provider,
      status: resolved ? 'stopped' : 'active',
      orderedAt: recordedAt,
      changedAt: recordedAt,
    });
  }

  const allergies = substances.flatMap((substance, index): Allergy[] => {
    if (!random.chance(0.07)) return [];
    const recordedAt = since();
    const number = historyNumber(patient, index);
    const reaction = random.pick(reactions);
    return [
      {
        number,
        fhirId: identities.fhirId('AllergyIntolerance', number),
        patient,
        substance,
        reaction,
        criticality: reaction === 'Anaphylaxis' ? 'high' : 'low',
        status: 'active',
        verification: 'confirmed',
        recordedAt,
        changedAt: recordedAt,
      },
    ];
  });

  const payer = age >= 65 ? payers[3] : random.pick(payers.slice(0, 3));
  const recordedAt = since();
  const number = historyNumber(patient, 0);
  const coverages: Coverage[] = random.chance(0.92)
    ? [
        {
          number,
          fhirId: identities.fhirId('Coverage', number),
          patient,
          payer: payer.name,
          payerId: payer.id,
          plan: payer.plan,
          memberId: `M${String(100_000_000 + patient * 7)}`,
          from: `${date(recordedAt).slice(0, 4)}-01-01`,
          changedAt: recordedAt,
        },
      ]
    : [];
  return { conditions, allergies, medications, coverages };
}
