/**
 * Practitioner master files (MFN M02): STF as a Practitioner, PRA and ORG as the roles. The guide has no maps of these
 * segments yet; the rows are this product's, by chapter 15 of the standard and the R4 resources.
 */
import { type Assembly, add, draftOf, push, refer } from '../assembly.ts';
import { codeBy, concept, toConcept } from '../datatypes/cwe.ts';
import { toIdentifier, toPractitionerNumber } from '../datatypes/cx.ts';
import { toAddress } from '../datatypes/xad.ts';
import { namedOrganization } from '../datatypes/xon.ts';
import { toName } from '../datatypes/xpn.ts';
import { toContactPoint } from '../datatypes/xtn.ts';
import type { Line } from '../line.ts';
import { dateOf, dateTime, element, present } from '../reading.ts';
import { apply, row, rows, segmentMap, used } from '../rows.ts';

const stfMap = segmentMap(
  'STF[Practitioner]',
  row(2, 'identifier[]', toIdentifier),
  row(7, 'active', (field) => (field.get(1) === 'I' ? false : field.get(1) === 'A' ? true : undefined)),
  row(3, 'name[]', toName),
  row(10, 'telecom[]', toContactPoint()),
  row(15, 'telecom[]', (field) => {
    const value = field.text.trim();
    return value.includes('@') ? { system: 'email', value } : undefined;
  }),
  row(5, 'gender', (field, reading) => {
    const code = field.get(1);
    return code === undefined ? undefined : codeBy(reading, field.place, code, 'AdministrativeSex');
  }),
  row(6, 'birthDate', (field, reading) => dateOf(reading, field.place, field.get(1))),
  row(11, 'address[]', toAddress),
  row(27, 'communication[]', toConcept()),
  used(1, 4, 8, 9, 12, 13, 18),
);

/** STF: whom an entry is about. MFE says what is done with it: a deletion or deactivation ends the person's activity. */
export function stfHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const draft = draftOf('Practitioner');
  apply(stfMap, draft, line, reading);
  const key = line.first(1);
  if (draft.identifier === undefined && key !== undefined)
    draft.identifier = [
      element({
        value: key.get(1),
        assigner: key.get(3) === undefined ? undefined : { display: key.get(3) },
      }),
    ];
  const event = lastEvent(assembly);
  if (event === 'MDL' || event === 'MDC') draft.active = false;
  const [first] = (draft.identifier ?? []) as {
    system?: string;
    value?: string;
    assigner?: { display?: string };
  }[];
  assembly.staff = add(
    assembly,
    draft,
    ...(first === undefined
      ? [...assembly.messageKey, line.segment.path]
      : [first.system ?? first.assigner?.display ?? '', first.value ?? '']),
  );
  assembly.commented = draft;
  const department = concept(reading, line.first(8));
  const title = line.value(18) ?? line.first(18)?.text;
  const service = concept(reading, line.first(9));
  if (department === undefined && title === undefined && service === undefined) return;
  role(assembly, {
    code: present(title === undefined ? undefined : { text: title }),
    specialty: present(service),
    organization: department === undefined ? undefined : departmentOf(assembly, line),
    period: periodOf(assembly, line),
  });
}

function departmentOf(assembly: Assembly, line: Line): unknown {
  const field = line.first(8);
  const name = field?.get(2) ?? field?.get(1);
  return name === undefined ? undefined : namedOrganization(assembly.reading, name);
}

/** STF-12 and 13: since when, and until when, by institution. */
function periodOf(assembly: Assembly, line: Line): unknown {
  const start = dateTime(assembly.reading, 'STF-12', line.first(12)?.get(1));
  const end = dateTime(assembly.reading, 'STF-13', line.first(13)?.get(1));
  return start === undefined && end === undefined ? undefined : element({ start, end });
}

const lastEvents = new WeakMap<Assembly, string>();
const lastEvent = (assembly: Assembly): string | undefined => lastEvents.get(assembly);

segmentMap('MFE[Practitioner]', used(1, 2, 3, 4, 5));
segmentMap('MFI[MessageHeader]', used(1, 2, 3, 4, 5, 6));
export function mfeHandler(assembly: Assembly, line: Line): void {
  lastEvents.set(assembly, line.value(1) ?? '');
  assembly.staff = undefined;
}

function role(assembly: Assembly, parts: Readonly<Record<string, unknown>>): void {
  const { staff } = assembly;
  if (staff === undefined) return;
  add(
    assembly,
    draftOf('PractitionerRole', { practitioner: refer(staff), ...element(parts) }),
    staff.id as string,
    JSON.stringify(parts),
  );
}

const praMap = segmentMap(
  'PRA[Practitioner]',
  row(6, 'identifier[]', toPractitionerNumber),
  rows([5], ['qualification'], (draft, line, reading) => {
    for (const field of line.fields(5)) {
      const text = field.get(1);
      if (text === undefined) continue;
      const issuer = field.get(2);
      const at = dateTime(reading, 'PRA-5', field.get(4));
      push(
        draft,
        'qualification',
        element({
          code: { text },
          period: at === undefined ? undefined : { start: at },
          issuer: issuer === undefined ? undefined : { display: issuer },
        }),
      );
    }
  }),
  used(1, 2, 3, 4),
);

export function praHandler(assembly: Assembly, line: Line): void {
  const { staff, reading } = assembly;
  if (staff === undefined) return;
  apply(praMap, staff, line, reading);
  const category = concept(reading, line.first(3));
  const group = line.first(2);
  const name = group?.get(2) ?? group?.get(1);
  if (category === undefined && name === undefined) return;
  role(assembly, {
    code: present(category),
    organization: name === undefined ? undefined : namedOrganization(reading, name),
  });
}

segmentMap('ORG[PractitionerRole]', used(1, 2, 3, 4, 5, 6, 7));
/** ORG: an organization that the person works for, since when and until when. */
export function orgHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const field = line.first(2);
  const name = field?.get(2) ?? field?.get(1);
  const organization = name === undefined ? undefined : namedOrganization(reading, name);
  const classification = concept(reading, line.first(3));
  const start = dateTime(reading, 'ORG-6', line.value(6));
  const end = dateTime(reading, 'ORG-7', line.value(7));
  if (organization === undefined && classification === undefined) return;
  role(assembly, {
    code: present(classification),
    organization,
    period: start === undefined && end === undefined ? undefined : element({ start, end }),
  });
}
