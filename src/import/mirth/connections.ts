/** Connectors of Mirth as connections of a site record, where Suture has them; what they say besides goes to the list of work. */
import { child, entriesOf, isTrue, textAt, within } from '../xml/element.ts';
import type { Connector } from './export.ts';
import { variableName } from './names.ts';
import type { Place } from './work.ts';

/** A connection as it stands in site.yaml. */
export type ConnectionRecord = Readonly<Record<string, unknown>>;

export interface SourceMade {
  /** Undefined where Suture has no connector for it. */
  readonly connection?: ConnectionRecord;
  readonly trigger: 'hl7' | 'webhook' | 'other channel' | 'none';
}

/** What the last step of a flow does; the text that is sent is the template’s. */
export interface DestinationMade {
  readonly connection?: ConnectionRecord;
  readonly kind: 'send' | 'nothing' | 'script' | 'other channel' | 'unknown';
  readonly do?: 'send' | 'update' | 'find';
  readonly method?: 'PATCH';
  /** `${message.encodedData}` unless the channel says otherwise. */
  readonly template: string;
  /** For another channel: its id. */
  readonly channel?: string;
  /** The other side takes HL7 as it is, or JSON. */
  readonly takes: 'hl7' | 'json' | 'anything';
  /** It sends what the connector cannot yet: it would be refused. */
  readonly unready?: boolean;
}

/** Values of the configuration map, by key, as the environment gives them here. */
export type Configured = (key: string) => string | undefined;

const REFERENCE = /^\$!?\{([\w.]+)\}$/;

/** A text of the record, or where the environment has it: `${dbHost}` is `{ env: DB_HOST, default: … }`. */
function setting(text: string, configured: Configured): unknown {
  const name = REFERENCE.exec(text)?.[1];
  if (name === undefined) return text;
  const value = configured(name.replace(/^configurationMap\./, ''));
  return { env: variableName(name), ...(value === undefined ? {} : { default: value }) };
}

function portOf(text: string, configured: Configured, place: Place, line: number): unknown {
  const given = setting(text, configured);
  if (typeof given !== 'string') return given;
  const port = Number(given);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  place.lookAt(line, 'the port is not a number', 'Give the port in site.yaml.');
  return { env: variableName(`${place.channel} port`), default: 6661 };
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'File Reader':
    'folders and SFTP are read by the file connector: add a connection for it, and let the flow start on `file`',
  'File Writer':
    'files are written by the file connector: add a connection for it, and let the last step send to it',
  'Database Reader': 'let the application ask the database and call a webhook, or hand rows over as a file',
  'Database Writer': 'let the application write to the database, behind a webhook',
  'JavaScript Reader': 'let a schedule start the flow, and read in a step what the script read',
  'JMS Listener': 'let the application take from the queue and call a webhook',
  'JMS Sender': 'let the application put it into the queue, behind a webhook',
  'SMTP Sender': 'let the application send the mail, behind a webhook',
  'Document Writer': 'let the application write the document, behind a webhook',
  'DICOM Listener': 'images stay with an engine for images; receive what HL7 tells of them',
  'DICOM Sender': 'images stay with an engine for images; send what HL7 tells of them',
  'Web Service Listener': 'let the caller post JSON or HL7 to the webhook, or translate SOAP before it',
  'Web Service Sender': 'let the application call the service, behind a webhook',
};

export function sourceOf(connector: Connector, place: Place, configured: Configured): SourceMade {
  const { properties, line } = connector;
  switch (connector.type) {
    case 'TcpReceiverProperties':
      return tcpListener(connector, place, configured);
    case 'HttpReceiverProperties': {
      answered(connector, place);
      place.lookAt(
        line,
        'callers come to another address: /hooks/<site>/<connection> of Suture’s one port, signed with the connection’s secret',
        'Give the caller the address and the secret; `suture sites keys` and the reference of the webhook connector tell how a call is signed.',
      );
      if (isTrue(properties, 'xmlBody') || isTrue(properties, 'includeMetadata'))
        place.toDo(
          line,
          'the channel reads the call wrapped in XML',
          'Read the body itself, as JSON or text.',
        );
      if (
        entriesOf(within(properties, 'responseHeaders')).length > 0 ||
        textAt(properties, 'responseStatusCode') !== ''
      )
        place.lookAt(
          line,
          'the channel sets headers or the status of its answer',
          'Suture answers 202 when the message is kept.',
        );
      return { connection: { connector: 'webhook', secret: '', accepts: true }, trigger: 'webhook' };
    }
    case 'VmReceiverProperties':
      return { trigger: 'other channel' };
    default:
      unsupported(connector, place);
      return { trigger: 'none' };
  }
}

function unsupported({ transport, type, line }: Connector, place: Place): void {
  const fix = UNSUPPORTED[transport] ?? 'let the application do it, behind a webhook';
  place.toDo(
    line,
    `Suture has no connector for ${transport || type || 'it'}`,
    `${fix.charAt(0).toUpperCase()}${fix.slice(1)}.`,
  );
}

