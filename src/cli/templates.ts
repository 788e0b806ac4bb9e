/** The templates that come with Suture: whole small projects, laid over one base. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure, nearest } from '../std/index.ts';

const home = join(import.meta.dirname, '..', '..', 'templates');
/** Names that begin with it are parts of templates, not templates. */
const PART = '_';
const BASE = join(home, '_project');

const aboutSchema = z.strictObject({
  title: z.string().min(1),
  about: z.string().min(1),
  kind: z.enum(['popular', 'clinical']),
  /** Where it stands in the list. */
  order: z.int(),
  /** Resources that must be learnt for it. */
  learn: z.array(z.string()).default([]),
});

export interface Template extends z.output<typeof aboutSchema> {
  readonly name: string;
  readonly folder: string;
}

/** By their place in the list. */
export function templates(): Template[] {
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(PART))
    .map(({ name }) => {
      const folder = join(home, name);
      const about = aboutSchema.parse(parse(readFileSync(join(folder, 'template.yaml'), 'utf8')));
      return { ...about, name, folder };
    })
    .sort((a, b) => a.order - b.order);
}

/** @throws Failure `config`, TEMPLATE_UNKNOWN. */
export function templateOf(name: string): Template {
  const all = templates();
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name);
  const near = nearest(name, names);
  throw new Failure({
    code: 'TEMPLATE_UNKNOWN',
    kind: 'config',
    message: `There is no template "${name}".`,
    fix: near ? `Did you mean "${near}"?` : `Use one of: ${names.join(', ')}.`,
  });
}

export interface Wanted {
  readonly name: string;
  readonly site: string;
  readonly siteName: string;
}

/** Every file of a project made from the template, by its path in the project; all but package.json and tsconfig.json. */
export function filesOf(template: Template, wanted: Wanted): Map<string, string> {
  const files = new Map<string, string>();
  const words: Record<string, string> = { ...wanted, learn: learnLines(template) };
  // A YAML value that begins like something else is quoted.
  words.siteName = JSON.stringify(wanted.siteName);
  const fill = (text: string): string =>
    text.replaceAll(/\{\{(\w+)\}\}/g, (whole, word: string) => words[word] ?? whole);
  for (const [path, text] of textsOf(BASE)) {
    if (path === 'learn.yaml') continue;
    const place = path === 'gitignore' ? '.gitignore' : path.replace('sites/_site/', `sites/${wanted.site}/`);
    files.set(place, /^(README\.md|sites\/)/.test(path) ? fill(text) : text);
  }
  for (const [path, text] of textsOf(template.folder)) {
    if (path === 'template.yaml') continue;
    if (path === 'README.md') files.set(path, `${files.get(path) ?? ''}${text.replaceAll(/^#/gm, '##')}`);
    else
      files.set(
        path.replace('sites/_site/', `sites/${wanted.site}/`),
        path.endsWith('expect.yaml') ? fill(text) : text,
      );
  }
  // Folders that a project has even before there is anything in them.
  for (const folder of ['maps', 'fixtures']) {
    if (![...files.keys()].some((path) => path.startsWith(`${folder}/`))) files.set(`${folder}/.gitkeep`, '');
  }
  return files;
}

function learnLines({ learn }: Template): string {
  const ways = parse(readFileSync(join(BASE, 'learn.yaml'), 'utf8')) as Record<string, string>;
  const lines = Object.entries(ways).map(([resource, way]) =>
    learn.includes(resource) ? `  ${resource}: ${way}` : `  # ${resource}: ${way}`,
  );
  // YAML reads a key without anything below it as null.
  return `${learn.length > 0 ? '' : '  {}\n'}${lines.join('\n')}\n`;
}

function* textsOf(folder: string): Generator<[string, string]> {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of paths) yield [relative(folder, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')];
}
