import { describe, expect, it } from 'vitest';
import { answerOf, expectedOf, rules } from './hl7-case.ts';
import { conformanceTable as table } from './hl7-cases.ts';

describe.each(table)('HL7 v2 conformance: %s', (_, cases) => {
  it.each(cases.map((each) => [`${rules[each[0]]}: ${each[1]} (${each[3]})`, each] as const))(
    '%s',
    (_name, each) => {
      expect(answerOf(each)).toEqual(expectedOf(each));
    },
  );
});

it('the table has at least 400 cases, no two alike', () => {
  const all = table.flatMap(([, cases]) => cases);
  expect(all.length).toBeGreaterThanOrEqual(400);
  expect(new Set(all.map(([, , bytes, question]) => JSON.stringify([bytes, question]))).size).toBe(
    all.length,
  );
});
