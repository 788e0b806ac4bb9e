/** Findings of many messages, counted by rule. */
import { tableLines } from '../../output.ts';

/** What every kind of finding comes down to. None of it is a value of a message. */
export interface Told {
  readonly rule: string;
  readonly where: string;
  readonly text: string;
  readonly severity?: string;
  readonly fix?: string;
}

interface Row {
  readonly severity: string;
  readonly rule: string;
  readonly text: string;
  readonly first: string;
  count: number;
  messages: number;
  last: string;
}

const ranks = ['error', 'warning', '', 'information'];

export class FindingTable {
  readonly #rows = new Map<string, Row>();

  add(told: Told, name: string): void {
    const { rule, severity = '' } = told;
    const key = `${severity} ${rule}`;
    const row = this.#rows.get(key);
    if (row === undefined)
      this.#rows.set(key, {
        severity,
        rule,
        text: told.text,
        first: told.where === '' ? name : `${name} ${told.where}`,
        count: 1,
        messages: 1,
        last: name,
      });
    else {
      row.count += 1;
      if (row.last !== name) row.messages += 1;
      row.last = name;
    }
  }

  get empty(): boolean {
    return this.#rows.size === 0;
  }

  /** Errors first, and of these the most frequent; each with its first place and what it said there. */
  lines(): string[] {
    const rows = [...this.#rows.values()].sort(
      (a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity) || b.count - a.count,
    );
    const severities = rows.some(({ severity }) => severity !== '');
    return tableLines(
      ['count', 'in', ...(severities ? ['severity'] : []), 'rule', 'first seen', 'what'],
      rows.map(({ count, messages, severity, rule, first, text }) => [
        String(count),
        String(messages),
        ...(severities ? [severity] : []),
        rule,
        first,
        text,
      ]),
    );
  }
}

/** One finding on one line. */
export function toldLine(name: string, { where, severity, rule, text, fix }: Told): string {
  // Some sentences begin with their place.
  const place = where === '' || text.startsWith(`${where}:`) ? name : `${name}: ${where}`;
  return `${place}: ${severity === undefined ? '' : `${severity}: `}${text}${fix === undefined ? '' : ` ${fix}`} [${rule}]`;
}
