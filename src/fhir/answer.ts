/** What stands in the body of an answer, whatever the server chose to send: JSON, XML, HTML or nothing. */
import { type Issue, issuesOf, issuesOfXml } from './outcome.ts';
import type { FhirResource } from './resource.ts';

export interface Content {
  readonly form: 'fhir' | 'json' | 'xml' | 'html' | 'empty' | 'other';
  /** The body as text. It may hold patient data. */
  readonly text: string;
  readonly resource?: FhirResource;
  readonly issues: readonly Issue[];
}

/** Reads the body by its looks, not by its content type: gateways label HTML as JSON. Never throws. */
export function contentOf(body: Uint8Array): Content {
  const text = new TextDecoder().decode(body);
  const trimmed = text.trim();
  // Epic's 401 has the JSON text "" as its body.
  if (trimmed === '' || trimmed === '""') return { form: 'empty', text: '', issues: [] };
  if (trimmed.startsWith('<')) {
    const html = /^<(!doctype html|html)/i.test(trimmed);
    return html ? { form: 'html', text, issues: [] } : { form: 'xml', text, issues: issuesOfXml(text) };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { form: 'other', text, issues: [] };
  }
  if (!isResource(value)) return { form: 'json', text, issues: [] };
  return { form: 'fhir', text, resource: value, issues: issuesOf(value) };
}

function isResource(value: unknown): value is FhirResource {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { resourceType?: unknown }).resourceType === 'string'
  );
}

/** The start of a body for the sealed history. */
export const excerpt = (text: string): string => (text.length > 16_384 ? `${text.slice(0, 16_384)}…` : text);
