/** FHIR's data types as the composite types of HL7 v2, by the guide's data type maps read backwards. */
import type { Content } from '../../../hl7/index.ts';
import type { Coding } from '../../r4.ts';
import {
  addressTypes,
  knownIdentifiers,
  nameTypes,
  systemName,
  telecomEquipment,
  telecomUses,
} from './codes.ts';
import type { Given } from './given.ts';
import { type Assigner, changed, lost, note, said, time, type Writing, writable } from './writing.ts';

/** The components of one repetition. */
export type Components = readonly (Content | readonly Content[])[];

const v2Types = 'http://terminology.hl7.org/CodeSystem/v2-0203';

/** A universal id as components 2 and 3 of an HD: an OID or UUID as such, any other address as URI. */
function universal(system: string): readonly [id: string, type: string] {
  const [, scheme, id] = /^urn:(oid|uuid):(.+)$/.exec(system) ?? [];
  return id === undefined ? [system, 'URI'] : [id, scheme === 'oid' ? 'ISO' : 'UUID'];
}

interface IdentifierParts {
  readonly value: string;
  /** The HD of who assigns it: namespace, universal id, its type. */
  readonly authority: readonly Content[];
  readonly type: Content;
}

/** Identifier: what the site calls its system, else what is the same everywhere, else what FHIR says. */
export function identifierParts(writing: Writing, given: Given, place: string): IdentifierParts | undefined {
  const value = said(writing, given, 'value');
  if (value === undefined) return undefined;
  given.take('use');
  const system = said(writing, given, 'system');
  const assigner = given.child('assigner');
  const display = said(writing, assigner, 'display');
  const concept = given.child('type');
  const codings = concept?.all('coding') ?? [];
  const coding = codings.find((each) => each.peek('system') === v2Types) ?? codings[0];
  const code = said(writing, coding, 'code') ?? said(writing, concept, 'text');
  coding?.take('system', 'display');
  concept?.take('text');
  const site: Assigner | undefined =
    system === undefined ? undefined : writing.lookup.identifier?.(system, place);
  if (site !== undefined)
    return {
      value,
      authority: [site.assigner, site.universalId, site.universalIdType],
      type: site.type ?? code,
    };
  const known = system === undefined ? undefined : knownIdentifiers.get(system);
  if (known !== undefined) return { value, authority: [display ?? known.assigner], type: known.type };
  const [id, type] = system === undefined ? [] : universal(system);
  return { value, authority: [display, id, type], type: code };
}

/** Identifier as CX: `203713^^^EPI^MR`. */
export function cx(writing: Writing, given: Given, place: string): Components | undefined {
  const parts = identifierParts(writing, given, place);
  if (parts === undefined) return undefined;
  const period = given.child('period');
  return [
    parts.value,
    undefined,
    undefined,
    parts.authority,
    parts.type,
    undefined,
    time(writing, period, 'start'),
    time(writing, period, 'end'),
  ];
}

/** Identifier as EI: `4711^EPIC^1.2.3^ISO`. */
export function ei(writing: Writing, given: Given | undefined, place: string): Components | undefined {
  const parts = given && identifierParts(writing, given, place);
  return parts === undefined ? undefined : [parts.value, ...parts.authority];
}

/** HumanName as XPN; FHIR's third and further given names join the second. */
export function xpn(writing: Writing, given: Given, place: string): Components | undefined {
  const parts = nameParts(writing, given, place);
  if (parts === undefined) return undefined;
  const { family, first, second, suffixes, prefix, type } = parts;
  // Up to version 2.4 a name ends before its validity.
  const late = writing.version >= 2.5;
  const period = given.child('period');
  return [
    family,
    first,
    second,
    suffixes[0],
    prefix,
    late ? suffixes[1] : suffixes.slice(1).join(' ') || undefined,
    type,
    undefined,
    undefined,
    undefined,
    undefined,
    late ? time(writing, period, 'start') : undefined,
    late ? time(writing, period, 'end') : undefined,
    late ? suffixes[2] : undefined,
  ];
}

