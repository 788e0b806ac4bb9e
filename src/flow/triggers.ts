/** Which messages start which flows. Pure: looked at for every message before it is kept. */
import type { MessageSummary } from '../message/index.ts';
import type { Trigger } from './flow.ts';

/**
 * A learnt FHIR record is kept as a message of format `fhir` and type `<Resource>.<change>`, such as
 * `Appointment.updated`: what happened is durable, as the record is.
 * @param flow The flow's name: what a schedule or a person starts is for one flow alone.
 * @example
 * matches({ kind: 'hl7', type: 'ADT^A0*' }, { format: 'hl7', type: 'ADT^A08', connection: 'adt-in' }) // true
 */
export function matches(
  trigger: Trigger,
  message: Pick<MessageSummary, 'format' | 'type' | 'connection'> & Partial<Pick<MessageSummary, 'door'>>,
  flow = '',
): boolean {
  switch (trigger.kind) {
    case 'event':
      return (
        message.format === 'fhir' &&
        trigger.changes.some((change) => message.type === `${trigger.resource}.${change}`)
      );
    case 'hl7':
      return (
        message.format === 'hl7' &&
        (trigger.connection === undefined || message.connection === trigger.connection) &&
        matchesPattern(trigger.type, message.type)
      );
    case 'webhook':
      return message.connection === trigger.connection && message.format !== 'fhir';
    case 'file':
      return message.connection === trigger.connection;
    case 'bulk':
      return (
        message.format === 'fhir' &&
        message.door === 'bulk' &&
        message.type.startsWith(`${trigger.resource}.`)
      );
    case 'schedule':
    case 'manual':
      return flow !== '' && message.type === startedType(trigger, flow);
    case 'cds':
      // Answered in the request; no message starts it.
      return false;
  }
}

/**
 * The type of a message that no sender sent.
 * @example
 * startedType({ kind: 'manual' }, 'resend-list') // 'manual.resend-list'
 */
export const startedType = ({ kind }: Pick<Trigger, 'kind'>, flow: string): string => `${kind}.${flow}`;

/** Every `*` stands for any run of characters; everything else for itself. Linear: no backtracking to abuse. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** For people: `ADT^A01`, `Appointment created or updated`, `a call to the hook intake`. */
export function triggerText(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'event':
      return `${trigger.resource} ${trigger.changes.join(' or ')}`;
    case 'hl7':
      return trigger.connection === undefined ? trigger.type : `${trigger.type} from ${trigger.connection}`;
    case 'webhook':
      return `a call to the hook ${trigger.connection}`;
    case 'file':
      return `files of ${trigger.connection}`;
    case 'bulk':
      return `every ${trigger.resource} of a bulk export`;
    case 'schedule':
      return `at ${trigger.cron}${trigger.timeZone === undefined ? '' : ` (${trigger.timeZone})`}`;
    case 'manual':
      return 'a person';
    case 'cds':
      return `${trigger.hook} (CDS Hooks)`;
  }
}
