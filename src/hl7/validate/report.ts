import {
  type Severity,
  type ValidationFinding,
  type ValidationLevel,
  type ValidationRuleName,
  validationRules,
} from './rule.ts';

/** Collects findings of the levels that were asked for, up to a limit. */
export class Report {
  readonly #levels: ReadonlySet<ValidationLevel>;
  readonly #limit: number;
  readonly #findings: ValidationFinding[] = [];
  #more = 0;

  constructor(levels: ReadonlySet<ValidationLevel>, limit: number) {
    this.#levels = levels;
    this.#limit = limit;
  }

  looksAt(level: ValidationLevel): boolean {
    return this.#levels.has(level);
  }

  add(path: string, rule: ValidationRuleName, text: string, fix: string, severity?: Severity): void {
    const { level, severity: usual } = validationRules[rule];
    if (!this.#levels.has(level)) return;
    if (this.#findings.length >= this.#limit) {
      this.#more += 1;
      return;
    }
    this.#findings.push({ path, rule, level, severity: severity ?? usual, text, fix });
  }

  findings(): ValidationFinding[] {
    if (this.#more === 0) return this.#findings;
    return [
      ...this.#findings,
      {
        path: '',
        rule: 'limit',
        level: 'syntax',
        severity: 'information',
        text: `There are ${this.#more} more findings.`,
        fix: 'Put these right first, or ask for more with `limit`.',
      },
    ];
  }
}