interface NameParts {
  readonly family: Content;
  readonly first: Content;
  readonly second: Content;
  readonly suffixes: readonly string[];
  readonly prefix: Content;
  readonly type: Content;
}

function nameParts(writing: Writing, given: Given, place: string): NameParts | undefined {
  const family = said(writing, given, 'family');
  const [first, ...more] = words(writing, given, 'given');
  const suffixes = words(writing, given, 'suffix');
  const prefixes = words(writing, given, 'prefix');
  const text = said(writing, given, 'text');
  const use = given.text('use');
  const nothing = family === undefined && first === undefined && suffixes.length + prefixes.length === 0;
  if (nothing && text === undefined) return undefined;
  if (nothing)
    changed(
      writing,
      given.at('text'),
      place,
      `${given.path} has no parts: its text is written as the family name.`,
    );
  if (more.length > 1 || prefixes.length > 1 || suffixes.length > 3)
    changed(
      writing,
      given.path,
      place,
      `${given.path} has more parts than ${place} has components: some are joined by a blank.`,
    );
  return {
    family: nothing ? text : family,
    first,
    second: more.join(' ') || undefined,
    suffixes:
      suffixes.length > 3 ? [suffixes[0] ?? '', suffixes[1] ?? '', suffixes.slice(2).join(' ')] : suffixes,
    prefix: prefixes.join(' ') || undefined,
    type: use === undefined ? undefined : nameTypes.get(use),
  };
}

const words = (writing: Writing, given: Given, name: string): string[] =>
  given.texts(name).map((each) => writable(writing, each, given.at(name)));

/** Address as XAD: street, other, city, state, zip, country, type, county; period from version 2.5 on. */
export function xad(writing: Writing, given: Given, place: string): Components | undefined {
  const text = said(writing, given, 'text');
  const lines = words(writing, given, 'line');
  const use = given.text('use');
  const kind = given.text('type');
  const parts = ['city', 'state', 'postalCode', 'country', 'district'].map((name) =>
    said(writing, given, name),
  );
  if (lines.length === 0 && parts.every((part) => part === undefined)) {
    if (text === undefined) return undefined;
    lines.push(text);
    changed(
      writing,
      given.at('text'),
      place,
      `${given.path} has no parts: its text is written as the street.`,
    );
  }
  const [street, other, ...further] = lines;
  const [city, state, zip, country, county] = parts;
  const late = writing.version >= 2.7;
  if (further.length > 1 || (further.length === 1 && !late))
    changed(
      writing,
      given.at('line'),
      place,
      `${given.path} has more lines than ${place} has components: some are joined by a comma.`,
    );
  const period = given.child('period');
  const type = addressTypes.get(use ?? '') ?? (kind === 'postal' ? 'M' : undefined);
  return [
    [street],
    late ? other : [other, ...further].filter((line) => line !== undefined).join(', ') || undefined,
    city,
    state,
    zip,
    country,
    type,
    undefined,
    county,
    undefined,
    undefined,
    undefined,
    ...(writing.version >= 2.5
      ? [time(writing, period, 'start'), time(writing, period, 'end')]
      : [undefined, undefined]),
    undefined,
    undefined,
    undefined,
    undefined,
    late ? further.join(', ') || undefined : undefined,
  ];
}

