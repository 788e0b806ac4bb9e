import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/**
 * A line of two bytes costs a span, a segment and its list of fields, about 250 bytes: the dearest there is for a byte.
 * What grew with the square of the input would be thousands.
 */
const most = 200;

it('bytes made to cost much keep no more memory than a line, a field and a finding each need', () => {
  const printed = execFileSync(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, 'proportion.ts')],
    {
      encoding: 'utf8',
    },
  );
  const ratios = JSON.parse(printed) as Record<string, number>;
  expect(Object.keys(ratios).length).toBeGreaterThan(15);
  for (const [about, ratio] of Object.entries(ratios)) expect(ratio, about).toBeLessThan(most);
});
