/** Every connector of Mirth, and what it becomes: connections, triggers and steps, or a stand-in that says what to do instead. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Flow, lint, readFlow } from '../../flow/index.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { type Imported, importMirth, readXml } from '../index.ts';
import {
  backupPieces,
  type ConnectorParts,
  channelText,
  cronJobs,
  elements,
  mapper,
  poll,
  scriptStep,
  stepOf,
  TO_LAB,
} from './export.fixture.ts';

const made = (...texts: string[]): Imported =>
  importMirth(
    texts.map((text, index) => ({ file: `${index}.xml`, root: readXml(text, `${index}.xml`) })),
    {
      site: 'here',
      timeZone: 'America/Chicago',
    },
  );
type Fields = NonNullable<ConnectorParts['fields']>;
const one = (source: ConnectorParts, ...destinations: ConnectorParts[]): Imported =>
  made(channelText({ name: 'One', source, destinations: destinations.length > 0 ? destinations : [TO_LAB] }));
const flowOf = ({ files }: Imported, path: string): Flow => {
  const { flow, faults } = readFlow(files.get(path) ?? '');
  expect([path, faults]).toEqual([path, []]);
  expect([path, lint(flow as Flow)]).toEqual([path, []]);
  return flow as Flow;
};
const recordsOf = ({ files }: Imported): Record<string, unknown> => ({
  ...parse(files.get('sites/here/site.yaml') ?? '').connections,
  ...parse(files.get('import/connections.yaml') ?? '{}'),
});
const said = ({ work }: Imported, level = 'to do'): string =>
  work.flatMap((each) => (each.level === level ? [`${each.reason}. ${each.fix}`] : [])).join('\n');
const feed: ConnectorParts = {
  type: 'tcp.TcpReceiverProperties',
  fields: { listenerConnectorProperties: elements({ host: '127.0.0.1', port: 6671 }) },
};
const rows = (columns: readonly string[], skipped = 0): string =>
  `<serializationProperties>${elements({ columnDelimiter: '|', quoteToken: '"', columnNames: columns.map((name) => elements({ string: name })).join('') || '' })}</serializationProperties><batchProperties>${elements({ splitType: 'Record', batchSkipRecords: skipped })}</batchProperties>`;
const reader = (fields: Fields, more: Partial<ConnectorParts> = {}): ConnectorParts => ({
  type: 'file.FileReceiverProperties',
  fields: { scheme: 'FILE', host: '/data/in', fileFilter: '*', ...fields },
  ...more,
});
const writer = (fields: Fields, more: Partial<ConnectorParts> = {}): ConnectorParts => ({
  name: 'Out',
  type: 'file.FileDispatcherProperties',
  fields: { scheme: 'FILE', host: '/data/out', template: `\${message.encodedData}`, ...fields },
  ...more,
});

describe('a File Reader', () => {
  it('of rows becomes one of CSV, with its columns, its times and its folders', () => {
    const all = one(
      reader(
        {
          pollConnectorProperties: poll(60_000),
          sourceConnectorProperties: elements({ processBatch: true }),
          fileFilter: '^visits_.*\\.csv$',
          regex: true,
          fileAge: 5_000,
          checkFileAge: true,
          charsetEncoding: 'ISO-8859-1',
          afterProcessingAction: 'MOVE',
          moveToDirectory: '/data/in/done',
          errorReadingAction: 'MOVE',
          errorMoveToDirectory: '/data/in/wrong',
          ignoreFileSizeMaximum: false,
          fileSizeMaximum: 5_000_000,
        },
        {
          inbound: 'DELIMITED',
          inboundProperties: rows(['mrn', 'name']),
          steps: mapper('mrn', "msg['row']['mrn'].toString()"),
        },
      ),
      writer({ outputPattern: `VISIT_\${mrn}_x.txt`, template: `MRN \${mrn}` }),
    );
    expect(recordsOf(all)).toEqual({
      one: {
        connector: 'file',
        folder: '/data/in',
        take: {
          match: 'visits_*.csv',
          format: 'csv',
          delimiter: '|',
          columns: ['mrn', 'name'],
          every: '1m',
          stable: '5s',
          encoding: 'iso-8859-1',
          maxFile: 5_000_000,
          archive: 'done',
          quarantine: 'wrong',
        },
      },
      'one-out': { connector: 'file', folder: '/data/out', put: { name: 'VISIT_{delivery}_x.txt' } },
    });
    const flow = flowOf(all, 'flows/one.yaml');
    expect(flow.trigger).toEqual({ kind: 'file', connection: 'one' });
    expect(flow.steps[0]).toMatchObject({ kind: 'map', fields: { mrn: 'event.mrn' } });
    expect(said(all)).not.toContain('One');
  });

  it('whose columns nobody names is parked, and so are pieces that Suture does not make', () => {
    const batch = { sourceConnectorProperties: elements({ processBatch: true }) };
    for (const [source, reason] of [
      [reader(batch, { inbound: 'DELIMITED' }), 'names of its columns are not in the export'],
      [
        reader(batch, { inbound: 'DELIMITED', inboundProperties: rows(['a'], 1) }),
        'its first 1 lines are skipped',
      ],
      [reader(batch, { inbound: 'XML' }), 'files are split into messages'],
      [reader({ fileFilter: '*.a,*.b' }), 'names are chosen by a pattern or a list: *.a,*.b'],
      [reader({ fileFilter: 'a(b|c)', regex: true }), 'names are chosen by a pattern or a list'],
      [reader({ binary: true }), 'it reads binary files'],
      [reader({ charsetEncoding: 'UTF-16' }), 'files are written as UTF-16'],
      [reader({ scheme: 'SMB' }), 'files are reached by SMB'],
      [reader({ host: 'relative/in' }), 'its folder is not absolute'],
    ] as const) {
      const all = one(source);
      expect([reason, all.summary.flows, all.summary.parked]).toEqual([reason, 0, 1]);
      expect(said(all)).toContain(reason);
      // Files of a folder that nobody reads yet stay where they are.
      expect([reason, [...all.files.keys()].includes('import/connections.yaml')]).toEqual([reason, true]);
    }
  });

  it('of an SFTP server waits for the server’s key, and names its secrets', () => {
    const all = one(
      reader({
        scheme: 'SFTP',
        host: 'sftp.mercy.example:2222/outgoing/labs',
        username: 'lab',
        password: 'pw-in-the-export',
        schemeProperties: elements({ passwordAuth: true, keyAuth: true, keyFile: '/k', passPhrase: 'pp' }),
      }),
    );
    expect(recordsOf(all).one).toMatchObject({
      folder: '/outgoing/labs',
      sftp: {
        host: 'sftp.mercy.example',
        port: 2222,
        user: 'lab',
        secret: 'one',
        key: 'one-key',
        hostKey: `SHA256:${'A'.repeat(43)}`,
      },
    });
    expect([all.summary.flows, all.summary.parked]).toEqual([0, 1]);
    expect(said(all)).toContain('ssh-keyscan sftp.mercy.example | ssh-keygen -lf -');
    expect(said(all)).toContain('SUTURE_SECRET_ONE_KEY');
  });
});

describe('a File Writer', () => {
  it('writes each message under a name that holds nothing of it', () => {
    const name = (outputPattern: string): unknown =>
      (recordsOf(one(feed, writer({ outputPattern })))['one-out'] as { put: unknown }).put;
    expect(name(`\${message.messageId}.hl7`)).toEqual({ name: '{delivery}.hl7' });
    expect(name(`sub/ADT-\${mrn}-\${date.get('yyyy-MM-dd')}`)).toEqual({
      to: 'sub',
      name: 'ADT-{delivery}.{extension}',
    });
    expect(name('one file.txt')).toEqual({ name: 'one-file-{delivery}.txt' });
    expect(name('')).toEqual({ name: '{delivery}.{extension}' });
    expect(name(`\${dir}/../x.txt`)).toEqual({ name: 'x-{delivery}.txt' });
    const appends = one(feed, writer({ outputAppend: true }));
    expect([appends.summary.flows, appends.summary.parked]).toEqual([0, 1]);
  });
});

describe('an SMTP Sender', () => {
  const mail = (fields: Fields): ConnectorParts => ({
    name: 'Desk',
    type: 'smtp.SmtpDispatcherProperties',
    fields: {
      smtpHost: 'smtp.mercy.example',
      smtpPort: 465,
      encryption: 'SSL',
      authentication: true,
      username: 'mirth',
      password: 'pw-in-the-export',
      to: 'desk@mercy.example, ward@mercy.example',
      from: 'mirth@mercy.example',
      subject: 'Admission',
      body: `Unit \${unit}`,
      html: false,
      ...fields,
    },
  });
  const unit = { ...feed, steps: mapper('unit', "msg['PV1']['PV1.3']['PV1.3.1'].toString()") };

  it('becomes an e-mail connection that may send to those whom it sent to', () => {
    const all = one(unit, mail({}));
    expect(recordsOf(all)['one-out']).toEqual({
      connector: 'email',
      host: 'smtp.mercy.example',
      port: 465,
      tls: 'implicit',
      user: 'mirth',
      secret: 'one-out',
      from: 'mirth@mercy.example',
      recipients: ['desk@mercy.example', 'ward@mercy.example'],
    });
    expect(flowOf(all, 'flows/one.yaml').steps.at(-1)).toMatchObject({
      connection: 'one-out',
      args: {
        to: { value: ['desk@mercy.example', 'ward@mercy.example'] },
        subject: { value: 'Admission' },
        text: 'script.result.text',
      },
    });
    expect(
      flowOf(one(unit, mail({ body: `\${unit}`, html: true })), 'flows/one.yaml').steps.at(-1),
    ).toMatchObject({
      args: { html: { from: 'hl7:PV1-3.1', default: '' } },
    });
  });

  it('that goes to whom a message names, or brings files, waits for somebody to say what it may', () => {
    for (const [fields, reason] of [
      [{ to: `\${to}` }, 'whom it is sent to is made of variables'],
      [{ to: '' }, 'it names nobody whom it is sent to'],
      [{ from: '' }, 'it names no sender'],
      [{ bcc: 'x@mercy.example' }, 'it sends blind copies'],
      [{ useAttachmentsVariable: true }, 'it sends attachments'],
      [{ smtpHost: `\${host}` }, 'its server is'],
    ] as const) {
      const all = one(unit, mail(fields));
      expect([reason, all.summary.parked]).toEqual([reason, 1]);
      expect(said(all)).toContain(reason);
      flowOf(all, 'import/flows/one.yaml');
    }
    expect(recordsOf(one(unit, mail({ encryption: 'none' })))['one-out']).not.toHaveProperty('tls');
  });
});

describe('a database', () => {
  const select =
    'SELECT v.mrn, v.visit AS csn, COALESCE(a, \'x, y\') "Name"\nFROM visits v -- only new ones\nWHERE sent = 0';
  const source: ConnectorParts = {
    type: 'jdbc.DatabaseReceiverProperties',
    inbound: 'XML',
    fields: {
      pollConnectorProperties: poll(5_000),
      driver: 'com.mysql.jdbc.Driver',
      url: 'jdbc:mysql://db:3306/x?user=a&password=pw-in-the-export',
      username: 'a',
      password: 'pw-in-the-export',
      select,
      update: `UPDATE visits SET sent = 1 WHERE visit = \${csn}`,
      updateMode: 3,
    },
    steps: mapper('mrn', "msg['mrn'].toString()"),
  };

  it('that is read becomes a flow that takes rows by a webhook, with its SQL beside it as it stood', () => {
    const all = one(source, writer({}, { inbound: 'XML' }));
    const flow = flowOf(all, 'flows/one.yaml');
    expect(flow.trigger).toEqual({ kind: 'webhook', connection: 'one' });
    expect(flow.steps[0]).toMatchObject({ fields: { mrn: 'event.mrn' } });
    expect(recordsOf(all).one).toEqual({ connector: 'webhook', secret: 'one', accepts: true });
    const sql = all.files.get('import/sql/one-reader.sql') ?? '';
    expect(sql.endsWith(`${select}\n`)).toBe(true);
    expect(sql).toMatch(/^-- Channel "One", source \(Database Reader\): select\n-- 0\.xml:\d+, driver com/);
    const [item] = all.work.filter(({ part, level }) => part.startsWith('source') && level === 'to do');
    expect(item?.reason).toContain('in import/sql/one-reader.sql and reads mrn, csn, Name');
    expect(item?.fix).toContain(
      'run it every 5s, and post each row as JSON, { "mrn": …, "csn": …, "Name": … }',
    );
    expect(item?.fix).toContain('to /hooks/here/one');
    expect(item?.fix).toContain(
      'Run import/sql/one-reader-after.sql for each row that was answered with 202.',
    );
  });

  it('gives scripts the row as the XML that they knew', async () => {
    const steps = scriptStep(
      "msg['mrn'] = msg['mrn'].toString() + '!'; channelMap.put('n', msg.children().length());",
    );
    const all = one({ ...source, steps }, writer({}, { inbound: 'XML' }));
    const sandbox = createSandbox({ limits: { deadline: 30_000 } });
    const script = { file: 'code/one.js', source: all.files.get('code/one.js') ?? '' };
    const row = { mrn: 7, csn: 'V1', gone: null };
    try {
      const given = (await sandbox.run(script, { message: row })) as { message: string };
      expect(given.message).toBe('<result><mrn>7!</mrn><csn>V1</csn></result>');
    } finally {
      await sandbox.close();
    }
  });

  it('that is written becomes a call with the values of its SQL, which waits for an address', () => {
    const all = one(source, {
      name: 'Store',
      type: 'jdbc.DatabaseDispatcherProperties',
      inbound: 'XML',
      fields: { driver: 'x', query: `INSERT INTO t VALUES (\${mrn}, \${mrn}, \${date.get('yyyy')})` },
    });
    expect(flowOf(all, 'import/flows/one.yaml').steps.at(-1)).toMatchObject({
      connection: 'one-out',
      args: { 'body.mrn': { from: 'event.mrn', default: '' } },
    });
    expect(recordsOf(all)['one-out']).toMatchObject({ url: 'https://not-set.invalid/one-out' });
    expect(all.files.get('import/sql/one-store.sql')).toContain(`VALUES (\${mrn}, \${mrn},`);
    expect(said(all)).toContain('is in import/sql/one-store.sql and writes mrn. Let the application run it');
    expect(said(all)).toContain('its SQL computes values');
  });
});

describe('a JavaScript Reader', () => {
  const at = (fields: Fields): string => {
    const all = one({
      type: 'js.JavaScriptReceiverProperties',
      inbound: 'XML',
      fields: { pollConnectorProperties: poll(fields), script: "return ['<a/>', '<b/>'];" },
    });
    const flow = flowOf(all, 'flows/one.yaml');
    return (flow.trigger as { cron: string }).cron;
  };

  it('becomes a schedule, as often as it ran', () => {
    const every = (ms: number): string => at({ pollingType: 'INTERVAL', pollingFrequency: ms });
    expect([5_000, 7_000, 60_000, 300_000, 3_600_000, 7_200_000, 86_400_000].map(every)).toEqual([
      '*/5 * * * * *',
      '*/6 * * * * *',
      '* * * * *',
      '*/5 * * * *',
      '0 * * * *',
      '0 */2 * * *',
      '0 0 * * *',
    ]);
    expect(at({ pollingType: 'time', pollingHour: 6, pollingMinute: 30 })).toBe('30 6 * * *');
    const cron = (...expressions: string[]): string =>
      at({ pollingType: 'CRON', cronJobs: cronJobs(...expressions) });
    expect(cron('0 0 6 ? * MON-FRI *')).toBe('0 6 * * MON-FRI');
    expect(cron('0 0 6 ? * 2-6')).toBe('0 6 * * 1-5');
    expect(cron('0 0 6 * * ?', '0 0 18 * * ?')).toBe('0 6,18 * * *');
    expect(cron('30 0 6 ? * 6#3')).toBe('30 0 6 * * 5#3');
    const days = [false, true, false, false, false, false, false, true];
    expect(
      at({
        pollingType: 'INTERVAL',
        pollingFrequency: 600_000,
        pollConnectorPropertiesAdvanced: elements({
          weekly: true,
          inactiveDays: days.map((day) => elements({ boolean: day })).join(''),
          allDay: false,
          startingHour: 8,
          endingHour: 17,
        }),
      }),
    ).toBe('*/10 8-16 * * 1,2,3,4,5');
  });

  it('goes through what its script gives, each a file of its own', () => {
    const all = one(
      {
        type: 'js.JavaScriptReceiverProperties',
        inbound: 'XML',
        fields: { pollConnectorProperties: poll(5_000), script: "return ['<a/>', '<b/>'];" },
      },
      writer({ outputPattern: 'x.xml' }, { inbound: 'XML' }),
    );
    expect(flowOf(all, 'flows/one.yaml').steps).toMatchObject([
      { kind: 'code', id: 'reader', script: 'code/one-reader.js' },
      { kind: 'for-each', in: 'reader', as: 'raw', steps: [{ kind: 'send', args: { body: 'raw' } }] },
    ]);
    expect(recordsOf(all)['one-out']).toMatchObject({ put: { name: 'x-{delivery}-{step}.xml' } });
  });
});

