import type { Resource } from './outcome.ts';

/** Writes a resource as FHIR XML (FHIR R4, section 2.1.2: The XML Representation of Resources). */
export function toXml(resource: Resource): string {
  const body = resourceElement(resource, ' xmlns="http://hl7.org/fhir"');
  return `<?xml version="1.0" encoding="UTF-8"?>${body}`;
}

function resourceElement({ resourceType, ...properties }: Resource, namespace = ''): string {
  return `<${resourceType}${namespace}>${children(properties)}</${resourceType}>`;
}

function children(properties: Readonly<Record<string, unknown>>): string {
  let xml = '';
  for (const [name, value] of Object.entries(properties)) {
    // `_name` holds the id and extensions of the primitive `name`, and stands alone where there is no value.
    if (name.startsWith('_')) {
      if (!(name.slice(1) in properties)) xml += property(name.slice(1), undefined, value);
    } else xml += property(name, value, properties[`_${name}`]);
  }
  return xml;
}

function property(name: string, value: unknown, beside: unknown): string {
  if (!Array.isArray(value) && !Array.isArray(beside)) return element(name, value, beside);
  const values = Array.isArray(value) ? value : [];
  const besides = Array.isArray(beside) ? beside : [];
  let xml = '';
  for (let index = 0; index < Math.max(values.length, besides.length); index += 1) {
    xml += element(name, values[index], besides[index]);
  }
  return xml;
}

function element(name: string, value: unknown, beside: unknown): string {
  if (isObject(value)) {
    if (typeof value.resourceType === 'string')
      return `<${name}>${resourceElement(value as Resource)}</${name}>`;
    return complex(name, value);
  }
  const extra = isObject(beside) ? beside : {};
  if (value === undefined || value === null) return isObject(beside) ? complex(name, extra) : '';
  // A narrative is XHTML already, with its own namespace.
  if (name === 'div') return String(value);
  return complex(name, extra, ` value="${escapeAttribute(String(value))}"`);
}

/** An element with children. The id of an element and the url of an extension are attributes. */
function complex(name: string, properties: Readonly<Record<string, unknown>>, attributes = ''): string {
  let own = attributes;
  let rest = properties;
  if (typeof properties.id === 'string') {
    own = ` id="${escapeAttribute(properties.id)}"${own}`;
    rest = without(rest, 'id');
  }
  if (/^(modifierE|e)xtension$/.test(name) && typeof properties.url === 'string') {
    own += ` url="${escapeAttribute(properties.url)}"`;
    rest = without(rest, 'url');
  }
  const inner = children(rest);
  return inner === '' ? `<${name}${own}/>` : `<${name}${own}>${inner}</${name}>`;
}

function without(properties: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([each]) => each !== name));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Line ends and tabs become references: a parser would turn them into spaces in an attribute. */
export function escapeAttribute(value: string): string {
  return (
    value
      .replace(/[&<>"]/g, (character) => entities[character] as string)
      .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
      // The other control characters, and lone surrogates, cannot be written in XML 1.0 at all.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters meant
      .replace(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '')
  );
}
