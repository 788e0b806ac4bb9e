/** Filters and transformers of an export: the elements of 3.5 and later, and the rules and steps of 3.0 to 3.4. */
import { child, entriesOf, isTrue, textAt, textsOf, type XmlElement } from '../xml/element.ts';
import type {
  BuiltRule,
  DataType,
  Replacement,
  Rule,
  RuleTest,
  Scope,
  Script,
  Step,
  Transformer,
} from './export.ts';

/** Classes are compared by their last name; none is ever made. */
export const shortName = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

/** mirthsync keeps scripts in files beside the channel. */
const ELSEWHERE = 'msync-fileref';

export const scriptOf = (element: XmlElement | undefined): Script => ({
  text: element?.text ?? '',
  line: element?.textLine ?? 0,
  ...(element?.attributes[ELSEWHERE] === undefined ? {} : { elsewhere: element.attributes[ELSEWHERE] }),
});

const TESTS: readonly string[] = ['EXISTS', 'NOT_EXIST', 'EQUALS', 'NOT_EQUAL', 'CONTAINS', 'NOT_CONTAIN'];
const SCOPES: readonly string[] = ['CHANNEL', 'CONNECTOR', 'GLOBAL', 'GLOBAL_CHANNEL', 'RESPONSE', 'SOURCE'];

export function readFilter(filter: XmlElement | undefined): readonly Rule[] {
  const later = child(filter, 'elements');
  if (later !== undefined) return inOrder(later.children).map(ruleOf);
  return inOrder(child(filter, 'rules')?.children ?? []).map(oldRule);
}

export function readTransformer(element: XmlElement | undefined): Transformer {
  const later = child(element, 'elements');
  const steps =
    later === undefined
      ? inOrder(child(element, 'steps')?.children ?? []).map(oldStep)
      : inOrder(later.children).map(stepOf);
  const type = (side: string): DataType => ({
    name: textAt(element, `${side}DataType`) || 'HL7V2',
    properties: child(element, `${side}Properties`),
  });
  return {
    steps,
    inbound: type('inbound'),
    outbound: type('outbound'),
    template: templateOf(child(element, 'outboundTemplate')),
    line: element?.line ?? 0,
  };
}

/** Longer than any message that somebody put in as a pattern. */
const LONGEST_TEMPLATE = 4 * 1024 * 1024;

function templateOf(element: XmlElement | undefined): string {
  const text = element?.text.trim() ?? '';
  if (text === '' || text.length > LONGEST_TEMPLATE) return '';
  return element?.attributes.encoding === 'base64'
    ? Buffer.from(text, 'base64').toString('utf8')
    : (element?.text ?? '');
}

const inOrder = (elements: readonly XmlElement[]): readonly XmlElement[] =>
  [...elements].sort((a, b) => Number(textAt(a, 'sequenceNumber')) - Number(textAt(b, 'sequenceNumber')));

const baseOf = (element: XmlElement) => ({
  name: textAt(element, 'name'),
  line: element.line,
  // Elements could not be switched off before 3.7, and were on.
  enabled: child(element, 'enabled') === undefined || isTrue(element, 'enabled'),
});

function builtOf(element: XmlElement): BuiltRule {
  const test = textAt(element, 'condition');
  const values = child(element, 'values');
  return {
    field: scriptOf(child(element, 'field')),
    test: (TESTS.includes(test) ? test : 'EXISTS') as RuleTest,
    values: (values?.children ?? []).map(scriptOf),
  };
}

function ruleOf(element: XmlElement): Rule {
  const operator = textAt(element, 'operator') === 'OR' ? 'OR' : 'AND';
  const base = { ...baseOf(element), operator } as const;
  const type = shortName(element.name);
  switch (type) {
    case 'RuleBuilderRule':
      return { ...base, kind: 'built', ...builtOf(element) };
    case 'JavaScriptRule':
      return { ...base, kind: 'script', script: scriptOf(child(element, 'script')) };
    case 'ExternalScriptRule':
      return { ...base, kind: 'external', path: textAt(element, 'scriptPath') };
    case 'IteratorRule': {
      const properties = child(element, 'properties');
      const children = inOrder(child(properties, 'children')?.children ?? []).map(ruleOf);
      return { ...base, kind: 'iterator', target: scriptOf(child(properties, 'target')), children };
    }
    default:
      return { ...base, kind: 'unknown', type };
  }
}

function replacementsOf(element: XmlElement | undefined): readonly Replacement[] {
  return (element?.children ?? []).flatMap((pair) => {
    const [left, right] = [child(pair, 'left'), child(pair, 'right')];
    if (left !== undefined && right !== undefined) return [[left.text, right.text] as const];
    const [pattern, replacement] = textsOf(pair, 'string');
    return pattern === undefined ? [] : [[pattern, replacement ?? ''] as const];
  });
}