/** ContactPoint as XTN: `(217)555-0199^PRN^PH`, `^NET^Internet^a@example.org`; the number in XTN.12 from 2.7 on. */
export function xtn(writing: Writing, given: Given): Components | undefined {
  const value = said(writing, given, 'value');
  if (value === undefined) return undefined;
  const system = given.text('system') ?? 'phone';
  const use = given.text('use');
  const late = writing.version >= 2.7;
  const period = given.child('period');
  const rest: Content[] = late
    ? [
        time(writing, period, 'start'),
        time(writing, period, 'end'),
        undefined,
        undefined,
        undefined,
        said(writing, given, 'rank'),
      ]
    : [];
  const gap = (count: number): undefined[] => Array.from({ length: count }, () => undefined);
  const kind = use === undefined ? undefined : telecomUses.get(use);
  if (system === 'email') return [undefined, kind ?? 'NET', 'Internet', value, ...gap(8), ...rest];
  const equipment = use === 'mobile' && system === 'phone' ? 'CP' : telecomEquipment.get(system);
  if (equipment === undefined || system === 'sms')
    changed(
      writing,
      given.at('system'),
      'XTN.3',
      `${given.at('system')} has no code of its own in HL7 table 0202.`,
    );
  return late ? [undefined, kind, equipment, ...gap(8), value, ...rest] : [value, kind, equipment];
}

/** CodeableConcept as CWE: two codings, and the text. Fields are CE, of six components, before version 2.6; OBX-5 may be CWE from 2.5 on. */
export function cwe(writing: Writing, given: Given | undefined, place: string): Components | undefined {
  if (given === undefined) return undefined;
  const [first, second, ...further] = given.all('coding');
  const text = said(writing, given, 'text');
  const main = first && codingParts(writing, first, place);
  const other = second && codingParts(writing, second, place);
  for (const each of further) lost(writing, each, 'code', `${place} holds two codings`);
  if (main === undefined && other === undefined) return text === undefined ? undefined : [undefined, text];
  const [code, display, system, version] = main ?? [];
  const own = text !== undefined && text !== display;
  const late = writing.version >= (place === 'OBX-5' ? 2.5 : 2.6);
  if (!late)
    for (const each of [first, second])
      if (each !== undefined) lost(writing, each, 'version', `${place} holds no version before version 2.6`);
  if (own && !late && display !== undefined)
    lost(writing, given, 'text', `${place} holds the display alone before version 2.6`);
  return [
    code,
    display ?? (own && !late ? text : undefined),
    system,
    ...(other === undefined ? [undefined, undefined, undefined] : other.slice(0, 3)),
    ...(late ? [version, other?.[3], own ? text : undefined] : []),
  ];
}

/** Code, text, system and version of a coding: the site's own first. */
export function codingParts(writing: Writing, given: Given, place: string): readonly Content[] | undefined {
  const code = said(writing, given, 'code');
  const display = said(writing, given, 'display');
  const system = given.text('system');
  const version = said(writing, given, 'version');
  given.take('userSelected');
  if (code === undefined && display === undefined) return undefined;
  const site = writing.lookup.code?.(place, plain(system, code, display));
  if (site !== undefined) return [site.code, site.text ?? display, site.system, undefined];
  if (system === undefined) return [code, display, undefined, version];
  const name = systemName(system);
  if (name === undefined)
    note(writing, {
      code: 'unmapped-code',
      severity: 'warning',
      path: given.path,
      place,
      text: `${given.path} is of a system that HL7 table 0396 does not name; its code is written as a local one (L).`,
      fix: `Give the site's code for it in the lookup of ${place}.`,
    });
  return [code, display, name ?? 'L', version];
}

export const plain = (system: string | undefined, code: string | undefined, display?: string): Coding => ({
  ...(system === undefined ? {} : { system }),
  ...(code === undefined ? {} : { code }),
  ...(display === undefined ? {} : { display }),
});

/** One code of a table: the site's own, else the map's; with a finding when neither has it. */
export function codeOf(
  writing: Writing,
  given: Given,
  name: string,
  place: string,
  table: ReadonlyMap<string, string>,
): string | undefined {
  const code = given.text(name);
  if (code === undefined) return undefined;
  const written = writing.lookup.code?.(place, { code })?.code ?? table.get(code);
  if (written === undefined)
    note(writing, {
      code: 'unmapped-code',
      severity: 'warning',
      path: given.at(name),
      place,
      text: `${given.at(name)} has no code in the HL7 table of ${place}; the field stays empty.`,
      fix: `Give the site's code for it in the lookup of ${place}.`,
    });
  return written;
}
