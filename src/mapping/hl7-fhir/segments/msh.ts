/** MSH, SFT and EVN: the message itself, and who sent it. */
import { type Assembly, absent, addAs, addOfMessage, draftOf, refer } from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { blanksOnce, toConcept } from '../datatypes/cwe.ts';
import { device, organization, site, universalUri } from '../datatypes/hd.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { organizationOf, toOrganizationName } from '../datatypes/xon.ts';
import { stableId } from '../ids.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateTime, element, instant, keep, note, type Reading, trace } from '../reading.ts';
import { apply, constant, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, provenanceParticipant, v2Table } from '../tables.ts';

/** HD[MessageHeader.source-endpoint]: a registered universal id as a URI. */
const endpoint = (field: Field | undefined): string | undefined => {
  const id = field?.get(2);
  const type = field?.get(3);
  if (id === undefined || type === undefined || /\s/.test(id)) return undefined;
  return universalUri(id, type) ?? (type === 'DNS' ? `urn:dns:${id}` : undefined);
};

const header = segmentMap(
  'MSH[MessageHeader]',
  rows([9], ['eventCoding'], (draft, line) => {
    const field = line.first(9);
    const display = [field?.get(1), field?.get(2), field?.get(3)].filter(Boolean).join('^');
    const code = field?.get(2) ?? field?.get(1);
    draft.eventCoding = element({
      system: v2Table('0003') as string,
      code: code && blanksOnce(code),
      display: display || undefined,
    });
  }),
  rows([3, 24], ['source', 'source.endpoint'], (draft, line) => {
    const application = line.first(3);
    const uri = endpoint(line.first(24)) ?? endpoint(application);
    draft.source = {
      ...element({ name: application?.get(1), software: application?.get(2) }),
      // R4 demands an endpoint; the guide says so when the message gives none.
      ...(uri === undefined ? { _endpoint: absent } : { endpoint: uri }),
    };
  }),
  rows([4, 17], ['sender', 'sender.address.country'], (draft, line, reading) => {
    const field = line.first(4);
    const country = line.value(17);
    if (field === undefined) return;
    draft.sender = organization(reading, field, country === undefined ? {} : { address: [{ country }] });
    trace(reading, draft, 'sender', -1, line, 4, 1);
  }),
  rows([5, 6, 23, 25], ['destination'], (draft, line, reading) => {
    const application = line.first(5);
    const facility = line.first(6);
    const responsible = line.first(23);
    if (application === undefined && facility === undefined && responsible === undefined) return;
    const uri = endpoint(line.first(25)) ?? endpoint(application);
    draft.destination = [
      {
        ...element({
          name: application?.get(1),
          target: application === undefined ? undefined : device(reading, application),
          receiver:
            responsible !== undefined
              ? organizationOf(reading, responsible)
              : facility === undefined
                ? undefined
                : organization(reading, facility),
        }),
        ...(uri === undefined ? { _endpoint: absent } : { endpoint: uri }),
      },
    ];
  }),
  row(11, 'meta.tag', (field) => {
    const id = field.get(1);
    const mode = field.get(2);
    const tags = [];
    if (id !== undefined && conceptMap('ProcessingID').has(id))
      tags.push({ system: v2Table('0103'), code: id });
    if (mode !== undefined && conceptMap('ProcessingMode').has(mode))
      tags.push({ system: v2Table('0207'), code: mode });
    return tags.length === 0 ? undefined : tags;
  }),
  row(19, 'language', (field) => {
    const code = field.get(1);
    return code !== undefined && /^[a-z]{2}(-[A-Z]{2})?$/.test(code) ? code : undefined;
  }),
  row(22, 'responsible', (field, reading) => organizationOf(reading, field)),
  // What MSH says to the receiving program, not of the content.
  used(1, 2, 7, 8, 10, 12, 13, 14, 15, 16, 18, 20, 21),
);

const software = segmentMap(
  'SFT[MessageHeader]',
  row(2, 'source.version', (field) => field.get(1)),
  row(3, 'source.software', (field) => field.get(1)),
);

const softwareDevice = segmentMap(
  'SFT[Device]',
  row(1, 'manufacturer', toOrganizationName),
  row(2, 'version[]', (field) => {
    const value = field.get(1);
    return value === undefined ? undefined : { value };
  }),
  row(3, 'deviceName[]', (field) => {
    const name = field.get(1);
    return name === undefined ? undefined : { name, type: 'manufacturer-name' };
  }),
  row(4, 'modelNumber', (field) => field.get(1)),
  row(5, 'note[]', (field) => (field.text ? { text: field.text } : undefined)),
  used(6),
);

const message = (line: Line): string => line.first(9)?.text.replaceAll(line.delimiters.component, '^') ?? '';
const agent = (code: string, who: unknown) =>
  who === undefined ? undefined : { type: codeable(provenanceParticipant, code), who };

