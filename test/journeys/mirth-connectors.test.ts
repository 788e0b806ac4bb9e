/** A server of Mirth with every connector, imported: the project is checked without a fault, and so is all that was parked. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadProject } from '../../src/cli/project/index.ts';
import { importMirth, readXml, writeFiles } from '../../src/import/index.ts';
import {
  type ConnectorParts,
  channelText,
  elements,
  mapper,
  poll,
} from '../../src/import/mirth/export.fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-mirth-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const listener = elements({ host: '127.0.0.1', port: 6671 });
const framed = (start: string, end: string): string =>
  elements({ pluginPointName: 'Basic', startOfMessageBytes: start, endOfMessageBytes: end });
const rows = `<serializationProperties>${elements({ columnNames: '<string>mrn</string>' })}</serializationProperties>`;

/** One of each, and those that lack what Suture must know. */
const SOURCES: readonly ConnectorParts[] = [
  { type: 'tcp.TcpReceiverProperties', fields: { listenerConnectorProperties: listener } },
  {
    type: 'tcp.TcpReceiverProperties',
    fields: { listenerConnectorProperties: listener, transmissionModeProperties: framed('', '') },
  },
  { type: 'tcp.TcpReceiverProperties', inbound: 'XML' },
  { type: 'http.HttpReceiverProperties', inbound: 'JSON' },
  { type: 'file.FileReceiverProperties', fields: { host: '/data/in', fileFilter: '*.hl7' } },
  { type: 'file.FileReceiverProperties', inbound: 'XML', fields: { host: `\${folder}`, fileFilter: '*,x' } },
  {
    type: 'file.FileReceiverProperties',
    inbound: 'DELIMITED',
    inboundProperties: rows,
    steps: mapper('mrn', "msg['row']['mrn'].toString()"),
    fields: { host: '/data/csv', sourceConnectorProperties: elements({ processBatch: true }) },
  },
  {
    type: 'file.FileReceiverProperties',
    inbound: 'DELIMITED',
    fields: { host: '/data/odd', sourceConnectorProperties: elements({ processBatch: true }) },
  },
  {
    type: 'file.FileReceiverProperties',
    fields: { scheme: 'SFTP', host: 'files.example/in', username: 'u', password: 'p' },
  },
  { type: 'file.FileReceiverProperties', fields: { scheme: 'FTP', host: 'files.example/in' } },
  {
    type: 'jdbc.DatabaseReceiverProperties',
    inbound: 'XML',
    fields: { pollConnectorProperties: poll(5_000), select: 'SELECT mrn FROM v' },
    steps: mapper('mrn', "msg['mrn'].toString()"),
  },
  {
    type: 'js.JavaScriptReceiverProperties',
    inbound: 'XML',
    fields: { pollConnectorProperties: poll(5_000), script: "return '<a/>';" },
  },
  { type: 'vm.VmReceiverProperties' },
  { type: 'jms.JmsReceiverProperties' },
  { type: 'ws.WebServiceReceiverProperties', inbound: 'XML' },
  { type: 'dimse.DICOMReceiverProperties', inbound: 'DICOM' },
  { type: 'acme.OtherReceiverProperties' },
];

const body = `\${message.encodedData}`;
const destinations = (inbound: string): readonly ConnectorParts[] =>
  (
    [
      ['tcp.TcpDispatcherProperties', { remoteAddress: '127.0.0.1', remotePort: 6672, template: body }],
      ['tcp.TcpDispatcherProperties', { remoteAddress: `\${host}`, remotePort: `\${port}`, template: body }],
      ['http.HttpDispatcherProperties', { host: 'https://app.example/x', method: 'post', content: body }],
      ['http.HttpDispatcherProperties', { host: `\${url}`, method: 'get', content: 'a' }],
      ['file.FileDispatcherProperties', { host: '/data/out', outputPattern: 'x.hl7', template: body }],
      ['file.FileDispatcherProperties', { scheme: 'SFTP', host: 'files.example', outputAppend: true }],
      [
        'smtp.SmtpDispatcherProperties',
        {
          smtpHost: 'smtp.example',
          smtpPort: 25,
          to: 'a@b.example',
          from: 'c@b.example',
          subject: 's',
          body: 't',
        },
      ],
      [
        'smtp.SmtpDispatcherProperties',
        { smtpHost: '', to: `\${to}`, from: '', subject: `\${s}`, body: `\${b}` },
      ],
      ['jdbc.DatabaseDispatcherProperties', { query: `INSERT INTO t VALUES (\${mrn})` }],
      ['js.JavaScriptDispatcherProperties', { script: 'return 1;' }],
      ['vm.VmDispatcherProperties', { channelId: 'nobody', channelTemplate: body }],
      ['jms.JmsDispatcherProperties', { template: body }],
      ['ws.WebServiceDispatcherProperties', { envelope: `\${x}` }],
      ['doc.DocumentDispatcherProperties', { template: '#if($x) x #end' }],
      ['dimse.DICOMDispatcherProperties', {}],
      ['acme.OtherDispatcherProperties', {}],
    ] as const
  ).map(([type, fields], index) => ({ name: `To ${index}`, type, fields, inbound }));

/** A quarter of them each, and all of them by turns. */
const some = (all: readonly ConnectorParts[], turn: number): readonly ConnectorParts[] =>
  all.filter((_, index) => (index + turn) % 4 === 0);

test('connectors of every kind are carried over, and what is parked is told', async () => {
  const texts = SOURCES.map((source, at) =>
    channelText({
      name: `From ${at}`,
      source,
      destinations: some(destinations(source.inbound ?? 'HL7V2'), at),
    }),
  );
  const text = `<list>${texts.join('\n')}</list>`;
  const { files, summary, work } = importMirth([{ file: 'all.xml', root: readXml(text, 'all.xml') }], {
    site: 'here',
  });
  writeFiles(folder, files);
  writeFileSync(join(folder, 'suture.config.ts'), 'export default {};\n');
  const project = await loadProject(folder, {});
  expect(project.faults).toEqual([]);
  expect([project.flows.length, summary.flows + summary.parked]).toEqual([summary.flows, 17 * 4]);
  expect(summary.flows).toBeGreaterThan(8);
  // Whatever is parked says why.
  const told = new Set(work.flatMap(({ level, channel }) => (level === 'to do' ? [channel] : [])));
  for (const { name, parked } of summary.channels) if (parked.length > 0) expect(told).toContain(name);

  for (const name of readdirSync(join(folder, 'import/flows')))
    renameSync(join(folder, 'import/flows', name), join(folder, 'flows', name));
  const record = join(folder, 'sites/here/site.yaml');
  const site = parse(readFileSync(record, 'utf8'));
  Object.assign(site.connections, parse(readFileSync(join(folder, 'import/connections.yaml'), 'utf8')));
  writeFileSync(record, stringify(site));
  const all = await loadProject(folder, {});
  const faults = all.faults.map(({ file, reason }) => `${file.slice(folder.length)}: ${reason}`);
  expect(faults).toEqual([]);
  expect(all.flows).toHaveLength(17 * 4);
  expect(existsSync(join(folder, 'IMPORT.md'))).toBe(true);
});
