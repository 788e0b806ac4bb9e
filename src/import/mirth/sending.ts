/** What the last step of a flow sends: the message as it came, as it was made, or a body of its own. */
import type { FieldRule } from '../../flow/index.ts';
import { isMessage } from './connections.ts';
import type { Connector } from './export.ts';
import type { FlowDraft } from './flow-draft.ts';
import type { Arguments, DestinationMade, Leave, Mail } from './made.ts';
import { fieldName } from './names.ts';
import { remark } from './script-text.ts';
import { LEFT_OUT } from './secrets.ts';
import { filled, isProgram, orEmpty, unknownNames } from './template.ts';
import type { Place } from './work.ts';

type ArgumentsOf = (message: string | undefined) => Arguments;

const whole: ArgumentsOf = (message) => (message === undefined ? {} : { body: message });

/** What the last step is done with: the message as it came, as it was made, or a body of its own. */
export function argumentsOf(
  made: DestinationMade,
  destination: Connector,
  draft: FlowDraft,
  place: Place,
  leave: Leave,
): ArgumentsOf {
  if (made.kind !== 'send' && made.kind !== 'unknown') return whole;
  if (made.template.includes(LEFT_OUT)) {
    draft.script.broken = true;
    place.toDo(
      destination.line,
      'a secret stood in what it sends, and was left out',
      'Secrets are not put into flows; let the receiver check the connection’s signature.',
    );
  }
  const unknown = unknownNames([made.template, made.mail?.subject ?? ''].join('\n'));
  if (unknown.length > 0)
    place.lookAt(
      destination.line,
      `what it sends names ${unknown.join(', ')}, which Mirth filled in and which is empty here`,
      'Leave it out, or take the value from the message or from event in the flow.',
    );
  if (made.mail !== undefined) return mailOf(made.mail, made.template, destination, draft, place, leave);
  if (made.fields !== undefined) return fieldsOf(made.fields, draft, place);
  if (isMessage(made.template)) {
    if (made.takes !== 'json') draft.asText(destination.transformer, place);
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
  const result = filled(made.template, (name) => known(name, draft));
  if (result.kind === 'program') {
    program(made.template, destination, draft, place, leave);
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

const known = (name: string, draft: FlowDraft): FieldRule | undefined =>
  name.startsWith('message.') ? undefined : draft.variable(name);

function program(
  template: string,
  destination: Connector,
  draft: FlowDraft,
  place: Place,
  leave: Leave,
): void {
  draft.script.broken = true;
  place.toDo(
    destination.line,
    `its template is a program of Velocity (#if, #foreach, calls); it is in ${leave('templates', destination.name, template)}`,
    'Write the body in a map or a code step.',
  );
}

/** Values that a script makes, under the names that the step has for them. */
function byScript(values: Readonly<Record<string, string>>, draft: FlowDraft, place: Place): void {
  draft.script.result = true;
  const parts = Object.entries(values).map(
    ([name, template]) => `  ${JSON.stringify(name)}: mirth.template(${JSON.stringify(template)}),`,
  );
  draft.script.add('', remark(`${place.part}, what is sent`), 'return mirth.done({', ...parts, '});');
}

/** Variables by their names: what `${mrn}` in SQL stands for. */
function fieldsOf(names: readonly string[], draft: FlowDraft, place: Place): ArgumentsOf {
  const rules = names.map((name) => [`body.${fieldName(name)}`, known(name, draft)] as const);
  if (rules.every(([, rule]) => rule !== undefined)) {
    const fields = Object.fromEntries(rules.map(([name, rule]) => [name, orEmpty(rule as FieldRule)]));
    return () => fields;
  }
  byScript(Object.fromEntries(names.map((name) => [fieldName(name), `\${${name}}`])), draft, place);
  return whole;
}

/** An e-mail’s parts: each as it stands, from a variable, or filled in by a script. */
function mailOf(
  mail: Mail,
  body: string,
  destination: Connector,
  draft: FlowDraft,
  place: Place,
  leave: Leave,
): ArgumentsOf {
  const parts: Record<string, string> = {
    ...(mail.to.length === 1 ? { to: mail.to[0] as string } : {}),
    subject: mail.subject || '(none)',
    [mail.isHtml ? 'html' : 'text']: body,
    ...(mail.replyTo === '' ? {} : { replyTo: mail.replyTo }),
  };
  const rules: Arguments = {};
  if (mail.to.length > 1) Object.assign(rules, listOf('to', mail.to, place, destination));
  if (mail.cc.length > 0) Object.assign(rules, listOf('cc', mail.cc, place, destination));
  const made: Record<string, string> = {};
  for (const [name, template] of Object.entries(parts)) {
    if (isProgram(template)) {
      program(template, destination, draft, place, leave);
      continue;
    }
    const variable = /^\s*\$!?\{([\w.]+)\}\s*$/.exec(template)?.[1];
    const rule = variable === undefined ? undefined : known(variable, draft);
    if (!template.includes('${') && !template.includes('$!{')) rules[name] = { value: template };
    else if (rule !== undefined) rules[name] = orEmpty(rule);
    else made[name] = template;
  }
  if (Object.keys(made).length > 0) {
    byScript(made, draft, place);
    for (const name of Object.keys(made)) rules[name] = `script.result.${name}`;
  }
  return () => rules;
}

/** Several addresses; one that is made of variables is a field for somebody to fill in. */
function listOf(name: string, addresses: readonly string[], place: Place, { line }: Connector): Arguments {
  const plain = addresses.filter((each) => !each.includes('$'));
  if (plain.length < addresses.length)
    place.toDo(
      line,
      `of several addresses (${name}) one is made of variables`,
      `Name it in the step: ${name} may be a list, or one address from a map.`,
    );
  return plain.length === 0 ? {} : { [name]: { value: [...plain] } };
}
