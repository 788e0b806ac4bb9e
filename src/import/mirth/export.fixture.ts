/** Exports of Mirth Connect, made when a test runs: a channel of parts, and whole backups of any size. Synthetic. */

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Elements with texts, one below the other; what begins with `<` stands as it is. */
export const elements = (fields: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(fields)
    .map(([name, value]) => {
      const text = String(value);
      return `<${name}>${text.startsWith('<') ? text : escaped(text)}</${name}>`;
    })
    .join('');

export interface ConnectorParts {
  readonly name?: string;
  /** `file.FileReceiverProperties` */
  readonly type: string;
  readonly transport?: string;
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  readonly steps?: string;
  readonly rules?: string;
  readonly inbound?: string;
  readonly outbound?: string;
  /** Elements of the inbound properties. */
  readonly inboundProperties?: string;
  readonly response?: string;
}

export interface ChannelParts {
  readonly name: string;
  readonly id?: string;
  readonly version?: string;
  readonly source: ConnectorParts;
  readonly destinations?: readonly ConnectorParts[];
  readonly more?: string;
}

let sequence = 0;
export const stepOf = (type: string, fields: Readonly<Record<string, string | number | boolean>>): string =>
  `<com.mirth.connect.plugins.${type} version="4.5.2">${elements({ name: 'step', sequenceNumber: sequence++, enabled: true, ...fields })}</com.mirth.connect.plugins.${type}>`;
export const scriptStep = (script: string): string => stepOf('javascriptstep.JavaScriptStep', { script });
export const mapper = (variable: string, mapping: string): string =>
  stepOf('mapper.MapperStep', {
    variable,
    mapping,
    defaultValue: '',
    replacements: '',
    scope: 'CHANNEL',
  });

function connectorText(parts: ConnectorParts, id: number, version: string): string {
  const { inbound = 'HL7V2', outbound = inbound } = parts;
  return `<metaDataId>${id}</metaDataId><name>${escaped(parts.name ?? 'sourceConnector')}</name>
    <properties class="com.mirth.connect.connectors.${parts.type}" version="${version}">${elements(parts.fields ?? {})}</properties>
    <transformer version="${version}"><elements>${parts.steps ?? ''}</elements><inboundDataType>${inbound}</inboundDataType><outboundDataType>${outbound}</outboundDataType><inboundProperties>${parts.inboundProperties ?? ''}</inboundProperties></transformer>
    ${parts.response ?? ''}
    <filter version="${version}"><elements>${parts.rules ?? ''}</elements></filter>
    <transportName>${parts.transport ?? transportOf(parts.type)}</transportName><mode>${id === 0 ? 'SOURCE' : 'DESTINATION'}</mode><enabled>true</enabled>`;
}

const TRANSPORTS: Readonly<Record<string, string>> = {
  'file.FileReceiverProperties': 'File Reader',
  'file.FileDispatcherProperties': 'File Writer',
  'tcp.TcpReceiverProperties': 'TCP Listener',
  'tcp.TcpDispatcherProperties': 'TCP Sender',
  'http.HttpReceiverProperties': 'HTTP Listener',
  'http.HttpDispatcherProperties': 'HTTP Sender',
  'smtp.SmtpDispatcherProperties': 'SMTP Sender',
  'jdbc.DatabaseReceiverProperties': 'Database Reader',
  'jdbc.DatabaseDispatcherProperties': 'Database Writer',
  'js.JavaScriptReceiverProperties': 'JavaScript Reader',
  'js.JavaScriptDispatcherProperties': 'JavaScript Writer',
  'vm.VmReceiverProperties': 'Channel Reader',
  'vm.VmDispatcherProperties': 'Channel Writer',
  'jms.JmsReceiverProperties': 'JMS Listener',
  'jms.JmsDispatcherProperties': 'JMS Sender',
  'ws.WebServiceReceiverProperties': 'Web Service Listener',
  'ws.WebServiceDispatcherProperties': 'Web Service Sender',
  'doc.DocumentDispatcherProperties': 'Document Writer',
  'dimse.DICOMReceiverProperties': 'DICOM Listener',
  'dimse.DICOMDispatcherProperties': 'DICOM Sender',
};
const transportOf = (type: string): string => TRANSPORTS[type] ?? '';

export const TO_LAB: ConnectorParts = {
  name: 'Lab',
  type: 'tcp.TcpDispatcherProperties',
  fields: { remoteAddress: '127.0.0.1', remotePort: 6672, template: `\${message.encodedData}` },
};

export function channelText({
  name,
  id = name,
  version = '4.5.2',
  source,
  destinations = [TO_LAB],
  more = '',
}: ChannelParts): string {
  return `<channel version="${version}"><id>${escaped(id)}</id><name>${escaped(name)}</name><description>Synthetic.</description>
  <sourceConnector version="${version}">${connectorText(source, 0, version)}</sourceConnector>
  <destinationConnectors>${destinations.map((each, index) => `<connector version="${version}">${connectorText(each, index + 1, version)}</connector>`).join('')}</destinationConnectors>
  ${more}<exportData><metadata><enabled>true</enabled><lastModified><time>1700000000000</time><timezone>America/Chicago</timezone></lastModified></metadata></exportData></channel>`;
}

/** How it is polled: every so many milliseconds, or by what is given. */
export const poll = (fields: Readonly<Record<string, string | number | boolean>> | number): string =>
  elements(typeof fields === 'number' ? { pollingType: 'INTERVAL', pollingFrequency: fields } : fields);

export const cronJobs = (...expressions: readonly string[]): string =>
  expressions
    .map((expression) => `<cronProperty>${elements({ description: '', expression })}</cronProperty>`)
    .join('');

export interface BackupSize {
  readonly channels: number;
  /** Of each channel. */
  readonly destinations: number;
  /** Of each transformer. */
  readonly steps: number;
  readonly templates: number;
}

/** A backup of a whole server, piece by piece: channels that call code templates, with scripts, groups and everything beside them. */
export function* backupPieces({ channels, destinations, steps, templates }: BackupSize): Generator<string> {
  yield '<serverConfiguration version="4.5.2"><date>2026-01-31 12:00:00</date><serverSettings><serverName>Big House</serverName></serverSettings>';
  yield `<channelGroups><channelGroup><name>Wards</name><channels>${Array.from({ length: channels }, (_, at) => `<channel version="4.5.2"><id>channel-${at}</id></channel>`).join('')}</channels></channelGroup></channelGroups><channels>`;
  for (let at = 0; at < channels; at += 1) {
    const list = Array.from({ length: steps }, (_, index) =>
      index % 3 === 0
        ? scriptStep(
            `for each (var obx in msg['OBX']) {\n  obx['OBX.5']['OBX.5.1'] = helper${(at + index) % templates}(obx['OBX.5']['OBX.5.1'].toString());\n}\nchannelMap.put('v${index}', msg['PID']['PID.${(index % 20) + 1}']['PID.${(index % 20) + 1}.1'].toString());`,
          )
        : mapper(
            `m${index}`,
            `msg['PID']['PID.${(index % 20) + 1}']['PID.${(index % 20) + 1}.1'].toString()`,
          ),
    ).join('\n');
    const out = Array.from({ length: destinations }, (_, index) => ({
      ...TO_LAB,
      name: `Destination ${index}`,
      fields: { ...TO_LAB.fields, remotePort: 7_000 + index },
      steps: list,
    }));
    yield channelText({
      name: `Channel ${at}`,
      id: `channel-${at}`,
      source: {
        type: 'tcp.TcpReceiverProperties',
        fields: { listenerConnectorProperties: elements({ host: '127.0.0.1', port: 10_000 + at }) },
        steps: list,
      },
      destinations: out,
    });
  }
  yield '</channels><users><user><id>1</id><username>admin</username></user></users><codeTemplateLibraries><codeTemplateLibrary><name>Helpers</name><includeNewChannels>true</includeNewChannels><codeTemplates>';
  for (let at = 0; at < templates; at += 1)
    yield `<codeTemplate><id>t${at}</id><name>Helper ${at}</name><properties>${elements({ type: 'FUNCTION', code: `function helper${at}(value) {\n  return String(value).trim() + '${at}';\n}` })}</properties></codeTemplate>`;
  yield '</codeTemplates></codeTemplateLibrary></codeTemplateLibraries><alerts/><globalScripts><entry><string>Deploy</string><string>return;</string></entry></globalScripts></serverConfiguration>';
}
