/** Reads an HL7 v2 message as far as the hospital needs it. Written apart from what sends. */

/** A message that cannot be read at all. */
export class Unreadable extends Error {}

const escaped: Readonly<Record<string, string>> = { F: '|', S: '^', T: '&', R: '~', E: '\\' };

/** One segment; fields count from 1 as HL7 numbers them, so that MSH-1 is the separator. */
export class Segment {
  readonly name: string;
  readonly #fields: readonly string[];
  readonly #marks: Marks;

  constructor(line: string, marks: Marks) {
    const [name = '', ...fields] = line.split(marks.field);
    this.name = name;
    this.#fields = name === 'MSH' ? ['', marks.field, ...fields] : ['', ...fields];
    this.#marks = marks;
  }

  /** A field as it stands, not unescaped. */
  raw(field: number): string {
    return this.#fields[field] ?? '';
  }
  /** The first component of the first repetition, or another one; empty when it is absent. */
  text(field: number, component = 1): string {
    return this.part(this.repetitions(field)[0] ?? '', component);
  }
  repetitions(field: number): string[] {
    const raw = this.raw(field);
    return raw === '' ? [] : raw.split(this.#marks.repetition);
  }
  part(repetition: string, component: number): string {
    return this.#plain(repetition.split(this.#marks.component)[component - 1] ?? '');
  }
  /** Whether a field says `""`: delete what you have. */
  deletes(field: number): boolean {
    return this.raw(field) === '""';
  }

  #plain(text: string): string {
    const mark = this.#marks.escape.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return text.replace(
      new RegExp(`${mark}([FSTRE]|X[0-9A-Fa-f]+|\\.br)${mark}`, 'g'),
      (_whole, code: string) => {
        if (code === '.br') return '\n';
        if (code.startsWith('X')) return Buffer.from(code.slice(1), 'hex').toString('latin1');
        return escaped[code] as string;
      },
    );
  }
}

interface Marks {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
}

/** A message: its segments in order. */
export class Incoming {
  readonly segments: readonly Segment[];
  readonly header: Segment;

  /** Throws Unreadable. */
  constructor(text: string) {
    const lines = text.split(/\r\n?|\n/).filter((line) => line !== '');
    const [first = ''] = lines;
    if (!/^MSH.{5}/.test(first)) throw new Unreadable('the message does not begin with MSH');
    const marks: Marks = {
      field: first.charAt(3),
      component: first.charAt(4),
      repetition: first.charAt(5),
      escape: first.charAt(6),
    };
    this.segments = lines.map((line) => new Segment(line, marks));
    this.header = this.segments[0] as Segment;
  }

  get type(): string {
    return this.header.text(9, 1);
  }
  get trigger(): string {
    return this.header.text(9, 2);
  }
  get controlId(): string {
    return this.header.text(10);
  }

  first(name: string): Segment | undefined {
    return this.segments.find((segment) => segment.name === name);
  }
  all(name: string): Segment[] {
    return this.segments.filter((segment) => segment.name === name);
  }
  /** Each segment of a name with those that follow it, up to the next of the same name. */
  groups(name: string): { head: Segment; rest: Segment[] }[] {
    const found: { head: Segment; rest: Segment[] }[] = [];
    for (const segment of this.segments) {
      if (segment.name === name) found.push({ head: segment, rest: [] });
      else found.at(-1)?.rest.push(segment);
    }
    return found;
  }
}
