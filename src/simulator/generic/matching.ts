import { dateBound, isWithin, spanOfValue } from './instants.ts';
import { type Parameter, parameterOf, valuesAt } from './parameters.ts';
import { Refused } from './refused.ts';
import type { Content } from './repository.ts';

export type Matches = (resource: Content) => boolean;

const modifiers = ['exact', 'contains', 'missing', 'not'];

/**
 * What one criterion of a search asks of a resource; undefined when the type has no such parameter.
 * Throws a Refused for a value or modifier that cannot be.
 */
export function criterion(type: string, key: string, value: string): Matches | undefined {
  const [name = '', modifier] = key.split(':');
  const parameter = parameterOf(type, name);
  if (!parameter) return undefined;
  // patient:Patient=1 narrows a reference to a type.
  const narrowed = parameter.type === 'reference' && /^[A-Z]/.test(modifier ?? '') ? modifier : undefined;
  if (modifier !== undefined && narrowed === undefined && !modifiers.includes(modifier)) {
    throw new Refused(400, 'not-supported', `modifier ${modifier} of ${name} is not supported`);
  }
  const target = narrowed ?? parameter.target;
  const values = (resource: Content) => parameter.paths.flatMap((path) => valuesAt(resource, path));
  if (modifier === 'missing') return (resource) => (values(resource).length === 0) === (value === 'true');
  const tests = alternatives(value).map((each) => valueTest(parameter, name, each, modifier, target));
  const some = (resource: Content) => {
    const found = values(resource);
    return tests.some((test) => found.some(test));
  };
  return modifier === 'not' ? (resource) => !some(resource) : some;
}

/** The values between commas; `\,` is a comma of the value. */
function alternatives(value: string): string[] {
  return value.split(/(?<!\\),/).map((each) => each.replaceAll('\\,', ',').replaceAll('\\|', '|'));
}

function valueTest(
  { type }: Parameter,
  name: string,
  wanted: string,
  modifier: string | undefined,
  target: string | undefined,
): (value: unknown) => boolean {
  if (type === 'date') {
    const bound = dateBound(wanted);
    if (!bound) throw new Refused(400, 'value', `${name}: not a date`);
    return (value) => {
      const span = spanOfValue(value);
      return span !== undefined && isWithin(bound, span);
    };
  }
  if (type === 'uri') return (value) => value === wanted;
  if (type === 'reference') return (value) => isReferenceTo(value, wanted, target);
  if (type === 'token') return (value) => isToken(value, wanted);
  const text = wanted.toLowerCase();
  return (value) =>
    textsOf(value).some((each) => {
      if (modifier === 'exact') return each === wanted;
      const lower = each.toLowerCase();
      return modifier === 'contains' ? lower.includes(text) : lower.startsWith(text);
    });
}

function isReferenceTo(value: unknown, wanted: string, target: string | undefined): boolean {
  const reference = (value as { reference?: unknown } | null)?.reference;
  if (typeof reference !== 'string') return false;
  const [type, id] = reference.split('/').slice(-2);
  if (target !== undefined && type !== target) return false;
  const [wantedType, wantedId] = wanted.includes('/') ? wanted.split('/').slice(-2) : [undefined, wanted];
  return id === wantedId && (wantedType === undefined || wantedType === type);
}

/** Codings, identifiers, contact points, codes and booleans against `system|code`. */
function isToken(value: unknown, wanted: string): boolean {
  if (typeof value === 'boolean' || typeof value === 'string')
    return String(value) === wanted.replace(/^\|/, '');
  if (typeof value !== 'object' || value === null) return false;
  const { coding, system, code, value: text } = value as Record<string, unknown>;
  if (Array.isArray(coding)) return coding.some((each) => isToken(each, wanted));
  const bar = wanted.indexOf('|');
  const wantedSystem = bar < 0 ? undefined : wanted.slice(0, bar);
  const wantedCode = wanted.slice(bar + 1);
  const own = code ?? text;
  if (wantedSystem === '' && system !== undefined) return false;
  if (wantedSystem && system !== wantedSystem) return false;
  return wantedCode === '' ? wantedSystem !== undefined : own === wantedCode;
}

/** The texts of a string, a name or an address. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((each) =>
    typeof each === 'string'
      ? [each]
      : Array.isArray(each)
        ? each.filter((one) => typeof one === 'string')
        : [],
  );
}
