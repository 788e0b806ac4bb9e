/** What the last step of a flow sends: the message as it came, as it was made, or a body of its own. */
import type { FieldRule } from '../../flow/index.ts';
import { type DestinationMade, isMessage } from './connections.ts';
import type { Connector } from './export.ts';
import type { FlowDraft } from './flow-draft.ts';
import { remark } from './script-text.ts';
import { filled } from './template.ts';
import type { Place } from './work.ts';

/** What the last step is done with: the message as it came, as it was made, or a body of its own. */
export function argumentsOf(
  made: DestinationMade,
  destination: Connector,
  draft: FlowDraft,
  place: Place,
): (message: string | undefined) => Record<string, FieldRule> {
  const whole = (message: string | undefined): Record<string, FieldRule> =>
    message === undefined ? {} : { body: message };
  if (made.kind !== 'send' && made.kind !== 'unknown') return whole;
  if (isMessage(made.template)) {
    const isText =
      made.takes === 'json' && draft.isChanged && destination.transformer.outbound.name !== 'JSON';
    if (isText) {
      draft.script.broken = true;
      place.toDo(
        destination.line,
        `it sends ${destination.transformer.outbound.name} that was changed on the way, and a webhook sends JSON`,
        'Let the last step send the fields as JSON, or the receiver take HL7 over MLLP.',
      );
    }
    return whole;
  }
  const result = filled(made.template, (name) =>
    name.startsWith('message.') ? undefined : draft.variable(name),
  );
  if (result.kind === 'program') {
    draft.script.broken = true;
    place.toDo(
      destination.line,
      'its template is a program of Velocity (#if, #foreach, calls)',
      'Write the body in a map or a code step.',
    );
    return whole;
  }
  if (made.takes === 'json' && result.kind === 'fields')
    return () => result.fields as Record<string, FieldRule>;
  const isJson = made.takes === 'json' && result.kind !== 'text';
  if (made.takes === 'json' && !isJson) {
    draft.script.broken = true;
    place.toDo(
      destination.line,
      'its body is a text, and a webhook sends JSON',
      'Let the receiver take JSON, or the message as it came.',
    );
  }
  const filledIn = `mirth.template(${JSON.stringify(made.template)}${isJson ? ", 'json'" : ''})`;
  draft.script.result = true;
  draft.script.add(
    '',
    remark(`${place.part}, what is sent`),
    `return mirth.done(${isJson ? `JSON.parse(${filledIn})` : filledIn});`,
  );
  return whole;
}
