/** People and places that a resource refers to. */
import type { Content } from '../../../hl7/index.ts';
import { nameTypes } from './codes.ts';
import { type Components, identifierParts } from './datatypes.ts';
import type { Given } from './given.ts';
import { changed, note, said, type Writing, writable } from './writing.ts';

/** The person or place behind a reference; of a PractitionerRole, its practitioner. */
export function target(
  writing: Writing,
  reference: Given,
): { readonly type: string; readonly given: Given } | undefined {
  const found = writing.set.resolve(reference);
  if (found === undefined) {
    reference.take('type');
    if (reference.has('reference')) {
      reference.take('reference');
      note(writing, {
        code: 'unresolved-reference',
        severity: reference.has('identifier') || reference.has('display') ? 'information' : 'warning',
        path: reference.path,
        text: `${reference.path} refers to a resource that was not given; only what the reference itself says is written.`,
        fix: 'Give that resource too, or an identifier in the reference.',
      });
    }
    return undefined;
  }
  if (found.type !== 'PractitionerRole') return found;
  const practitioner = found.given.child('practitioner');
  return practitioner === undefined ? found : (target(writing, practitioner) ?? found);
}

/**
 * Takes a reference to the patient or the visit of the message. One that leads to another, or to a patient who was not
 * given, is an error: the receiver would file it for whom PID names.
 */
export function about(writing: Writing, reference: Given | undefined, type: 'Patient' | 'Encounter'): void {
  if (reference === undefined || !reference.has('reference')) return;
  const meant = type === 'Patient' ? writing.patient : writing.encounter;
  const found = writing.set.resolve(reference);
  if (meant === undefined || (found === undefined && type === 'Encounter')) return;
  if (found?.given.path === meant.path) return;
  reference.takeAll();
  note(writing, {
    code: 'conflict',
    severity: 'error',
    path: reference.path,
    place: type === 'Patient' ? 'PID' : 'PV1',
    text: `${reference.path} does not lead to the ${type} that ${type === 'Patient' ? 'PID' : 'PV1'} is written of: the site would file this for the wrong one.`,
    fix: `Give one ${type} only, with the id that all others refer to.`,
  });
}

/** The identifier of a person that the site knows, else a national one, else the first. */
function chosen(writing: Writing, given: Given, place: string): Given | undefined {
  const all = given.all('identifier');
  const known = all.find((each) => {
    const system = each.peek('system');
    return system !== undefined && writing.lookup.identifier?.(system, place) !== undefined;
  });
  return known ?? all.find((each) => each.peek('system')?.endsWith('us-npi')) ?? all[0];
}

/** A Practitioner, or what a reference says of one, as XCN: `017511^TOBIAS^JON^^^^^^EPIC^^^^PROVID`. */
export function xcn(writing: Writing, reference: Given, place: string): Components | undefined {
  const found = target(writing, reference);
  if (found === undefined) {
    const identifier = reference.child('identifier');
    const parts = identifier && identifierParts(writing, identifier, place);
    const display = said(writing, reference, 'display');
    if (parts === undefined && display === undefined) return undefined;
    return person(parts, [display]);
  }
  const { given } = found;
  const identifier = chosen(writing, given, place);
  const parts = identifier && identifierParts(writing, identifier, place);
  const [name] = given.all('name');
  if (name === undefined)
    return parts === undefined ? undefined : person(parts, [said(writing, given, 'name')]);
  const words = (part: string): string[] =>
    name.texts(part).map((each) => writable(writing, each, name.at(part)));
  const [first, ...more] = words('given');
  const family = said(writing, name, 'family');
  const text = said(writing, name, 'text');
  const [degree] = given.all('qualification');
  const qualification = degree?.child('code');
  const [coding] = qualification?.all('coding') ?? [];
  const suffixes = words('suffix');
  const use = name.text('use');
  if (more.length > 1 || suffixes.length > 2)
    changed(
      writing,
      name.path,
      place,
      `${name.path} has more parts than ${place} has components: some are joined by a blank.`,
    );
  return person(
    parts,
    [
      family ?? (first === undefined ? text : undefined),
      first,
      more.join(' ') || undefined,
      suffixes[0],
      words('prefix').join(' ') || undefined,
      said(writing, qualification, 'text') ?? said(writing, coding, 'code'),
    ],
    use === undefined ? undefined : nameTypes.get(use),
    suffixes.slice(1).join(' ') || undefined,
  );
}

function person(
  parts: ReturnType<typeof identifierParts>,
  name: readonly Content[],
  nameType?: Content,
  suffix?: Content,
): Components {
  const [family, first, second, suffix1, prefix, degree] = name;
  const blank = undefined;
  return [
    parts?.value,
    [family],
    first,
    second,
    suffix1,
    prefix,
    degree,
    blank,
    parts?.authority,
    nameType,
    blank,
    blank,
    parts?.type,
    ...(suffix === undefined ? [] : [blank, blank, blank, blank, blank, blank, blank, suffix]),
  ];
}

/** Components of a PL by the physical type of a Location. */
const levels: ReadonlyMap<string, number> = new Map([
  ['wa', 1],
  ['ro', 2],
  ['bd', 3],
  ['si', 4],
  ['bu', 7],
  ['lvl', 8],
]);

/**
 * A Location and those it is part of, as PL: `ICU^101^1^RIVERSIDE^^^TOWER^4`. One without a physical type is a point of care
 * (PL.1), or the facility (PL.4) when something below it is the point of care already.
 */
export function pl(writing: Writing, reference: Given, place: string): Components | undefined {
  const written: Content[] = Array.from({ length: 9 }, () => undefined);
  let at: Given | undefined = reference;
  for (let depth = 0; at !== undefined && depth < 10; depth += 1) {
    const found = target(writing, at);
    if (found === undefined) {
      // Far from here: an organisation's own server, or a contained one that was not given.
      const display = said(writing, at, 'display');
      const free = written[0] === undefined ? 0 : 3;
      if (display !== undefined && written[free] === undefined) written[free] = display;
      break;
    }
    const location: Given = found.given;
    const type: Given | undefined = location.child('physicalType');
    const coding: Given | undefined = type?.all('coding')[0];
    const level = levels.get(coding?.peek('code') ?? '') ?? (written[0] === undefined ? 1 : 4);
    // A level that is there already stays as it is; the other one is found untaken at the end.
    if (written[level - 1] === undefined) {
      type?.take('coding', 'text');
      written[level - 1] = placeName(writing, location, place);
      if (level === 3) written[8] = said(writing, location, 'description');
      location.take('status', 'mode');
    }
    if (found.type === 'Location') at = location.child('partOf');
    else at = undefined;
  }
  return written.every((each) => each === undefined) ? undefined : written;
}

/** A site that has a name for the identifier's system wants its own number; elsewhere the name is what people know. */
function placeName(writing: Writing, location: Given, place: string): string | undefined {
  const identifier = chosen(writing, location, place);
  const system = identifier?.peek('system');
  const site = system === undefined ? undefined : writing.lookup.identifier?.(system, place);
  const number = identifier?.peek('value');
  const name = location.peek('name');
  if (site !== undefined || name === undefined) {
    identifier?.take('system', 'type', 'use');
    return said(writing, identifier, 'value') ?? said(writing, location, 'name');
  }
  if (number === name) identifier?.takeAll();
  return said(writing, location, 'name');
}