describe('what Suture has no connector for', () => {
  it('has a stand-in with the address to call, and a flow that is read', () => {
    const taken = one({ type: 'jms.JmsReceiverProperties', fields: { password: 'pw-in-the-export' } });
    expect(flowOf(taken, 'flows/one.yaml').trigger).toEqual({ kind: 'webhook', connection: 'one' });
    expect(said(taken)).toContain(
      'Let the application take from the queue and post what it takes to /hooks/here/one',
    );
    for (const type of ['jms.Jms', 'ws.WebService', 'doc.Document', 'dimse.DICOM']) {
      const sent = one(feed, { name: 'Far', type: `${type}DispatcherProperties`, fields: { template: 'x' } });
      expect([type, sent.summary.parked]).toEqual([type, 1]);
      flowOf(sent, 'import/flows/one.yaml');
      expect(said(sent)).toContain('put its address into the connection one-out');
    }
    const images = one({
      type: 'dimse.DICOMReceiverProperties',
      inbound: 'DICOM',
      steps: scriptStep('msg;'),
    });
    expect(said(images)).toContain('it reads or writes DICOM');
  });

  it('keeps bytes around messages, and does not take none for MLLP', () => {
    const framed = (mode: Fields): Imported =>
      one({
        ...feed,
        fields: {
          ...feed.fields,
          transmissionModeProperties: elements({ pluginPointName: 'Basic', ...mode }),
        },
      });
    expect(recordsOf(framed({ startOfMessageBytes: '02', endOfMessageBytes: '03' })).one).toMatchObject({
      listen: { framing: { start: 2, end: 3 } },
    });
    const bare = framed({ startOfMessageBytes: '', endOfMessageBytes: '' });
    expect([bare.summary.flows, bare.summary.parked]).toEqual([0, 1]);
    expect(said(bare)).toContain('nothing stands around a message');
  });
});

