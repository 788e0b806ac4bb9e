/**
 * Database Reader and Database Writer. There is no connector for databases: the SQL is kept beside the project as it stands,
 * and the flow is made for what can be done today: rows come by a webhook, and what is to be written goes to one.
 */
import { child, isTrue, textAt } from '../xml/element.ts';
import type { Connector } from './export.ts';
import { calledInstead, type DestinationMade, type Making, type SourceMade, standIn } from './made.ts';
import { pollingText } from './polling.ts';
import { LEFT_OUT } from './secrets.ts';
import { columnsOf, variablesOf } from './sql.ts';
import type { Place } from './work.ts';

/** Where it stood, as remarks of SQL, before the text as it stands in the export. */
function kept(connector: Connector, place: Place, what: string, text: string): string {
  const { properties } = connector;
  const driver = textAt(properties, 'driver') || 'not named';
  const remark = (words: string): string => `-- ${words.replace(/\s+/g, ' ')}`;
  return [
    remark(`Channel "${place.channel}", ${place.part}: ${what}`),
    remark(`${place.file}:${child(properties, what)?.textLine ?? connector.line}, driver ${driver}`),
    text.replace(/\r\n?/g, '\n'),
  ].join('\n');
}

const script = (connector: Connector, place: Place, what: string, text: string): string =>
  kept(connector, place, what, text).replace(/^--/gm, '//');

/** It is kept as it stands, without what was a secret in it. */
function tellSecrets(text: string, file: string, line: number, place: Place): void {
  if (text.includes(LEFT_OUT))
    place.toDo(
      line,
      `a secret stood in it; ${file} has ${LEFT_OUT} there`,
      'Let who runs it have the secret by other means.',
    );
}

export function databaseReader(
  connector: Connector,
  place: Place,
  { leave, name, site }: Making,
): SourceMade {
  const { properties, line } = connector;
  const isScript = isTrue(properties, 'useScript');
  // Tools that write exports have called it query, as in a writer.
  const select = (child(properties, 'select') ?? child(properties, 'query'))?.text ?? '';
  const update = child(properties, 'update')?.text ?? '';
  // 1: never, 2: once behind all rows, 3: behind each row.
  const mode = textAt(properties, 'updateMode') || '1';
  const write = isScript ? script : kept;
  const folder = isScript ? 'scripts' : 'sql';
  const file = leave(folder, 'reader', write(connector, place, 'select', select));
  const after =
    mode === '1' || update.trim() === ''
      ? undefined
      : leave(folder, 'reader after', write(connector, place, 'update', update));
  tellSecrets(select, file, line, place);
  if (after !== undefined) tellSecrets(update, after, line, place);
  const columns = isScript ? [] : columnsOf(select);
  const together = isTrue(properties, 'aggregateResults');
  const sample = columns
    .slice(0, 3)
    .map((column) => `"${column}": …`)
    .join(', ');
  const row = `{ ${sample === '' ? '"<column>": …' : sample}${columns.length > 3 ? ', …' : ''} }`;
  const then =
    after === undefined
      ? ''
      : mode === '2'
        ? ` Then run ${after}, once behind all rows.`
        : ` Run ${after} for each row that was answered with 202.`;
  place.toDo(
    line,
    `Suture has no connector for Database Reader: its ${isScript ? 'script' : 'SQL'} is in ${file}${columns.length === 0 ? '' : ` and reads ${columns.join(', ')}`}`,
    `Let a job beside the database run it ${pollingText(connector)}, and post ${together ? `all rows as one list, [${row}]` : `each row as JSON, ${row}`}, to /hooks/${site}/${name}, signed with the connection’s secret.${then} Or let it write the rows as lines of JSON, and make the connection one of files (take.format: ndjson).`,
  );
  return { connection: calledInstead, trigger: 'webhook', row: together ? 'results' : 'result' };
}

export function databaseWriter(connector: Connector, place: Place, { leave, name }: Making): DestinationMade {
  const { properties, line } = connector;
  const isScript = isTrue(properties, 'useScript');
  const query = child(properties, 'query')?.text ?? '';
  const write = isScript ? script : kept;
  const file = leave(isScript ? 'scripts' : 'sql', connector.name, write(connector, place, 'query', query));
  tellSecrets(query, file, line, place);
  const { fields, others } = isScript ? { fields: [], others: [] } : variablesOf(query);
  place.toDo(
    line,
    `Suture has no connector for Database Writer: its ${isScript ? 'script' : 'SQL'} is in ${file}${fields.length === 0 ? '' : ` and writes ${fields.join(', ')}`}`,
    `Let the application run it for each call, with ${fields.length === 0 ? 'what is in the body' : 'the body’s fields in the place of its variables'}; put its address into the connection ${name}, then move the flow to flows/.`,
  );
  if (others.length > 0)
    place.toDo(line, `its SQL computes values (${others.join(', ')})`, 'Let the application compute them.');
  return {
    connection: standIn(name),
    kind: 'unknown',
    do: 'send',
    template: '',
    takes: 'anything',
    ...(fields.length === 0 ? {} : { fields }),
  };
}
