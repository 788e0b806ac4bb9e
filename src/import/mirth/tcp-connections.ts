/** TCP Listener and TCP Sender as MLLP connections, with the bytes around messages that the channel had. */
import { child, isTrue, textAt, type XmlElement } from '../xml/element.ts';
import { answered } from './answers.ts';
import type { Connector } from './export.ts';
import {
  type ConnectionRecord,
  calledInstead,
  type DestinationMade,
  type Making,
  type SourceMade,
  standIn,
} from './made.ts';
import { portOf, secondsText, setting, settingOr } from './settings.ts';
import type { Place } from './work.ts';

/** `0B` as a number, when it is one byte. */
const byteOf = (hex: string): number | undefined =>
  /^[0-9a-f]{2}$/i.test(hex) ? Number.parseInt(hex, 16) : undefined;

/** Bytes as an export writes them: `0x0B`, `0B`, `1C 0D`. */
const bytesOf = (text: string): string => text.replace(/0x|[\s,]/gi, '').toUpperCase();

interface Frame {
  readonly fields: ConnectionRecord;
  readonly unready: boolean;
}

/** Without an element for it the mode was MLLP, which is what Mirth takes then. */
function framing({ properties, line }: Connector, place: Place): Frame {
  const mode = child(properties, 'transmissionModeProperties');
  const name = `${mode?.attributes.class ?? ''} ${textAt(mode, 'pluginPointName')}`;
  const isMllp = mode === undefined || /MLLP/i.test(name);
  const given = (which: string, usual: string): string =>
    bytesOf(textAt(mode, which)) || (isMllp ? usual : '');
  const start = given('startOfMessageBytes', '0B');
  const end = given('endOfMessageBytes', '1C0D');
  const release = isTrue(mode, 'useMLLPv2') ? { release: 2 } : {};
  if (start === '0B' && end === '1C0D') return { fields: release, unready: false };
  const [first, last, after] = [byteOf(start), byteOf(end.slice(0, 2)), byteOf(end.slice(2))];
  if (first === undefined || last === undefined || first === 0 || last === 0 || end.length > 4) {
    place.toDo(
      line,
      start === '' && end === ''
        ? 'nothing stands around a message: it ends with the connection'
        : 'the bytes around messages are no frame of one byte before and one or two behind',
      'Let both sides speak MLLP; the connection is written as if they did.',
    );
    return { fields: {}, unready: true };
  }
  return {
    fields: { ...release, framing: { start: first, end: last, ...(after === undefined ? {} : { after }) } },
    unready: false,
  };
}

/** Settings of plugins, such as the ones for TLS, are not in the published format. */
function plugins(properties: XmlElement, line: number, place: Place): void {
  const names = (child(properties, 'pluginProperties')?.children ?? []).map(({ name }) =>
    name.slice(name.lastIndexOf('.') + 1),
  );
  if (names.length > 0)
    place.toDo(
      line,
      `plugins have settings in it (${[...new Set(names)].join(', ')})`,
      'Where they are for TLS, add tls: to the connection, with the names of the secrets that hold certificate and key.',
    );
}

export function tcpListener(connector: Connector, place: Place, { configured }: Making): SourceMade {
  const { properties, line, transformer } = connector;
  answered(connector, place);
  plugins(properties, line, place);
  if (transformer.inbound.name !== 'HL7V2') {
    place.toDo(
      line,
      `the channel takes ${transformer.inbound.name} over TCP`,
      'Only HL7 v2 comes over MLLP; let the sender post to the webhook that stands in its place.',
    );
    return { connection: calledInstead, trigger: 'webhook' };
  }
  const isClient = textAt(properties, 'serverMode') === 'false';
  if (isClient)
    place.toDo(
      line,
      'the channel connects to the sender to receive',
      'Let the sender connect to Suture, at the address of the connection.',
    );
  if (isTrue(properties, 'sourceConnectorProperties', 'processBatch'))
    place.lookAt(
      line,
      'batches are split into messages',
      'Suture takes one message a frame; have batches sent as files, or one by one.',
    );
  const charset = textAt(properties, 'charsetEncoding');
  if (!/^(DEFAULT_ENCODING|UTF-8|)$/.test(charset))
    place.lookAt(line, `messages are read as ${charset}`, 'Suture goes by MSH-18; have the sender fill it.');
  const { fields, unready } = framing(connector, place);
  const listener = child(properties, 'listenerConnectorProperties');
  const host = settingOr(textAt(listener, 'host') || '0.0.0.0', configured, '127.0.0.1');
  const port = portOf(textAt(listener, 'port'), configured, place, line);
  if (host === '0.0.0.0')
    place.lookAt(
      line,
      'it listens on every address of the machine, unencrypted',
      'Name an address, add tls or peers where the network is not your own.',
    );
  return {
    connection: { connector: 'mllp', listen: { host, port, ...fields } },
    trigger: 'hl7',
    unready: unready || isClient,
  };
}

export function tcpSender(connector: Connector, place: Place, making: Making): DestinationMade {
  const { configured, name } = making;
  const { properties, line, transformer } = connector;
  plugins(properties, line, place);
  const template = textAt(properties, 'template');
  if (transformer.outbound.name !== 'HL7V2') {
    place.toDo(
      line,
      `the destination sends ${transformer.outbound.name} over TCP`,
      'Only HL7 v2 goes over MLLP; send it to a webhook: put its address into the connection.',
    );
    return { kind: 'unknown', connection: standIn(name), template, takes: 'anything' };
  }
  const { fields, unready } = framing(connector, place);
  if (isTrue(properties, 'ignoreResponse'))
    place.lookAt(
      line,
      'the acknowledgement is ignored',
      'Suture waits for it: a receiver that never answers holds the delivery. Have it answer AA.',
    );
  const isServer = isTrue(properties, 'serverMode');
  if (isServer)
    place.toDo(
      line,
      'the destination waits for the receiver to connect',
      'Let Suture connect to the receiver: put its address into the connection.',
    );
  const timeout = secondsText(textAt(properties, 'responseTimeout'), 30_000);
  const host = textAt(properties, 'remoteAddress') || '127.0.0.1';
  const connection = {
    connector: 'mllp',
    send: {
      host: settingOr(host, configured, 'not-set.invalid'),
      port: portOf(textAt(properties, 'remotePort'), configured, place, line),
      ...fields,
    },
    ...(timeout === undefined ? {} : { ackTimeout: timeout }),
  };
  const isSet =
    typeof setting(host, configured) === 'string' || !JSON.stringify(connection).includes('not-set');
  if (!isSet)
    place.toDo(
      line,
      `its address is ${host}, which the export does not say`,
      'Set it in the environment, under the name that site.yaml gives it.',
    );
  return {
    connection,
    kind: 'send',
    do: 'send',
    template,
    takes: 'hl7',
    unready: unready || isServer || !isSet,
  };
}
