/** File Reader and File Writer as file connections: what is taken, how often, where it goes then; what is written, and its name. */
import { child, isTrue, textAt } from '../xml/element.ts';
import { delimitedOf } from './delimited.ts';
import type { Connector } from './export.ts';
import { matchOf, nameOf } from './file-names.ts';
import { placeOfFiles } from './file-place.ts';
import type { DestinationMade, Making, SourceMade } from './made.ts';
import { durationText, everyOf } from './polling.ts';
import type { Place } from './work.ts';

const FORMATS: Readonly<Record<string, 'hl7' | 'text'>> = {
  HL7V2: 'hl7',
  XML: 'text',
  HL7V3: 'text',
  JSON: 'text',
  RAW: 'text',
  DELIMITED: 'text',
};

const ENCODINGS: Readonly<Record<string, string>> = {
  'WINDOWS-1252': 'windows-1252',
  'ISO-8859-1': 'iso-8859-1',
};

/** A folder below another, as the record names it. */
function below(folder: string, path: string): string | undefined {
  const root = folder.replace(/[\\/]+$/, '').replaceAll('\\', '/');
  const plain = path.replaceAll('\\', '/').replace(/\/+$/, '');
  if (!plain.startsWith(`${root}/`)) return undefined;
  const rest = plain.slice(root.length + 1);
  return /^[\w .-]+(?:\/[\w .-]+)*$/.test(rest) && !rest.split('/').includes('..') ? rest : undefined;
}

/** Where what was read goes, and what could not be. */
function aside(
  { properties, line }: Connector,
  folder: string,
  place: Place,
): Readonly<Record<string, string>> {
  const action = textAt(properties, 'afterProcessingAction') || 'NONE';
  const fields: Record<string, string> = {};
  if (action === 'DELETE') fields.after = 'delete';
  else if (action === 'MOVE') {
    const archive = below(folder, textAt(properties, 'moveToDirectory'));
    if (archive !== undefined && archive !== 'quarantine') fields.archive = archive;
    else
      place.lookAt(
        line,
        `files that were read are moved to ${textAt(properties, 'moveToDirectory') || 'another folder'}`,
        'Suture moves them to a folder below the one that they came in: archive, or another in take.archive.',
      );
    if (!/^(\$!?\{originalFilename\})?$/.test(textAt(properties, 'moveToFileName')))
      place.lookAt(line, 'files that were read get another name', 'Suture keeps their names.');
  } else
    place.lookAt(
      line,
      'files stay where they are when they were read',
      'Suture moves them to the folder archive below; each is read once by its content.',
    );
  if (/^(MOVE)$/.test(textAt(properties, 'errorReadingAction'))) {
    const quarantine = below(folder, textAt(properties, 'errorMoveToDirectory'));
    if (quarantine !== undefined && quarantine !== fields.archive && quarantine !== 'archive')
      fields.quarantine = quarantine;
  }
  return fields;
}

export function fileReader(connector: Connector, place: Place, making: Making): SourceMade {
  const { properties, line, transformer } = connector;
  const where = placeOfFiles(connector, place, making);
  let unready = where.unready;
  const wanted = textAt(properties, 'fileFilter') || '*';
  const names = matchOf(wanted, isTrue(properties, 'regex'));
  if (names === undefined) {
    unready = true;
    place.toDo(
      line,
      `names are chosen by a pattern or a list: ${wanted}`,
      'Give take.match, where * stands for any letters; for several patterns add a connection for each.',
    );
  } else if (names.wider)
    place.lookAt(
      line,
      `names are chosen by a pattern: ${wanted}`,
      `Suture takes ${names.match}, where * stands for any letters: look that no other files lie there.`,
    );
  if (isTrue(properties, 'directoryRecursion'))
    place.lookAt(line, 'it reads folders below, too', 'Suture reads one folder; add a connection for each.');
  if (isTrue(properties, 'binary')) {
    unready = true;
    place.toDo(
      line,
      'it reads binary files',
      'Suture takes text: HL7, CSV, NDJSON; have the content sent another way.',
    );
  }
  if (!/^(date|)$/i.test(textAt(properties, 'sortBy')))
    place.lookAt(
      line,
      `files are taken by ${textAt(properties, 'sortBy')}`,
      'Suture takes the oldest first.',
    );
  const charset = textAt(properties, 'charsetEncoding').toUpperCase();
  const encoding = ENCODINGS[charset];
  if (encoding === undefined && !/^(DEFAULT_ENCODING|UTF-8|US-ASCII|)$/.test(charset)) {
    unready = true;
    place.toDo(
      line,
      `files are written as ${charset}`,
      'Have them written as UTF-8; windows-1252 and ISO-8859-1 are read, too.',
    );
  }
  const every = everyOf(connector, place);
  const age = Number(textAt(properties, 'fileAge'));
  const most = Number(textAt(properties, 'fileSizeMaximum'));
  const isSplit = isTrue(properties, 'sourceConnectorProperties', 'processBatch');
  const rows = transformer.inbound.name === 'DELIMITED' && isSplit;
  const format = rows ? 'csv' : FORMATS[transformer.inbound.name];
  if (format === undefined) {
    unready = true;
    place.toDo(
      line,
      `it reads ${transformer.inbound.name} files`,
      'Read what the text says in a code step, or have the application do it; the connection gives the whole file.',
    );
  } else if (isSplit && format === 'text') {
    unready = true;
    place.toDo(
      line,
      `files are split into messages (${splitOf(connector)})`,
      'Have one message a file, or lines of JSON (take.format: ndjson); the connection gives the whole file.',
    );
  } else if (format === 'text')
    place.lookAt(
      line,
      'the whole file is one message',
      'One above 1 MB is kept as rejected; give take.maxRecord where larger ones come.',
    );
  const columns = rows ? columnsOf(connector, place) : undefined;
  if (columns?.unready) unready = true;
  return {
    connection: {
      connector: 'file',
      ...where.fields,
      take: {
        match: names?.match ?? '*',
        format: format ?? 'text',
        ...(columns?.fields ?? {}),
        ...(every === undefined ? {} : { every }),
        ...(textAt(properties, 'checkFileAge') !== 'false' && age > 1_000 && Number.isFinite(age)
          ? { stable: durationText(Math.round(age / 1_000)) }
          : {}),
        ...(encoding === undefined ? {} : { encoding }),
        ...(textAt(properties, 'ignoreFileSizeMaximum') === 'false' && most > 0 && Number.isInteger(most)
          ? { maxFile: most }
          : {}),
        ...aside(connector, where.folder, place),
      },
    },
    trigger: format === 'hl7' ? 'hl7' : 'file',
    ...(rows ? { row: 'row' as const } : {}),
    unready,
  };
}