function stepOf(element: XmlElement): Step {
  const base = baseOf(element);
  const type = shortName(element.name);
  switch (type) {
    case 'MapperStep': {
      const scope = textAt(element, 'scope');
      return {
        ...base,
        kind: 'mapper',
        variable: textAt(element, 'variable'),
        mapping: scriptOf(child(element, 'mapping')),
        fallback: textAt(element, 'defaultValue'),
        replacements: replacementsOf(child(element, 'replacements')),
        scope: (SCOPES.includes(scope) ? scope : 'CHANNEL') as Scope,
      };
    }
    case 'MessageBuilderStep':
      return {
        ...base,
        kind: 'builder',
        segment: scriptOf(child(element, 'messageSegment')),
        mapping: scriptOf(child(element, 'mapping')),
        fallback: textAt(element, 'defaultValue'),
        replacements: replacementsOf(child(element, 'replacements')),
      };
    case 'JavaScriptStep':
      return { ...base, kind: 'script', script: scriptOf(child(element, 'script')) };
    case 'ExternalScriptStep':
      return { ...base, kind: 'external', path: textAt(element, 'scriptPath') };
    case 'XsltStep':
      return { ...base, kind: 'xslt', template: scriptOf(child(element, 'template')) };
    case 'IteratorStep': {
      const properties = child(element, 'properties');
      return {
        ...base,
        kind: 'iterator',
        target: scriptOf(child(properties, 'target')),
        index: textAt(properties, 'indexVariable') || 'i',
        children: inOrder(child(properties, 'children')?.children ?? []).map(stepOf),
      };
    }
    case 'DestinationSetFilterStep': {
      const behavior = textAt(element, 'behavior');
      return {
        ...base,
        kind: 'destination set',
        behavior: behavior === 'REMOVE_ALL' || behavior === 'REMOVE_ALL_EXCEPT' ? behavior : 'REMOVE',
        destinations: (child(element, 'metaDataIds')?.children ?? []).map(({ text }) => Number(text)),
        ...builtOf(element),
      };
    }
    default:
      return { ...base, kind: 'unknown', type };
  }
}

// ---------------------------------------------------------------- 3.0 to 3.4

const dataOf = (element: XmlElement): ReadonlyMap<string, XmlElement> =>
  new Map(entriesOf(child(element, 'data')));

/** Rules of then carry the JavaScript that was made of them: that is what ran. */
function oldRule(element: XmlElement): Rule {
  const operator = textAt(element, 'operator') === 'OR' ? 'OR' : 'AND';
  const base = { ...baseOf(element), operator } as const;
  const data = dataOf(element);
  const type = textAt(element, 'type');
  if (type === 'External Script')
    return { ...base, kind: 'external', path: data.get('Variable')?.text.trim() ?? '' };
  const script = child(element, 'script') ?? data.get('Script');
  return script === undefined
    ? { ...base, kind: 'unknown', type: type || element.name }
    : { ...base, kind: 'script', script: scriptOf(script) };
}

const OLD_SCOPES: Readonly<Record<string, Scope>> = {
  global: 'GLOBAL',
  globalChannel: 'GLOBAL_CHANNEL',
  response: 'RESPONSE',
  connector: 'CONNECTOR',
};

function oldStep(element: XmlElement): Step {
  const base = baseOf(element);
  const data = dataOf(element);
  const type = textAt(element, 'type');
  const built = {
    mapping: scriptOf(data.get('Mapping')),
    fallback: data.get('DefaultValue')?.text.trim() ?? '',
    replacements: replacementsOf(data.get('RegularExpressions')),
  };
  if (type === 'Mapper' && data.has('Variable')) {
    const scope = OLD_SCOPES[data.get('isGlobal')?.text.trim() ?? ''] ?? 'CHANNEL';
    return { ...base, kind: 'mapper', variable: data.get('Variable')?.text.trim() ?? '', ...built, scope };
  }
  if (type === 'Message Builder' && data.has('Variable'))
    return { ...base, kind: 'builder', segment: scriptOf(data.get('Variable')), ...built };
  if (type === 'External Script')
    return { ...base, kind: 'external', path: data.get('Variable')?.text.trim() ?? '' };
  if (type === 'XSLT Step') return { ...base, kind: 'xslt', template: scriptOf(data.get('XsltTemplate')) };
  const script = child(element, 'script') ?? data.get('Script');
  return script === undefined
    ? { ...base, kind: 'unknown', type: type || element.name }
    : { ...base, kind: 'script', script: scriptOf(script) };
}