/** What Mirth answers after processing, Suture answers when the message is on disk. */
function answered({ properties, line }: Connector, place: Place): void {
  const variable = textAt(properties, 'sourceConnectorProperties', 'responseVariable');
  if (/^(None|)$|^Auto-generate \((Before processing|After source transformer)/.test(variable)) return;
  place.lookAt(
    line,
    `the sender is answered with "${variable}"; Suture answers when the message is kept, before anything is done with it`,
    'Nothing where the sender only wants to know that it arrived; where it needs what came back, send that to it by a step of its own.',
  );
}

/** `0B` as a number, when it is one byte. */
const byteOf = (hex: string): number | undefined =>
  /^[0-9a-f]{2}$/i.test(hex) ? Number.parseInt(hex, 16) : undefined;

function framing({ properties, line }: Connector, place: Place): ConnectionRecord | undefined {
  const mode = child(properties, 'transmissionModeProperties');
  const start = textAt(mode, 'startOfMessageBytes') || '0B';
  const end = textAt(mode, 'endOfMessageBytes') || '1C0D';
  if (start.toUpperCase() === '0B' && end.toUpperCase() === '1C0D') return {};
  const [first, last, after] = [byteOf(start), byteOf(end.slice(0, 2)), byteOf(end.slice(2))];
  if (first === undefined || last === undefined || end.length > 4) {
    place.toDo(line, 'the bytes around messages are no frame of one byte each', 'Let both sides speak MLLP.');
    return undefined;
  }
  return { framing: { start: first, end: last, ...(after === undefined ? {} : { after }) } };
}

function tcpListener(connector: Connector, place: Place, configured: Configured): SourceMade {
  const { properties, line, transformer } = connector;
  answered(connector, place);
  if (transformer.inbound.name !== 'HL7V2') {
    place.toDo(
      line,
      `the channel takes ${transformer.inbound.name} over TCP`,
      'Only HL7 v2 comes over MLLP; let the sender post to a webhook.',
    );
    return { trigger: 'none' };
  }
  if (textAt(properties, 'serverMode') === 'false') {
    place.toDo(line, 'the channel connects to the sender to receive', 'Let the sender connect to Suture.');
    return { trigger: 'none' };
  }
  if (isTrue(properties, 'sourceConnectorProperties', 'processBatch'))
    place.lookAt(
      line,
      'batches are split into messages',
      'Suture takes one message a frame; have batches sent as files, or one by one.',
    );
  if (!/^(DEFAULT_ENCODING|UTF-8|)$/.test(textAt(properties, 'charsetEncoding')))
    place.lookAt(
      line,
      `messages are read as ${textAt(properties, 'charsetEncoding')}`,
      'Suture goes by MSH-18; have the sender fill it.',
    );
  const frame = framing(connector, place);
  if (frame === undefined) return { trigger: 'none' };
  const listener = child(properties, 'listenerConnectorProperties');
  const host = setting(textAt(listener, 'host') || '0.0.0.0', configured);
  const port = portOf(textAt(listener, 'port'), configured, place, line);
  if (host === '0.0.0.0')
    place.lookAt(
      line,
      'it listens on every address of the machine, unencrypted',
      'Name an address, add tls or peers where the network is not your own.',
    );
  return { connection: { connector: 'mllp', listen: { host, port, ...frame } }, trigger: 'hl7' };
}

// ---------------------------------------------------------------- destinations

const ENCODED = /^\s*\$!?\{message\.(encodedData|transformedData|rawData)\}\s*$/;

/** The template is the message itself. */
export const isMessage = (template: string): boolean => template.trim() === '' || ENCODED.test(template);

export function destinationOf(connector: Connector, place: Place, configured: Configured): DestinationMade {
  const { properties, type } = connector;
  const unknown: DestinationMade = { kind: 'unknown', template: '', takes: 'anything' };
  switch (type) {
    case 'TcpDispatcherProperties':
      return tcpSender(connector, place, configured) ?? unknown;
    case 'HttpDispatcherProperties':
      return httpSender(connector, place, configured) ?? unknown;
    case 'VmDispatcherProperties': {
      const channel = textAt(properties, 'channelId');
      const template = textAt(properties, 'channelTemplate');
      const isNone = channel === '' || channel === 'none';
      return {
        kind: isNone ? 'nothing' : 'other channel',
        template,
        takes: 'anything',
        ...(isNone ? {} : { channel }),
      };
    }
    case 'JavaScriptDispatcherProperties':
      return { kind: 'script', template: '', takes: 'anything' };
    default:
      unsupported(connector, place);
      return { ...unknown, template: textAt(properties, 'template') || textAt(properties, 'content') };
  }
}

function tcpSender(connector: Connector, place: Place, configured: Configured): DestinationMade | undefined {
  const { properties, line, transformer } = connector;
  const frame = framing(connector, place);
  if (frame === undefined) return undefined;
  if (transformer.outbound.name !== 'HL7V2') {
    place.toDo(
      line,
      `the destination sends ${transformer.outbound.name} over TCP`,
      'Only HL7 v2 goes over MLLP; send it to a webhook.',
    );
    return undefined;
  }
  if (isTrue(properties, 'ignoreResponse'))
    place.lookAt(
      line,
      'the acknowledgement is ignored',
      'Suture waits for it: a receiver that never answers holds the delivery. Have it answer AA.',
    );
  if (isTrue(properties, 'serverMode'))
    place.toDo(
      line,
      'the destination waits for the receiver to connect',
      'Let Suture connect to the receiver.',
    );
  const timeout = Number(textAt(properties, 'responseTimeout'));
  const connection = {
    connector: 'mllp',
    send: {
      host: setting(textAt(properties, 'remoteAddress') || '127.0.0.1', configured),
      port: portOf(textAt(properties, 'remotePort'), configured, place, line),
      ...frame,
    },
    ...(timeout > 0 && timeout !== 30_000 && Number.isFinite(timeout)
      ? { ackTimeout: `${Math.max(1, Math.round(timeout / 1_000))}s` }
      : {}),
  };
  return { connection, kind: 'send', do: 'send', template: textAt(properties, 'template'), takes: 'hl7' };
}

function httpSender(connector: Connector, place: Place, configured: Configured): DestinationMade | undefined {
  const { properties, line } = connector;
  const method = textAt(properties, 'method').toUpperCase() || 'POST';
  const address = textAt(properties, 'host');
  const acts = { POST: 'send', PUT: 'update', PATCH: 'update', GET: 'find' } as const;
  const act = acts[method as keyof typeof acts];
  if (act === undefined || act === 'find') {
    place.toDo(
      line,
      `the destination asks with ${method}`,
      'Use a find step for a question, or let the application do it.',
    );
    return undefined;
  }
  const headers = entriesOf(within(properties, 'headers'))
    .map(([name]) => name)
    .filter((name) => !/^content-type$/i.test(name));
  if (headers.length > 0 || isTrue(properties, 'useHeadersVariable'))
    place.toDo(
      line,
      `it sends headers of its own${headers.length > 0 ? ` (${headers.join(', ')})` : ''}`,
      'The webhook connector sends none; have the receiver check the signature instead, or put a gateway between.',
    );
  const unready =
    headers.length > 0 ||
    isTrue(properties, 'useHeadersVariable') ||
    isTrue(properties, 'useAuthentication') ||
    isTrue(properties, 'multipart') ||
    entriesOf(within(properties, 'parameters')).length > 0;
  if (entriesOf(within(properties, 'parameters')).length > 0)
    place.toDo(line, 'it sends parameters in the address', 'Put them into the body.');
  if (isTrue(properties, 'useAuthentication'))
    place.toDo(
      line,
      `it signs in with a user and a password (${textAt(properties, 'authenticationType') || 'Basic'})`,
      'The webhook connector signs every call with the connection’s secret; have the receiver check that.',
    );
  if (isTrue(properties, 'multipart')) place.toDo(line, 'it sends a multipart body', 'Send JSON.');
  const variable = /\$!?\{/.test(address) ? setting(address, configured) : address;
  if (typeof variable === 'string' && !URL.canParse(variable)) {
    place.toDo(
      line,
      'its address is made of variables or is none',
      'Give the address in site.yaml; a path below it may come from a map.',
    );
    return undefined;
  }
  const isPlain =
    typeof variable === 'string' &&
    variable.startsWith('http:') &&
    !/^http:\/\/(127\.|localhost|\[::1\])/.test(variable);
  if (isPlain)
    place.lookAt(
      line,
      'it is sent over http: without encryption',
      'Use https:, or keep plainHttp: true where the network is your own.',
    );
  const timeout = Number(textAt(properties, 'socketTimeout'));
  const connection = {
    connector: 'webhook',
    url: variable,
    secret: '',
    ...(isPlain || typeof variable !== 'string' ? { plainHttp: true } : {}),
    ...(timeout > 0 && Number.isFinite(timeout) && timeout !== 10_000
      ? { timeout: `${Math.min(300, Math.max(1, Math.round(timeout / 1_000)))}s` }
      : {}),
  };
  return {
    connection,
    kind: 'send',
    do: act,
    ...(method === 'PATCH' ? { method: 'PATCH' as const } : {}),
    template: textAt(properties, 'content'),
    takes: 'json',
    unready,
  };
}

/** How Mirth tried again, as Suture does. */
export function retryOf(
  { properties, line }: Connector,
  place: Place,
): { readonly attempts?: number; readonly exhausted: 'stop lane' | 'dead letter' } {
  const queue = child(properties, 'destinationConnectorProperties');
  const isQueued = isTrue(queue, 'queueEnabled');
  const retries = Number(textAt(queue, 'retryCount') || '0');
  if (
    isQueued &&
    Number(textAt(queue, 'threadCount') || '1') > 1 &&
    textAt(queue, 'threadAssignmentVariable') === ''
  )
    place.lookAt(
      line,
      'several threads send from the queue, in no order',
      'Set order: patient in the flow: patients do not wait for one another, and each stays in order.',
    );
  if (!isQueued) return { attempts: Math.max(1, retries + 1), exhausted: 'dead letter' };
  return { exhausted: isTrue(queue, 'rotate') ? 'dead letter' : 'stop lane' };
}