const splitOf = ({ transformer }: Connector): string =>
  textAt(child(transformer.inbound.properties, 'batchProperties'), 'splitType') || 'batch';

/** Rows of a file as records: how many columns they have must be known. */
function columnsOf(
  { transformer, line }: Connector,
  place: Place,
): { readonly fields: Readonly<Record<string, unknown>>; readonly unready: boolean } {
  const { properties } = transformer.inbound;
  const { delimiter, columns } = delimitedOf(properties);
  const batch = child(properties, 'batchProperties');
  const split = textAt(batch, 'splitType') || 'Record';
  const skipped = Number(textAt(batch, 'batchSkipRecords') || '0');
  let unready = false;
  if (split !== 'Record') {
    unready = true;
    place.toDo(
      line,
      `rows are put together (${split})`,
      'Each row is a message here; put them together at the application.',
    );
  }
  if (delimiter.length !== 1) {
    unready = true;
    place.toDo(line, `columns are separated by "${delimiter}"`, 'Give take.delimiter: one character.');
  }
  const first =
    skipped === 0 ? 'names of its columns are not in the export' : `its first ${skipped} lines are skipped`;
  if (columns.length === 0 || skipped > 0) {
    unready = true;
    place.toDo(
      line,
      first,
      skipped === 1
        ? 'The file’s first line names the columns here: give take.columns, or name fields in the flow as that line does.'
        : 'Give take.columns, all of them; a row with another number of fields is kept as rejected.',
    );
  }
  const separator = delimiter === '\t' ? 'tab' : delimiter;
  return {
    fields: {
      ...(separator === ',' || separator.length !== 1
        ? separator === 'tab'
          ? { delimiter: 'tab' }
          : {}
        : { delimiter: separator }),
      ...(columns.length > 0 && skipped === 0 ? { columns } : {}),
    },
    unready,
  };
}

// ---------------------------------------------------------------- writing

export function fileWriter(connector: Connector, place: Place, making: Making): DestinationMade {
  const { properties, line } = connector;
  const where = placeOfFiles(connector, place, making);
  let unready = where.unready;
  const pattern = textAt(properties, 'outputPattern');
  if (isTrue(properties, 'outputAppend')) {
    unready = true;
    place.toDo(
      line,
      'it appends to a file',
      'Suture writes a file for each message, whole or not at all; let whoever reads the one file put them together.',
    );
  }
  if (isTrue(properties, 'binary')) {
    unready = true;
    place.toDo(line, 'it writes binary files', 'Suture writes text; send the content to the application.');
  }
  const charset = textAt(properties, 'charsetEncoding').toUpperCase();
  if (!/^(DEFAULT_ENCODING|UTF-8|US-ASCII|)$/.test(charset))
    place.lookAt(line, `files are written as ${charset}`, 'Suture writes UTF-8.');
  const folders = pattern.includes('/') ? pattern.slice(0, pattern.lastIndexOf('/')) : '';
  const isPlainFolder = /^[\w.-]+(?:\/[\w.-]+)*$/.test(folders) && !folders.split('/').includes('..');
  const name = nameOf(pattern);
  place.lookAt(
    line,
    `files are named ${pattern || '(nothing)'}`,
    `Suture names them ${name}: a name holds nothing of a message, and a second attempt writes the same file; see put.name.`,
  );
  return {
    connection: {
      connector: 'file',
      ...where.fields,
      put: { ...(isPlainFolder ? { to: folders } : {}), name },
    },
    kind: 'send',
    do: 'send',
    template: child(properties, 'template')?.text ?? '',
    takes: 'anything',
    unready,
  };
}