const source = segmentMap(
  'MSH[Provenance-Source]',
  rows([9], ['activity.coding.display'], (draft, line) => {
    draft.activity = { coding: [{ display: `message - ${message(line)}` }] };
  }),
  row(7, 'recorded', (field, reading) => instant(reading, field.place, field.get(1))),
  row(7, 'occurredDateTime', (field, reading) => dateTime(reading, field.place, field.get(1))),
  row(22, 'agent[]', (field, reading) => agent('author', organizationOf(reading, field))),
  row(4, 'agent[]', (field, reading) => agent('author', organization(reading, field)), {
    when: (line) => line.first(22) === undefined,
  }),
  rows([3, 24], ['entity'], (draft, line, reading) => {
    const from = line.first(3);
    if (from === undefined || line.first(24) === undefined) return;
    draft.entity = [{ role: 'source', what: device(reading, from) }];
  }),
);

const transformation = segmentMap(
  'MSH[Provenance-Transformation]',
  constant(
    'activity',
    codeable(
      'http://hl7.org/fhir/uv/v2mappings/CodeSystem/provenance-activity-type-v2-to-fhir',
      'v2-fhir-transformation',
    ),
  ),
  rows([0], ['agent', 'recorded'], nothing),
);
function nothing(): void {
  return;
}

/** EVN-5, or whom MSH names when it says nothing: MSH[Provenance-Operator]. */
const operatorMap = segmentMap(
  'MSH[Provenance-Operator]',
  rows([4, 22], ['agent.who'], (draft, line, reading) => {
    const responsible = line.first(22);
    const facility = line.first(4);
    const who =
      responsible !== undefined
        ? organizationOf(reading, responsible)
        : facility && organization(reading, facility);
    if (who !== undefined && draft.agent === undefined) draft.agent = [{ who }];
  }),
);

const eventMap = segmentMap(
  'EVN[Provenance]',
  row(2, 'recorded', (field, reading) => instant(reading, field.place, field.get(1))),
  row(4, 'reason[]', (field, reading, line) =>
    field.get(1) === 'U'
      ? {
          extension: [
            { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
          ],
        }
      : toConcept('EventReason')(field, reading, line),
  ),
  row(5, 'agent[]', (field, reading) => {
    const who = practitioner(reading, field);
    return who === undefined ? undefined : { who };
  }),
  row(6, 'occurredDateTime', (field, reading) => dateTime(reading, field.place, field.get(1))),
  row(7, 'location', (field, reading) => site(reading, field)),
  rows([0], ['activity.coding.display'], nothing),
  used(1),
);

export const bundleMap = segmentMap(
  'MSH[Bundle]',
  constant('type', 'message'),
  row(7, 'timestamp', (field, reading) => instant(reading, field.place, field.get(1))),
  row(10, 'identifier', (field) => {
    const value = field.get(1);
    return value === undefined ? undefined : { value };
  }),
);

/** MSH as MessageHeader and the provenance of the message. */
export function mshHandler(assembly: Assembly, line: Line): void {
  if (assembly.messageHeader !== undefined) return;
  const { reading } = assembly;
  const draft = draftOf('MessageHeader');
  apply(header, draft, line, reading);
  assembly.messageHeader = addOfMessage(assembly, draft);
  const from = draftOf('Provenance', { target: [refer(draft)] });
  apply(source, from, line, reading);
  // "If there is a source in MSH-4": without one the message does not say who sent it.
  if (from.recorded !== undefined && from.agent !== undefined) addOfMessage(assembly, from, 'source');
  const recorded = from.recorded;
  if (recorded === undefined) return;
  const made = draftOf('Provenance', { target: [refer(draft)], recorded });
  apply(transformation, made, line, reading);
  const suture = keep(
    reading,
    { resourceType: 'Device', deviceName: [{ name: 'Suture', type: 'model-name' }] },
    'suture',
  );
  made.agent = [agent('assembler', { reference: `Device/${suture}` })];
  addOfMessage(assembly, made, 'transformation');
}

/** A Provenance needs who and when; one of which the message says neither is not made. */
function complete(reading: Reading, draft: Draft, place: string): boolean {
  if (draft.recorded !== undefined && draft.agent !== undefined) return true;
  note(
    reading,
    'incomplete',
    place,
    `${place.slice(0, 3)} does not say who did it and when: no Provenance is made of it.`,
  );
  return false;
}

export function sftHandler(assembly: Assembly, line: Line): void {
  const { messageHeader, reading } = assembly;
  if (messageHeader === undefined) return;
  const own = messageHeader.source as Record<string, unknown>;
  delete own.software;
  apply(software, messageHeader, line, reading);
  const draft = draftOf('Device');
  apply(softwareDevice, draft, line, reading);
  addAs(
    assembly,
    draft,
    stableId(reading.site, 'Device', line.raw(1), line.raw(2), line.raw(3), `${line.occurrence}`),
  );
}

export function evnHandler(assembly: Assembly, line: Line): void {
  const { reading, messageHeader, msh } = assembly;
  if (messageHeader === undefined || msh === undefined) return;
  const draft = draftOf('Provenance', {
    target: [refer(messageHeader)],
    activity: { coding: [{ display: `event - ${assembly.family}^${assembly.trigger}` }] },
  });
  apply(eventMap, draft, line, reading);
  apply(operatorMap, draft, msh, reading);
  draft.recorded ??= instant(reading, 'MSH-7', msh.value(7));
  if (complete(reading, draft, 'EVN-5')) addOfMessage(assembly, draft, 'event');
}
