/** What goes wrong with a field: names of fields, never values. */
import { Failure } from '../std/index.ts';

const from = (sources: readonly string[]): string => sources.map((source) => `"${source}"`).join(' or ');

export const missing = (target: string, sources: readonly string[]): Failure =>
  new Failure({
    code: 'FIELD_MISSING',
    kind: 'validation',
    message: `The field "${target}" is required, but ${from(sources)} has no value in this message.`,
    fix: 'Have the sender fill it, or give the field a default in the flow.',
    at: { path: target },
  });

export const unreadable = (
  target: string,
  sources: readonly string[],
  transform: string,
  expected: string,
): Failure =>
  new Failure({
    code: 'FIELD_UNREADABLE',
    kind: 'validation',
    message: `The field "${target}": the transform "${transform}" expected ${expected} in ${from(sources)}.`,
    fix: 'Look at the value in the message; correct it at the sender, or use another transform.',
    at: { path: target },
  });

export const unusable = (target: string, reason: string, fix: string): Failure =>
  new Failure({
    code: 'FIELD_RULE_INVALID',
    kind: 'config',
    message: `The rule of the field "${target}": ${reason}.`,
    fix,
    at: { path: target },
    retry: { again: false },
  });

export const twice = (target: string): Failure =>
  unusable(target, 'another rule makes the same field, or a part of it', 'Leave one of the two out.');

export const tooMany = (target: string, most: number): Failure =>
  new Failure({
    code: 'FIELD_TOO_MANY',
    kind: 'validation',
    message: `The field "${target}": its list has more than ${most} items.`,
    fix: 'Look at the message: no such list is this long; take a part of it in the map.',
    at: { path: target },
  });
