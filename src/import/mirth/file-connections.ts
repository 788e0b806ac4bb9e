/** File Reader and File Writer as file connections: folders of this machine; what is on servers needs their host keys first. */
import { isTrue, textAt } from '../xml/element.ts';
import type { ConnectionRecord } from './connections.ts';
import type { Connector } from './export.ts';
import type { Place } from './work.ts';

/** The folder, when it is one of this machine. */
function folderOf({ properties, line }: Connector, place: Place): string | undefined {
  const scheme = textAt(properties, 'scheme') || 'FILE';
  const folder = textAt(properties, 'host');
  if (scheme === 'SFTP') {
    place.toDo(
      line,
      'files are on an SFTP server, whose host key an export does not hold',
      'Add a file connection with sftp: host, user, secret and hostKey, then move the flow to flows/.',
    );
    return undefined;
  }
  if (scheme !== 'FILE') {
    place.toDo(line, `files are reached by ${scheme}`, 'Have them on SFTP or in a folder of this machine.');
    return undefined;
  }
  if (!/^(?:\/|[A-Za-z]:[\\/])[^$]*$/.test(folder)) {
    place.toDo(
      line,
      'its folder is not absolute, or made of variables',
      'Name the folder in a file connection.',
    );
    return undefined;
  }
  return folder;
}

export function fileReader(connector: Connector, place: Place): ConnectionRecord | undefined {
  const { properties, line, transformer } = connector;
  const folder = folderOf(connector, place);
  if (folder === undefined) return undefined;
  if (transformer.inbound.name !== 'HL7V2') {
    place.toDo(
      line,
      `it reads ${transformer.inbound.name} files`,
      'Add a file connection with the format (csv, ndjson, text), and let the flow start on `file`.',
    );
    return undefined;
  }
  const match = textAt(properties, 'fileFilter') || '*';
  if (isTrue(properties, 'regex') || match.includes(',')) {
    place.toDo(
      line,
      'names are chosen by a pattern or a list',
      'Give match, where * stands for any letters.',
    );
    return undefined;
  }
  if (isTrue(properties, 'directoryRecursion'))
    place.lookAt(line, 'it reads folders below, too', 'Suture reads one folder; add a connection for each.');
  const action = textAt(properties, 'afterProcessingAction');
  if (action !== 'DELETE')
    place.lookAt(
      line,
      action === 'MOVE'
        ? 'files are moved when they were read'
        : 'files stay where they are when they were read',
      'Suture moves them to the folder archive below; each is read once by its content.',
    );
  const every = Number(textAt(properties, 'pollConnectorProperties', 'pollingFrequency'));
  return {
    connector: 'file',
    folder,
    take: {
      match,
      format: 'hl7',
      ...(every >= 1_000 && Number.isFinite(every) ? { every: `${Math.round(every / 1_000)}s` } : {}),
      ...(action === 'DELETE' ? { after: 'delete' } : {}),
    },
  };
}

export function fileWriter(connector: Connector, place: Place): ConnectionRecord | undefined {
  const { properties, line } = connector;
  const folder = folderOf(connector, place);
  if (folder === undefined) return undefined;
  if (isTrue(properties, 'outputAppend')) {
    place.toDo(line, 'it appends to a file', 'Suture writes a file for each message, whole or not at all.');
    return undefined;
  }
  place.lookAt(
    line,
    `files are named ${textAt(properties, 'outputPattern') || '(nothing)'}`,
    'Suture names each by flow, delivery and step, so that a second attempt writes the same file; see put.name.',
  );
  return { connector: 'file', folder, put: {} };
}
