/** The guide's code tables, made ready when first asked for. */
import type { Coding } from '../r4.ts';
import { conceptSystems, conceptTables } from './concept-maps.generated.ts';

const made = new Map<string, ReadonlyMap<string, Coding>>();

/** The codes of a concept map, by HL7 v2 code. A code that the guide leaves open is not in it. */
export function conceptMap(name: string): ReadonlyMap<string, Coding> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const table = conceptTables[name];
  if (table === undefined) throw new Error(`The guide has no concept map named ${name}.`);
  const codes = new Map<string, Coding>();
  for (const line of table.split('\n')) {
    const [from = '', target = '', display = '', place = ''] = line.split('|');
    const system = conceptSystems[Number(place)];
    codes.set(
      from,
      Object.freeze({
        ...(system ? { system } : {}),
        code: target || from,
        ...(display ? { display } : {}),
      }),
    );
  }
  made.set(name, codes);
  return codes;
}

/** The code alone, for elements of type `code`. */
export const codeIn = (name: string): ((code: string) => string | undefined) => {
  const codes = conceptMap(name);
  return (code) => codes.get(code)?.code;
};
