import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { r4ElementsText } from '../../scripts/r4-elements.ts';

test('the elements by which paths are checked are those of the types', () => {
  const written = readFileSync(join(import.meta.dirname, 'r4-elements.generated.ts'), 'utf8');
  expect(written, 'run: node scripts/r4-elements.ts').toBe(r4ElementsText());
});
