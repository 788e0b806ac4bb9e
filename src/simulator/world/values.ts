import type { Measure } from './clinical-records.ts';
import type { Random } from './random.ts';

/** What is usual for one person: readings vary around it. */
export interface Constitution {
  readonly height: number;
  readonly weight: number;
  readonly systolic: number;
  readonly diastolic: number;
  /** How far from the middle of the normal range a person's results tend to be, in widths of the range. */
  readonly tendency: number;
}

/** Draws what is usual for a person of an age in years. */
export function constitution(random: Random, age: number): Constitution {
  const grown = Math.min(1, 0.29 + age / 24);
  const height = (150 + random.integer(40)) * grown;
  return {
    height,
    weight: (height / 100) ** 2 * (17 + random.integer(17)),
    systolic: Math.round(80 + 35 * grown + age / 4 + random.integer(16)),
    diastolic: Math.round(50 + 18 * grown + random.integer(14)),
    tendency: (random.fraction() + random.fraction() - 1) * 0.7,
  };
}

/** One reading of a measure: a value, or the two of a blood pressure. */
export function reading(
  random: Random,
  measure: Measure,
  person: Constitution,
): { readonly value?: number; readonly components?: readonly number[]; readonly flag?: string } {
  const around = random.fraction() + random.fraction() - 1;
  if (measure.name === 'blood-pressure') {
    const systolic = Math.round(person.systolic + around * 14);
    return { components: [systolic, Math.min(systolic - 15, Math.round(person.diastolic + around * 9))] };
  }
  if (measure.name === 'height') return { value: rounded(person.height, measure) };
  if (measure.name === 'weight') return { value: rounded(person.weight * (1 + around * 0.03), measure) };
  const { low = 0, high = 1 } = measure;
  const width = high - low;
  const spread = measure.category === 'laboratory' ? 0.6 : 0.4;
  const value = Math.max(0, low + width / 2 + width * (person.tendency * 0.8 + around * spread));
  const shown = rounded(measure.name === 'oxygen-saturation' ? Math.min(100, value) : value, measure);
  const flag = flagOf(measure, shown);
  return flag === undefined ? { value: shown } : { value: shown, flag };
}

/** HL7 table 0078 for a value; nothing for what is normal or has no range. */
export function flagOf({ low, high }: Measure, value: number): string | undefined {
  if (low === undefined || high === undefined) return undefined;
  const width = high - low;
  if (value > high) return value > high + width ? 'HH' : 'H';
  if (value < low) return value < low - width ? 'LL' : 'L';
  return undefined;
}

function rounded(value: number, { decimals }: Measure): number {
  return Number(value.toFixed(decimals));
}
