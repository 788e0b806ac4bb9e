/** What is wrong with the body of an admin request, in words for the person who sent it. */
export class BadBody extends Error {}

/** Reads the JSON body of an admin request. */
export class Body {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new BadBody('send a JSON object, with content-type application/json');
    }
    this.#fields = value as Record<string, unknown>;
  }

  /** Everything that was sent, as it was sent. */
  get fields(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  text(name: string): string {
    return required(name, this.optionalText(name));
  }
  number(name: string): number {
    return required(name, this.optionalNumber(name));
  }

  /** Text, or a number as its digits: a CSN may be given either way. */
  optionalText(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string' || value === '') throw new BadBody(`${name} must be text`);
    return value;
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new BadBody(`${name} must be a number`);
    return value;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#fields[name];
    if (value !== undefined && typeof value !== 'boolean') throw new BadBody(`${name} must be true or false`);
    return value;
  }

  optionalTexts(name: string): string[] | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
      throw new BadBody(`${name} must be a list of texts`);
    }
    return value;
  }

  optionalBody(name: string): Body | undefined {
    const value = this.#fields[name];
    return value === undefined ? undefined : new Body(value);
  }
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new BadBody(`${name} is missing`);
  return value;
}
