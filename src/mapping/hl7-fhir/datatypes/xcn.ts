import type { CodeableConcept, HumanName, Identifier, Period, Reference } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import {
  both,
  type Draft,
  dateTime,
  element,
  elementOrNone,
  keep,
  keepAs,
  present,
  type Reading,
  type Written,
} from '../reading.ts';
import type { Read } from '../rows.ts';
import { v2Table } from '../tables.ts';
import { identifierOf } from './cx.ts';
import { assigner } from './hd.ts';

interface Person {
  readonly identifier: Identifier | undefined;
  readonly name: HumanName | undefined;
  readonly display: string | undefined;
}

/** Identifier (XCN.1, 9, 11 to 13) and name (2 to 6, 10, 17, 19 to 21) of a person. */
function person(reading: Reading, field: Field): Person | undefined {
  const identifier = personIdentifier(reading, field);
  const family = field.get(2, 1);
  const given = both(field.get(3), field.get(4));
  const prefix = field.get(6);
  const suffix = both(field.get(5), field.get(21));
  const start = dateTime(reading, field.place, field.get(19) ?? field.get(17, 1));
  const end = dateTime(reading, field.place, field.get(20) ?? field.get(17, 2));
  const kind = field.get(10);
  const use = kind === undefined ? undefined : conceptMap('NameType').get(kind)?.code;
  const name: Written<HumanName> = {};
  if (use !== undefined) name.use = use as NonNullable<HumanName['use']>;
  if (family !== undefined) name.family = family;
  if (given !== undefined) name.given = given;
  if (prefix !== undefined) name.prefix = [prefix];
  if (suffix !== undefined) name.suffix = suffix;
  if (start !== undefined || end !== undefined) name.period = element<Period>({ start, end });
  let empty = true;
  for (const _ in name) empty = false;
  if (identifier === undefined && empty) return undefined;
  let display = prefix ?? '';
  for (const each of given ?? []) display += display === '' ? each : ` ${each}`;
  if (family !== undefined) display += display === '' ? family : ` ${family}`;
  return { identifier, name: empty ? undefined : name, display: display || undefined };
}

function personIdentifier(reading: Reading, field: Field): Identifier | undefined {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const made = identifierOf(reading, field, value, field.get(13), 9, 11, 12);
  const by = assigner(reading, field, 9);
  if (by !== undefined) made.assigner = by;
  return made;
}

const identity = ({ identifier, display }: Person): readonly string[] => [
  identifier?.system ?? identifier?.assigner?.display ?? '',
  identifier?.value ?? display ?? '',
];

/**
 * XCN[Practitioner], as a reference to a practitioner that is kept beside the encounter: identifier, name, qualification
 * (XCN.7). The reference repeats identifier and name, so that a flow need not follow it.
 */
export function practitioner(
  reading: Reading,
  field: Field,
  more: Readonly<Record<string, unknown>> = {},
): Reference | undefined {
  const who = person(reading, field);
  if (who === undefined) return undefined;
  const degree = field.get(7);
  const draft: Draft = { resourceType: 'Practitioner' };
  if (who.identifier !== undefined) draft.identifier = [who.identifier];
  if (who.name !== undefined) draft.name = [who.name];
  if (degree !== undefined) draft.qualification = [{ code: qualification(degree) }];
  for (const each in more) draft[each] = more[each];
  const made: Written<Reference> = {
    reference: keepAs(reading, draft, identity(who)).reference,
    type: 'Practitioner',
  };
  if (who.identifier !== undefined) made.identifier = withoutExtension(who.identifier) as Identifier;
  if (who.display !== undefined) made.display = who.display;
  return made;
}

/** An identifier inside a reference names the person; what else is known of it stands with the resource. */
function withoutExtension(identifier: Identifier | undefined): Identifier | undefined {
  if (identifier?.extension === undefined) return identifier;
  const { extension: _, ...rest } = identifier;
  return rest;
}

function qualification(degree: string): CodeableConcept {
  const known = conceptMap('DegreeLicenseCertificate').get(degree);
  return known === undefined ? { text: degree } : { coding: [known], text: degree };
}

export const toPractitioner: Read = (field, reading) => practitioner(reading, field);
export const toPractitioners: Read = (field, reading) => {
  const who = practitioner(reading, field);
  return who === undefined ? undefined : [who];
};

/** XCN[PractitionerRole]: the practitioner in a role; `more` says which, and for whom. */
export function practitionerRole(
  reading: Reading,
  field: Field,
  more: Readonly<Record<string, unknown>>,
  person: Readonly<Record<string, unknown>> = {},
): Reference | undefined {
  const who = practitioner(reading, field, person);
  return who === undefined ? undefined : roleOf(reading, who, more);
}

/** A PractitionerRole of who, what and for whom. */
export function roleOf(
  reading: Reading,
  who: Reference | undefined,
  more: Readonly<Record<string, unknown>>,
): Reference {
  const practitioner =
    who?.reference === undefined ? undefined : { reference: who.reference, type: 'Practitioner' };
  const id = keep(
    reading,
    element<Draft>({ resourceType: 'PractitionerRole', practitioner, ...more } as never),
    who?.reference ?? '',
    JSON.stringify(more),
  );
  return element<Reference>({
    reference: `PractitionerRole/${id}`,
    type: 'PractitionerRole',
    display: who?.display,
  });
}

/** HL7 table 0443 as the function of somebody who took part. */
export const providerRole = (code: string, display: string): CodeableConcept => ({
  coding: [{ system: v2Table('0443'), code, display }],
});

/** XCN[RelatedPerson], without its patient and id. */
export function relatedPerson(reading: Reading, field: Field): Readonly<Record<string, unknown>> | undefined {
  const who = person(reading, field);
  return who === undefined
    ? undefined
    : element({ identifier: present(who.identifier), name: present(who.name) });
}

/** NDL[PractitionerRole]: name (a CNN in NDL.1), period (2, 3). */
export const toNamedRole =
  (code?: CodeableConcept): Read =>
  (field, reading) => {
    const family = field.get(1, 2);
    const value = field.get(1, 1);
    if (family === undefined && value === undefined) return undefined;
    const name = elementOrNone<HumanName>({
      family,
      given: present(field.get(1, 3), field.get(1, 4)),
      prefix: present(field.get(1, 6)),
      suffix: present(field.get(1, 5), field.get(1, 7)),
    });
    const display = present(name?.prefix?.[0], ...(name?.given ?? []), family).join(' ') || undefined;
    const namespace = field.get(1, 9);
    const id = keep(
      reading,
      element<Draft>({
        resourceType: 'Practitioner',
        identifier:
          value === undefined
            ? undefined
            : [
                element<Identifier>({
                  value,
                  assigner: namespace === undefined ? undefined : { display: namespace },
                }),
              ],
        name: present(name),
      } as never),
      namespace ?? '',
      value ?? display ?? '',
    );
    const period = elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(2)),
      end: dateTime(reading, field.place, field.get(3)),
    });
    return roleOf(
      reading,
      element<Reference>({ reference: `Practitioner/${id}`, display }),
      element({ period, code: code === undefined ? undefined : [code] }),
    );
  };
