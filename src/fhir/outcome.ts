/** OperationOutcomes: every issue of them, from JSON or XML, without losing the first for the last. */
import { type FhirResource, objectsIn } from './resource.ts';

export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  /** FHIR's issue type: `business-rule`, `not-found`. */
  readonly type: string;
  /** The vendor's codes in `details`: Epic's 59204. Only what looks like a code, so safe to show. */
  readonly codes: readonly string[];
  /** Elements at fault, as paths: `valueQuantity.unit`. Only what looks like one, so safe to show. */
  readonly elements: readonly string[];
  /** What the server says. It may hold patient data: never in a log or a message. */
  readonly text: string;
}

/** A code, not a sentence: what else stands there is not repeated to anyone. */
const CODE = /^[A-Za-z0-9._-]{1,40}$/;

/** FHIRPath's plainest form, and the older XPath's: names, dots, places in lists. */
const ELEMENT = /^[A-Za-z][A-Za-z0-9]{0,39}(\[\d{1,3}\])?(\.[A-Za-z][A-Za-z0-9]{0,39}(\[\d{1,3}\])?){0,7}$/;

const elementsIn = (paths: readonly unknown[]): string[] => [
  ...new Set(
    paths
      .map((path) =>
        textOf(path)
          .replace(/^\/(f:)?/, '')
          .replaceAll(/\/(f:)?/g, '.'),
      )
      .filter((path) => ELEMENT.test(path)),
  ),
];

const severityOf = (value: unknown): Issue['severity'] =>
  value === 'fatal' || value === 'error' || value === 'warning' ? value : 'information';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The issues of an OperationOutcome; none when it is something else. */
export function issuesOf(resource: FhirResource | undefined): Issue[] {
  if (resource?.resourceType !== 'OperationOutcome') return [];
  return objectsIn(resource.issue).map((issue) => {
    const details = (issue.details ?? {}) as Readonly<Record<string, unknown>>;
    const codings = objectsIn(details.coding);
    const said = [details.text, ...codings.map((coding) => coding.display), issue.diagnostics];
    return {
      severity: severityOf(issue.severity),
      type: CODE.test(textOf(issue.code)) ? textOf(issue.code) : 'unknown',
      codes: codings.map((coding) => textOf(coding.code)).filter((code) => CODE.test(code)),
      elements: elementsIn([issue.expression, issue.location].flat()),
      text: said.filter((text) => typeof text === 'string' && text !== '').join('; '),
    };
  });
}

/** The same from XML, which servers send when a gateway drops the Accept header. */
export function issuesOfXml(text: string): Issue[] {
  if (!text.includes('OperationOutcome')) return [];
  return text
    .split('<issue>')
    .slice(1)
    .map((issue) => {
      const coding = issue.includes('<coding>') ? (issue.split('<coding>')[1] ?? '') : '';
      const own = issue.split('<details>')[0] ?? '';
      const code = attribute(coding, 'code');
      const said = [attribute(issue, 'text'), attribute(coding, 'display'), attribute(issue, 'diagnostics')];
      return {
        severity: severityOf(attribute(own, 'severity')),
        type: CODE.test(attribute(own, 'code')) ? attribute(own, 'code') : 'unknown',
        codes: CODE.test(code) ? [code] : [],
        elements: elementsIn([attribute(issue, 'expression'), attribute(issue, 'location')]),
        text: said.filter((part) => part !== '').join('; '),
      };
    });
}

function attribute(xml: string, element: string): string {
  const from = xml.indexOf(`<${element} value="`);
  if (from < 0) return '';
  const start = from + element.length + 9;
  const end = xml.indexOf('"', start);
  return end < 0 ? '' : xml.slice(start, end);
}

/** All codes of the issues, without repeats, fatal ones first. */
export function codesOf(issues: readonly Issue[]): string[] {
  const rank = { fatal: 0, error: 1, warning: 2, information: 3 } as const;
  const ordered = [...issues].sort((a, b) => rank[a.severity] - rank[b.severity]);
  return [...new Set(ordered.flatMap((issue) => issue.codes))];
}

/** Elements that refusals are about, without repeats. */
export const elementsOf = (issues: readonly Issue[]): string[] => [
  ...new Set(
    issues
      .filter(({ severity }) => severity === 'fatal' || severity === 'error')
      .flatMap(({ elements }) => elements),
  ),
];

/** True when an issue says that the answer is not to be used. */
export const isRefusal = (issues: readonly Issue[]): boolean =>
  issues.some((issue) => issue.severity === 'fatal' || issue.severity === 'error');
