/** Whoever has the package alone, without the clone, can follow every link of its README and of what that leads to. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
/** npm packs these whatever `files` says. */
const ALWAYS = ['package.json', 'README.md', 'LICENSE'];
/** Pages of the package stay small: pictures and data belong elsewhere. */
const DOCS_BYTES = 1.5 * 1024 * 1024;

const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly files: readonly string[];
};
const packed = (path: string): boolean =>
  [...ALWAYS, ...files].some((one) => path === one || path.startsWith(`${one}/`));

const pages = ['README.md', ...files].flatMap((entry) => {
  const path = join(root, entry);
  if (!existsSync(path) || /^dist/.test(entry)) return [];
  if (statSync(path).isFile()) return [entry];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(entry, name).replaceAll('\\', '/'),
  );
});

test('every relative link of a packed page leads to a packed file', () => {
  const dead = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        // What the coverage of HL7 to FHIR writes is no link: `identifier[2](Patient)`.
        if (/^(#|[a-z]+:)/.test(link) || !/\/|\.(md|json|png|ts|ya?ml)\b/.test(link)) return [];
        const target = normalize(join(dirname(page), link.replace(/#.*$/, ''))).replaceAll('\\', '/');
        const fine = packed(target.replace(/\/$/, '')) && existsSync(join(root, target));
        return fine ? [] : [`${page}: ${link}`];
      });
    });
  expect(dead).toEqual([]);
  expect(pages).toContain('docs/deploy.md');
});

test('the documentation in the package is small', () => {
  const bytes = pages
    .filter((page) => page.startsWith('docs/'))
    .reduce((sum, page) => sum + statSync(join(root, page)).size, 0);
  expect(bytes).toBeLessThan(DOCS_BYTES);
});
