/** Connectors of Mirth as connections of a site record, where Suture has them; what they say besides goes to the list of work. */
import { child, isTrue, textAt } from '../xml/element.ts';
import { databaseReader, databaseWriter } from './database-connections.ts';
import { smtpSender } from './email-connections.ts';
import type { Connector } from './export.ts';
import { fileReader, fileWriter } from './file-connections.ts';
import { httpListener, httpSender } from './http-connections.ts';
import { calledInstead, type DestinationMade, type Making, type SourceMade, standIn } from './made.ts';
import { scheduleOf } from './polling.ts';
import { tcpListener, tcpSender } from './tcp-connections.ts';
import type { Place } from './work.ts';

/** What to do today, by the name of the connector. */
const INSTEAD: Readonly<Record<string, string>> = {
  'JMS Listener': 'Let the application take from the queue and post what it takes',
  'JMS Sender': 'Let the application put what it is called with into the queue',
  'Document Writer': 'Let the application make the document of what it is called with',
  'DICOM Listener':
    'Images stay with an engine for images; receive what HL7 tells of them. Something else may post',
  'DICOM Sender':
    'Images stay with an engine for images; send what HL7 tells of them. Or let the application be called',
  'Web Service Listener': 'Let the caller, or a gateway that reads SOAP, post JSON, XML or HL7',
  'Web Service Sender': 'Let the application call the service with what it is called with',
};

/** Their messages are text, which an application can post as it is. */
const POSTED = new Set(['JmsReceiverProperties', 'WebServiceReceiverProperties']);

export function sourceOf(connector: Connector, place: Place, making: Making): SourceMade {
  switch (connector.type) {
    case 'TcpReceiverProperties':
      return tcpListener(connector, place, making);
    case 'HttpReceiverProperties':
      return httpListener(connector, place);
    case 'VmReceiverProperties':
      return { trigger: 'other channel' };
    case 'FileReceiverProperties':
      return fileReader(connector, place, making);
    case 'DatabaseReceiverProperties':
      return databaseReader(connector, place, making);
    case 'JavaScriptReceiverProperties':
      return { trigger: 'schedule', cron: scheduleOf(connector, place) };
    default: {
      const { transport, type, line } = connector;
      const instead = INSTEAD[transport] ?? 'Let the application take it and post it';
      place.toDo(
        line,
        `Suture has no connector for ${transport || type || 'it'}`,
        `${instead} to /hooks/${making.site}/${making.name}, signed with the connection’s secret.`,
      );
      return { connection: calledInstead, trigger: 'webhook', unready: !POSTED.has(type) };
    }
  }
}

const ENCODED = /^\s*\$!?\{message\.(encodedData|transformedData|rawData)\}\s*$/;

/** The template is the message itself. */
export const isMessage = (template: string): boolean => template.trim() === '' || ENCODED.test(template);

export function destinationOf(connector: Connector, place: Place, making: Making): DestinationMade {
  const { properties, type } = connector;
  switch (type) {
    case 'TcpDispatcherProperties':
      return tcpSender(connector, place, making);
    case 'HttpDispatcherProperties':
      return httpSender(connector, place, making);
    case 'VmDispatcherProperties': {
      const channel = textAt(properties, 'channelId');
      const isNone = channel === '' || channel === 'none';
      return {
        kind: isNone ? 'nothing' : 'other channel',
        template: textAt(properties, 'channelTemplate'),
        takes: 'anything',
        ...(isNone ? {} : { channel }),
      };
    }
    case 'FileDispatcherProperties':
      return fileWriter(connector, place, making);
    case 'SmtpDispatcherProperties':
      return smtpSender(connector, place, making);
    case 'DatabaseDispatcherProperties':
      return databaseWriter(connector, place, making);
    case 'JavaScriptDispatcherProperties':
      return { kind: 'script', template: '', takes: 'anything' };
    default: {
      const { transport, line } = connector;
      place.toDo(
        line,
        `Suture has no connector for ${transport || type || 'it'}`,
        `${INSTEAD[transport] ?? 'Let the application do it'}; put its address into the connection ${making.name}, then move the flow to flows/.`,
      );
      const template = ['template', 'content', 'envelope', 'body'].flatMap((name) => {
        const text = child(properties, name)?.text ?? '';
        return text.trim() === '' ? [] : [text];
      });
      return {
        kind: 'unknown',
        connection: standIn(making.name),
        do: 'send',
        template: template[0] ?? '',
        takes: 'anything',
      };
    }
  }
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
