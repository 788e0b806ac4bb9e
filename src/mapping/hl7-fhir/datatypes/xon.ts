import type { Identifier, Reference } from '../../r4.ts';
import type { Field } from '../line.ts';
import { type Draft, element, keep, present, type Reading } from '../reading.ts';
import type { Read } from '../rows.ts';
import { concept, conceptText } from './cwe.ts';
import { checkDigit, identifierType, systemOf } from './cx.ts';
import { assigner } from './hd.ts';

/** XON[Organization]: name (XON.1), identifier (10, else 3) with its assigner (6) and type (7). */
export function organizationOf(
  reading: Reading,
  field: Field,
  more: Readonly<Record<string, unknown>> = {},
): Reference | undefined {
  const name = field.get(1);
  const value = field.get(10) ?? field.get(3);
  if (name === undefined && value === undefined) return undefined;
  const type = field.get(7);
  const made = keep(
    reading,
    element<Draft>({
      resourceType: 'Organization',
      identifier:
        value === undefined
          ? undefined
          : [
              element<Identifier>({
                extension: checkDigit(field, 4, 5),
                type: identifierType(type),
                system: systemOf(
                  reading,
                  field.place,
                  { name: field.get(6, 1), id: field.get(6, 2), type: field.get(6, 3) },
                  type,
                ),
                value,
                assigner: assigner(reading, field, 6),
              }),
            ],
      name,
      ...ofOrganization(more),
    } as never),
    value ?? '',
    name ?? '',
  );
  return element<Reference>({ reference: `Organization/${made}`, type: 'Organization', display: name });
}

/** An organization has no home: R4 forbids the use (org-2, org-3), which messages state for lack of another. */
function ofOrganization(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const made: Record<string, unknown> = { ...more };
  for (const name of ['address', 'telecom'])
    if (Array.isArray(made[name]))
      made[name] = made[name].map((each: { use?: string }) => {
        if (each.use !== 'home') return each;
        const { use: _, ...rest } = each;
        return rest;
      });
  return made;
}

export const toOrganization: Read = (field, reading) => organizationOf(reading, field);

/** XON[string]. */
export const toOrganizationName: Read = (field) => field.get(1) ?? field.get(10);

/** CWE[Organization]: name (CWE.2 or 9), identifier (CWE.1 of the system CWE.3). */
export const toCodedOrganization: Read = (field, reading) => {
  const coding = concept(reading, field)?.coding?.[0];
  const name = field.get(2) ?? field.get(9);
  if (coding?.code === undefined && name === undefined) return undefined;
  const made = keep(
    reading,
    element<Draft>({
      resourceType: 'Organization',
      identifier: present(
        coding?.code === undefined ? undefined : element({ system: coding.system, value: coding.code }),
      ),
      name,
    } as never),
    coding?.code ?? '',
    name ?? '',
  );
  return element<Reference>({
    reference: `Organization/${made}`,
    type: 'Organization',
    display: conceptText(field),
  });
};

/** An organization by its name alone. */
export function namedOrganization(reading: Reading, name: string): Reference {
  const made = keep(reading, { resourceType: 'Organization', name }, '', name);
  return { reference: `Organization/${made}`, type: 'Organization', display: name };
}
