import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { admission, result } from '../../bench/hl7-messages.ts';
import { inputBytes } from './hl7-case.ts';
import { conformanceTable } from './hl7-cases.ts';
import { type Comparison, compare, corpusMessages, explanations, table } from './hl7-differential.ts';

function expectExplained(comparison: Comparison): void {
  process.stdout.write(`${table(comparison)}\n`);
  expect(comparison.differences.filter(({ why }) => why === undefined)).toEqual([]);
  for (const { why } of comparison.differences) expect(explanations).toHaveProperty([why ?? '']);
}

it('every difference from the other libraries is explained, for what a hospital sends', () => {
  expectExplained(
    compare([
      { file: 'admission', bytes: admission },
      { file: 'result', bytes: result },
    ]),
  );
});

it('every difference is explained for the inputs of the conformance table', () => {
  const inputs = conformanceTable.flatMap(([subject, cases]) =>
    cases.map((each) => ({ file: `${subject}: ${each[1]}`, bytes: inputBytes(each) })),
  );
  expectExplained(compare(inputs));
});

const corpus = process.env.HL7_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus/hl7v2');
if (existsSync(corpus))
  it('every difference is explained for the messages in the folder HL7_CORPUS', () => {
    expectExplained(compare(corpusMessages(corpus)));
  });
