/** What in one record cannot be, though each field by itself may: names of what is not there, days in the wrong order. */
import { nearest } from '../std/index.ts';
import { learningFaults } from './learning.ts';
import type { Path } from './read/layer.ts';
import type { SiteRecord } from './record.ts';

export interface RecordFault {
  readonly path: Path;
  readonly reason: string;
  readonly fix: string;
}

export function recordFaults(record: SiteRecord): readonly RecordFault[] {
  const faults: RecordFault[] = [];
  const connections = Object.keys(record.connections);
  const people = Object.keys(record.people ?? {});
  const named = (name: string, path: Path, known: readonly string[], what: string): void => {
    if (known.includes(name)) return;
    const near = nearest(name, known);
    faults.push({
      path,
      reason: `${path.map(String).join('.')} names the ${what} "${name}", which this site does not have`,
      fix:
        near === undefined || known.length < 4
          ? `use one of: ${known.join(', ') || '(none yet)'}`
          : `did you mean "${near}"?`,
    });
  };
  const connection = (name: string, path: Path): void => named(name, path, connections, 'connection');
  const person = (name: string | undefined, path: Path): void => {
    if (name !== undefined) named(name, path, people, 'person');
  };

  for (const name of record.roster.from) {
    if (!connections.includes(name))
      faults.push({
        path: ['roster', 'from'],
        reason: `roster.from names the connection "${name}", which this site does not have`,
        fix: `use one of: ${connections.join(', ') || '(none yet)'}`,
      });
  }
  faults.push(...learningFaults(record));
  for (const part of ['sends', 'accepts', 'profiles'] as const) {
    for (const name of Object.keys(record.hl7?.[part] ?? {})) connection(name, ['hl7', part, name]);
  }
  faults.push(...idTypeFaults(record));
  person(record.owners?.site, ['owners', 'site']);
  for (const [name, owner] of Object.entries(record.owners?.connections ?? {})) {
    connection(name, ['owners', 'connections', name]);
    person(owner, ['owners', 'connections', name]);
  }
  for (const [flow, owner] of Object.entries(record.owners?.flows ?? {}))
    person(owner, ['owners', 'flows', flow]);
  for (const [name, opening] of Object.entries(record.network?.openings ?? {})) {
    if (opening.connection !== undefined)
      connection(opening.connection, ['network', 'openings', name, 'connection']);
  }
  person(record.network?.vpn?.contact, ['network', 'vpn', 'contact']);
  for (const [name, { connections: down }] of Object.entries(record.calendar?.maintenance ?? {})) {
    down?.forEach((each, at) => {
      connection(each, ['calendar', 'maintenance', name, 'connections', at]);
    });
  }
  for (const [name, { given, expires }] of Object.entries(record.agreements ?? {})) {
    if (given !== undefined && expires !== undefined && expires < given)
      faults.push({
        path: ['agreements', name, 'expires'],
        reason: `agreements.${name} ends before it begins`,
        fix: 'correct one of the two days',
      });
  }
  return faults;
}

/** What a type of id in HL7 stands for must be an id system of the record. */
function idTypeFaults(record: SiteRecord): RecordFault[] {
  const known = ['mrn', 'csn', ...Object.keys(record.identifiers.others ?? {})];
  return Object.entries(record.hl7?.profiles ?? {}).flatMap(([connection, { idTypes }]) =>
    Object.entries(idTypes ?? {}).flatMap(([type, name]): RecordFault[] =>
      known.includes(name)
        ? []
        : [
            {
              path: ['hl7', 'profiles', connection, 'idTypes', type],
              reason: `hl7.profiles.${connection}: ids of type ${type} are "${name}", which stands nowhere under identifiers`,
              fix: `use one of: ${known.join(', ')}; or add it to identifiers.others`,
            },
          ],
    ),
  );
}