describe('a server of 3.1', () => {
  it('had other words for queues, answers and times', () => {
    const text = channelText({
      name: 'One',
      version: '3.1.1',
      source: {
        ...feed,
        fields: { ...feed.fields, responseConnectorProperties: elements({ responseVariable: 'Lab' }) },
      },
      destinations: [
        {
          ...TO_LAB,
          fields: {
            ...TO_LAB.fields,
            queueConnectorProperties: elements({ queueEnabled: false, retryCount: 4 }),
          },
        },
      ],
    });
    const all = made(text);
    expect(said(all, 'look at')).toContain('the sender is answered with "Lab"');
    expect(flowOf(all, 'flows/one.yaml').attempts).toBe(5);
  });
});

describe('secrets', () => {
  const SECRETS = Array.from({ length: 16 }, (_, at) => `hush-${at}-x`);
  const [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = SECRETS as [string, ...string[]] & string[];
  const script = `var apiToken = '${a}';
var con = DatabaseConnectionFactory.createDatabaseConnection('com.mysql', 'jdbc:mysql://db/${b}', 'me', '${c}');
$c('password', '${d}');
var head = { 'Authorization': 'Basic ${e}cHctdGhp', "X-Api-Key": "${f}" };
var url = 'https://me:${g}@app.example.org/x?access_token=${h}&y=1';
var s = 'Server=db;Password=${i};';
var pem = '-----BEGIN RSA PRIVATE KEY-----${j}-----END RSA PRIVATE KEY-----';`;

  it('of connectors, addresses, scripts, SQL, plugins and maps are in no file and in no list', () => {
    const text = channelText({
      name: 'One',
      source: {
        ...feed,
        steps: scriptStep(script),
        fields: { ...feed.fields, pluginProperties: `<x.Ssl><password>${k}</password></x.Ssl>` },
      },
      destinations: [
        {
          name: 'Http',
          type: 'http.HttpDispatcherProperties',
          fields: {
            host: `https://me:${l}@app.example.org/?api_key=${m}`,
            method: 'post',
            headers: `<entry><string>Authorization</string><string>Bearer ${n}</string></entry>`,
            content: `{"token": "${o}"}`,
          },
        },
        {
          name: 'Db',
          type: 'jdbc.DatabaseDispatcherProperties',
          fields: { query: `ALTER USER x IDENTIFIED BY '${p}'` },
        },
      ],
      more: elements({ deployScript: script }),
    });
    const all = made(text);
    const everything = [...all.files.values(), JSON.stringify(all.work), JSON.stringify(all.summary)].join(
      '\n',
    );
    for (const secret of SECRETS) expect([secret, everything.includes(secret)]).toEqual([secret, false]);
    expect(all.summary.flows).toBe(0);
    const lines = all.work.filter(({ reason }) => reason.startsWith('a secret stood in the script'));
    expect(lines.map(({ scriptLine }) => scriptLine)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(everything).toContain('its address holds a user, a password or a token');
  });

  it('are looked for in texts that were made to be slow, and names are not read from them', () => {
    const slow = ['a-', '"', ' ', "'jdbc:", ';token=', '/*', '(', `\${`].map(
      (part) => `password${part.repeat(30_000)}`,
    );
    for (const text of slow) {
      const all = made(
        channelText({
          name: 'One',
          source: reader({ fileFilter: text, regex: true, host: `/data/${text}` }),
          destinations: [
            writer({ outputPattern: text }),
            { name: 'Db', type: 'jdbc.DatabaseDispatcherProperties', fields: { query: `select ${text}` } },
          ],
        }),
      );
      const { put } = recordsOf(all)['one-out'] as { put: { name: string } };
      expect(put.name.length).toBeLessThan(300);
    }
  });

  it('do not become values of a map or of a condition, either', () => {
    const rule = "var token = 'hush-b'; return msg['MSH']['MSH.8']['MSH.8.1'].toString() == token;";
    for (const more of [
      { steps: scriptStep("$c('password', 'hush-a');") },
      { rules: stepOf('javascriptrule.JavaScriptRule', { script: rule }) },
    ]) {
      const all = one({ ...feed, ...more });
      expect([all.summary.flows, all.summary.parked]).toEqual([0, 1]);
      expect(said(all)).toContain('a secret stood in the script');
      expect([...all.files.values()].join('')).not.toMatch(/hush|value: LEFT-OUT|equals: LEFT-OUT/);
    }
  });

  it('are not seen where there are none', () => {
    const plain =
      "var key = msg['PID']['PID.3']['PID.3.1'].toString();\nvar author = 'Reed', pass = key == 'x';";
    const all = one({ ...feed, steps: scriptStep(plain) });
    expect(all.summary.flows).toBe(1);
    expect(said(all)).not.toContain('a secret stood');
  });
});

describe('a backup of a whole server', () => {
  it('is made as it grows, and told as it goes', () => {
    const size = { channels: 40, destinations: 2, steps: 6, templates: 20 };
    const told: number[] = [];
    const text = [...backupPieces(size)].join('\n');
    const all = importMirth([{ file: 'all.xml', root: readXml(text, 'all.xml') }], {
      progress: (done) => told.push(done),
    });
    expect(told).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect([all.summary.channels.length, all.summary.flows, all.summary.parked]).toEqual([40, 80, 0]);
    expect(all.summary.site).toBe('big-house');
    expect(all.summary.channels[0]).toMatchObject({ group: 'Wards' });
    expect(said(all, 'left out')).toContain('the user is not carried over');
    expect(all.files.get('code/channel-3-destination-1.js')).toContain('function helper3(value)');
  });
});
