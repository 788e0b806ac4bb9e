/** Exports of Mirth Connect become a project: what is carried over, and the list of what is not. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Flow, lint, readFlow } from '../../flow/index.ts';
import { documentsOf, type Imported, importMirth, readXml } from '../index.ts';
import { writeFiles } from '../write.ts';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/mirth');

function imported(name: string, options = {}): Imported {
  const documents = [...documentsOf(join(FIXTURES, name))].flatMap((each) => ('root' in each ? [each] : []));
  return importMirth(documents, options);
}
const flowOf = ({ files }: Imported, path: string): Flow => readFlow(files.get(path) ?? '').flow as Flow;
/** The line of the fixture that holds a text. */
const lineOf = (name: string, text: string): number =>
  readFileSync(join(FIXTURES, name), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

const SENDER =
  '<properties class="x.TcpDispatcherProperties"><remoteAddress>127.0.0.1</remoteAddress><remotePort>6662</remotePort><template/></properties>';

/** The smallest channel, around what a story is about. */
const channel = (parts: {
  source?: string;
  filter?: string;
  steps?: string;
  destination?: string;
  more?: string;
  name?: string;
}) => `<channel version="4.5.2">
  <id>${parts.name ?? 'c'}</id><name>${parts.name ?? 'One'}</name>
  <sourceConnector version="4.5.2">
    <properties class="com.mirth.connect.connectors.${parts.source ?? 'tcp.TcpReceiverProperties'}"><listenerConnectorProperties><host>127.0.0.1</host><port>6661</port></listenerConnectorProperties></properties>
    <transformer><elements>${parts.steps ?? ''}</elements><inboundDataType>HL7V2</inboundDataType><outboundDataType>HL7V2</outboundDataType></transformer>
    <filter><elements>${parts.filter ?? ''}</elements></filter>
    <transportName>Source</transportName><enabled>true</enabled>
  </sourceConnector>
  <destinationConnectors><connector><metaDataId>1</metaDataId><name>Out</name>
    ${parts.destination ?? SENDER}
    <transformer><elements/></transformer><filter><elements/></filter><transportName>TCP Sender</transportName><enabled>true</enabled>
  </connector></destinationConnectors>${parts.more ?? ''}
</channel>`;
const made = (...texts: string[]): Imported =>
  importMirth(texts.map((text, index) => ({ file: `${index}.xml`, root: readXml(text, `${index}.xml`) })));
const script = (text: string) =>
  `<com.mirth.connect.plugins.javascriptstep.JavaScriptStep><name>s</name><sequenceNumber>0</sequenceNumber><enabled>true</enabled><script>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</script></com.mirth.connect.plugins.javascriptstep.JavaScriptStep>`;

describe('a backup of a server', () => {
  let all: Imported;
  beforeAll(() => {
    all = imported('backup.xml');
  });

  it('becomes a project: a site, flows, scripts, and the list of work', () => {
    expect([...all.files.keys()].sort()).toEqual([
      'IMPORT.md',
      'code/nightly-reader.js',
      'code/nightly.js',
      'code/orders-from-clinic-order-system.js',
      'code/results-to-registry-registry.js',
      'code/results-to-registry-viewer.js',
      'flows/adt-in-archive.yaml',
      'flows/adt-in-care-app.yaml',
      'flows/adt-in-lab.yaml',
      'flows/orders-from-clinic-order-system.yaml',
      'flows/results-to-registry-registry.yaml',
      'import/flows/nightly.yaml',
      'import/flows/orders-from-clinic-log.yaml',
      'import/flows/results-to-registry-viewer.yaml',
      'import/scripts/nightly-reader.js',
      'import/scripts/results-to-registry-postprocessor.js',
      'import/scripts/results-to-registry-registry-response.js',
      'import/sql/orders-from-clinic-log.sql',
      'sites/riverside-interfaces/site.yaml',
      'suture.config.ts',
    ]);
    for (const [path, text] of all.files) {
      if (!path.startsWith('flows/')) continue;
      const { flow, faults } = readFlow(text);
      expect([path, faults]).toEqual([path, []]);
      expect([path, lint(flow as Flow)]).toEqual([path, []]);
    }
  });

  it('turns rules, mappers and moves of fields into conditions and maps', () => {
    const flow = flowOf(all, 'flows/adt-in-care-app.yaml');
    expect(flow.trigger).toEqual({ kind: 'hl7', type: '*', connection: 'adt-in' });
    expect(flow.steps[0]).toEqual({
      kind: 'filter',
      id: 'accepted',
      that: {
        all: [
          { path: 'hl7:MSH-9.1', equals: 'ADT' },
          { path: 'hl7:MSH-9.2', in: ['A01', 'A04', 'A08'] },
        ],
      },
    });
    expect(flow.steps[1]).toMatchObject({
      kind: 'map',
      fields: { mrn: 'hl7:PID-3.1', family: 'hl7:PID-5.1', given: 'hl7:PID-5.2', event: 'hl7:MSH-9.2' },
    });
    expect(flow.steps[2]).toMatchObject({
      kind: 'send',
      connection: 'adt-in-care-app',
      args: { 'body.mrn': { from: 'hl7:PID-3.1', default: '' }, 'body.source': { value: 'mirth' } },
    });
    // Two retries in Mirth are three attempts; its queue stops at what it cannot send.
    expect([flow.attempts, flow.exhausted]).toEqual([3, 'dead letter']);
    expect(flowOf(all, 'flows/adt-in-lab.yaml').exhausted).toBe('stop lane');
  });

  it('turns message builder steps into a changed copy of the message', () => {
    const steps = flowOf(all, 'flows/adt-in-lab.yaml').steps;
    expect(steps.find(({ id }) => id === 'message')).toMatchObject({
      kind: 'map',
      hl7: {
        copy: true,
        fields: {
          'MSH-10': 'hl7:MSH-10',
          'MSH-5.1': { value: 'LAB' },
          'PID-18.1': { from: 'hl7:PV1-19.1', default: '' },
        },
      },
    });
    expect(steps.at(-1)).toMatchObject({ kind: 'send', args: { body: 'message' } });
  });

  it('puts connections into the site record, and never a secret', () => {
    const text = all.files.get('sites/riverside-interfaces/site.yaml') ?? '';
    const { connections, timeZone } = parse(text) as {
      connections: Record<string, unknown>;
      timeZone: string;
    };
    expect(timeZone).toBe('America/Chicago');
    expect(connections['adt-in']).toEqual({ connector: 'mllp', listen: { host: '0.0.0.0', port: 6671 } });
    expect(connections['results-to-registry-registry']).toEqual({
      connector: 'mllp',
      send: { host: { env: 'REGISTRY_HOST', default: '127.0.0.1' }, port: 6674 },
      ackTimeout: '5s',
    });
    expect(connections['adt-in-archive']).toEqual({
      connector: 'file',
      folder: '/var/archive',
      put: { name: '{delivery}.hl7' },
    });
    const everything = [...all.files.values(), JSON.stringify(all.work), JSON.stringify(all.summary)].join(
      '\n',
    );
    for (const secret of ['hunter2-in-the-export', 's3cret-in-the-export', 'pw-in-the-export', 'abc123'])
      expect(everything).not.toContain(secret);
  });

  it('leaves to scripts what only scripts can say, with the code templates and settings that they use', () => {
    const text = all.files.get('code/results-to-registry-registry.js') ?? '';
    expect(text.startsWith("'use mirth';")).toBe(true);
    expect(text).toContain('mirth.each(msg.descendants("OBX"))');
    expect(text).toContain('function toGramsPerDecilitre(value)');
    expect(text).toContain('function rounded(number)');
    expect(text).not.toContain('writeFile');
    expect(text).toContain('"configuration":{"resultUnit":"g/dL"}');
  });

  it('follows a channel into the one that it hands over to', () => {
    const flow = flowOf(all, 'import/flows/results-to-registry-viewer.yaml');
    expect(flow.trigger).toMatchObject({ connection: 'results-to-registry' });
    expect(flow.steps.at(-1)).toMatchObject({
      connection: 'viewer-viewer-app',
      args: { body: 'script.result' },
    });
    const text = all.files.get('code/results-to-registry-viewer.js') ?? '';
    expect(text.indexOf('source transformer')).toBeLessThan(text.indexOf('mirth.channel();'));
    expect(text.indexOf('mirth.channel();')).toBeLessThan(text.indexOf('destination "Viewer app"'));
  });

  it('lists what it did not carry over: where, why, and what to do', () => {
    const java = all.work.filter(
      ({ channel: name, scriptLine }) => name === 'Nightly' && scriptLine !== undefined,
    );
    expect(java.map(({ line, scriptLine, reason }) => [line, scriptLine, reason])).toEqual([
      [lineOf('backup.xml', 'importPackage'), 1, 'the script calls Java (importPackage)'],
      [lineOf('backup.xml', 'importPackage'), 1, 'the script calls Java (java)'],
      [lineOf('backup.xml', 'java.text.SimpleDateFormat'), 1, 'the script calls Java (java)'],
      [
        lineOf('backup.xml', 'globalMap.put(&apos;last&apos;'),
        2,
        'the script keeps a value from one message to the next (globalMap)',
      ],
    ]);
    const reasons = all.work.map(({ part, reason }) => `${part}: ${reason}`).join('\n');
    for (const each of [
      'destination "Archive": files are named',
      'destination "Log": Suture has no connector for Database Writer',
      'destination "Old lab": the destination is switched off',
      'destination "Viewer app": it sends headers of its own (X-Api-Key)',
      'postprocessor script: the postprocessor script is not run',
      'destination "Registry", response transformer: the step "check the answer" reads the answer',
      'source (TCP Listener): the sender is answered with "Registry"',
      'alert "Errors": the alert is not carried over',
      'global script "Deploy": the global script is not carried over',
      'code template "writeFile" of "Units": no script that was carried over uses it',
      'channel: it starts after 1 other channel',
    ])
      expect(reasons).toContain(each);
    for (const { fix, line, file } of all.work)
      expect([fix.length > 0, line > 0, file.length > 0]).toEqual([true, true, true]);
    const report = all.files.get('IMPORT.md') ?? '';
    for (const { reason } of all.work) expect(report).toContain(reason.replaceAll('|', '\\|'));
  });

  it('gives the same files whenever it is done', () => {
    expect(imported('backup.xml').files).toEqual(all.files);
  });
});

describe('a channel', () => {
  it('of 3.4 is read like one of 4.5', () => {
    const old = imported('old-adt.xml');
    const flow = flowOf(old, 'flows/old-adt.yaml');
    expect(old.summary.channels[0]).toMatchObject({ name: 'Old ADT', version: '3.4.2' });
    expect(flow.steps.map(({ kind }) => kind)).toEqual(['filter', 'map', 'map', 'send']);
    expect(flow.steps[0]).toMatchObject({ that: { path: 'hl7:MSH-9.2', equals: 'A01' } });
    expect(flow.steps[2]).toMatchObject({ hl7: { fields: { 'MSH-3.1': { value: 'HIS' } } } });
    expect(flow.exhausted).toBe('dead letter');
  });

  it('that changes the message by a variable of its own is not taken for one that only reads', () => {
    const text = "var pid = msg['PID'];\npid['PID.3']['PID.3.1'] = 'x';";
    const after =
      "<com.mirth.connect.plugins.mapper.MapperStep><name>mrn</name><sequenceNumber>1</sequenceNumber><enabled>true</enabled><variable>mrn</variable><mapping>msg['PID']['PID.3']['PID.3.1'].toString()</mapping><scope>CHANNEL</scope></com.mirth.connect.plugins.mapper.MapperStep>";
    const { files } = made(channel({ steps: script(text) + after }));
    const one = flowOf({ files } as Imported, 'flows/one.yaml');
    expect(one.steps.map(({ kind }) => kind)).toEqual(['code', 'send']);
    expect(files.get('code/one.js')).toContain('channelMap.put("mrn"');
  });

  it('that reads files becomes one that reads them, where they are in a folder of HL7', () => {
    const reader = (more: string) =>
      channel({ source: 'file.FileReceiverProperties' }).replace(
        '<listenerConnectorProperties>',
        `${more}<listenerConnectorProperties><x/>`,
      );
    const read = made(
      reader(
        '<scheme>FILE</scheme><fileFilter>*.hl7</fileFilter><afterProcessingAction>DELETE</afterProcessingAction>',
      )
        .replace('<host>127.0.0.1</host>', '')
        .replace('<scheme>', '<host>/data/in</host><scheme>'),
    );
    expect(parse(read.files.get('sites/imported/site.yaml') ?? '')).toMatchObject({
      connections: {
        one: {
          connector: 'file',
          folder: '/data/in',
          take: { match: '*.hl7', format: 'hl7', after: 'delete' },
        },
      },
    });
    const far = made(reader('<host>/in</host><scheme>SFTP</scheme><password>pw</password>'));
    expect([far.summary.flows, far.summary.parked]).toEqual([0, 1]);
    expect(far.work.some(({ reason }) => reason.includes('SFTP server, whose host key'))).toBe(true);
  });

  it('that reads a secret of the configuration map does not carry it into a script', () => {
    const entry = (key: string, value: string) =>
      `<entry><string>${key}</string><com.mirth.connect.util.ConfigurationProperty><value>${value}</value></com.mirth.connect.util.ConfigurationProperty></entry>`;
    const map = `<map>${entry('apiPassword', 'pw-in-the-map')}${entry('unit', 'g/dL')}</map>`;
    const { files, summary } = made(
      channel({ steps: script("for (;;) { $c('a', $cfg('apiPassword') + $cfg('unit')); break; }") }),
      map,
    );
    expect([...files.values()].join('')).not.toContain('pw-in-the-map');
    expect(files.get('code/one.js')).toContain('"configuration":{"unit":"g/dL"}');
    expect([summary.flows, summary.parked]).toEqual([0, 1]);
  });

  it('with parts that are not known is parked and listed', () => {
    const unknown =
      '<com.acme.mirth.SpecialStep><name>x</name><sequenceNumber>0</sequenceNumber></com.acme.mirth.SpecialStep>';
    const { summary, work } = made(channel({ steps: unknown }));
    expect([summary.flows, summary.parked]).toEqual([0, 1]);
    expect(work.some(({ reason }) => reason === 'it is a SpecialStep, which is not known')).toBe(true);
    const other = made(channel({ source: 'acme.EvilReceiverProperties' }));
    expect([other.summary.flows, other.summary.parked]).toEqual([0, 1]);
  });

  it('that hands over in a circle, or to nobody that is there, says so', () => {
    const to = (id: string) =>
      `<properties class="x.VmDispatcherProperties"><channelId>${id}</channelId><channelTemplate>\${message.encodedData}</channelTemplate></properties>`;
    const circle = made(
      channel({ name: 'a', destination: to('b') }),
      channel({ name: 'b', source: 'vm.VmReceiverProperties', destination: to('a') }),
    );
    expect(circle.work.map(({ reason }) => reason)).toContain(
      'channels hand over to one another in a circle',
    );
    const lost = made(channel({ destination: to('zzz') }));
    expect(lost.work.map(({ reason }) => reason)).toContain(
      'it hands over to a channel that is not in the export',
    );
    expect([lost.summary.flows, lost.summary.parked]).toEqual([0, 1]);
  });

  it('is never run while it is imported', () => {
    const evil = "globalThis.imported = true; process.exit(9); throw new Error('ran');";
    const { files } = made(channel({ steps: script(evil), more: `<deployScript>${evil}</deployScript>` }));
    expect((globalThis as { imported?: boolean }).imported).toBe(undefined);
    expect([...files.keys()]).toContain('import/scripts/one-deploy.js');
  });

  it('with a name that leads elsewhere stays in the project', () => {
    const { files } = made(channel({ name: '../../etc/passwd' }), channel({ name: 'C:\\x|"y' }));
    for (const path of files.keys()) expect(path).toMatch(/^(?!.*\.\.)[\w./-]+$/);
    const { files: hostile } = made(
      channel({
        name: 'x\n*/ process.exit(1); /*',
        steps: script("for each (a in msg..OBX) a['OBX.1'] = 1;"),
      }),
    );
    expect(hostile.get('code/x-process-exit-1.js')).toMatch(/^\/\/ Made by .* \*\/ process/m);
  });

  it('that is none says so', () => {
    expect(() => made('<html><body/></html>')).toThrow(/There is no channel in it/);
    expect(() => made('<list/>')).toThrow(/There is no channel in it/);
  });
});

describe('what an import writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'suture-import-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is all there or not at all, and nothing is written over', () => {
    const files = new Map([
      ['a/one.txt', '1'],
      ['suture.config.ts', 'theirs'],
    ]);
    expect(writeFiles(folder, files)).toEqual(['a/one.txt', 'suture.config.ts']);
    const more = new Map([
      ['b/two.txt', '2'],
      ['a/one.txt', 'other'],
      ['suture.config.ts', 'ours'],
    ]);
    expect(() => writeFiles(folder, more)).toThrow(/a\/one\.txt would be written over/);
    // A folder stands where a file should: what was written before it goes again.
    const late = new Map([
      ['c/three.txt', '3'],
      ['a/one.txt/x', 'no'],
    ]);
    expect(() => writeFiles(folder, late)).toThrow();
    for (const path of ['c', 'a/four.txt', 'b'])
      expect([path, existsSync(join(folder, path))]).toEqual([path, false]);
    expect(readFileSync(join(folder, 'a/one.txt'), 'utf8')).toBe('1');
  });
});
