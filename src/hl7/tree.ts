import { hl7Null } from './escape.ts';
import { type Reading, readRaw, readText, split } from './reading.ts';
import { countFields, fieldSpan, isDeclaration, type SegmentSpan, type Span } from './span.ts';

export type Level = 'segment' | 'field' | 'repetition' | 'component' | 'subcomponent';

/** One place of a message, for showing it: `path` can be given back to Message.get and Message.set. */
export interface Node {
  readonly level: Level;
  readonly path: string;
  /** The segment's id, or the number of this part within its parent. */
  readonly label: string;
  readonly kind: 'empty' | 'null' | 'text';
  readonly text: string;
  readonly raw: string;
  /** Made when first looked at. A part that is not divided further has none. */
  readonly children: readonly Node[];
}

class Part implements Node {
  readonly level: Level;
  readonly path: string;
  readonly label: string;
  readonly #reading: Reading;
  readonly #segment: SegmentSpan;
  readonly #span: Span;
  readonly #divide: () => readonly Node[];
  #children: readonly Node[] | undefined;

  constructor(
    reading: Reading,
    segment: SegmentSpan,
    span: Span,
    level: Level,
    path: string,
    label: string,
    divide: () => readonly Node[],
  ) {
    this.#reading = reading;
    this.#segment = segment;
    this.#span = span;
    this.level = level;
    this.path = path;
    this.label = label;
    this.#divide = divide;
  }

  get raw(): string {
    return readRaw(this.#reading, this.#segment, this.#span.start, this.#span.end);
  }

  get text(): string {
    return readText(this.#reading, this.#segment, this.#span.start, this.#span.end);
  }

  get kind(): 'empty' | 'null' | 'text' {
    const { raw } = this;
    return raw === '' ? 'empty' : raw === hl7Null ? 'null' : 'text';
  }

  get children(): readonly Node[] {
    this.#children ??= this.#divide();
    return this.#children;
  }

  /** A plain object, all the way down. */
  toJSON(): object {
    const { level, path, label, kind, text, raw, children } = this;
    return { level, path, label, kind, text, raw, children };
  }
}

/** A segment with its fields; a field has repetitions only when there are several, and so on downward. */
export function segmentNode(reading: Reading, segment: SegmentSpan, id: string, path: string): Node {
  const whole = { start: segment.start, end: segment.end };
  // A segment edited later has other offsets; the node keeps showing what it was made from.
  const frozen = { ...segment };
  return new Part(reading, frozen, whole, 'segment', path, id, () => {
    const fields: Node[] = [];
    const count = countFields(frozen, reading.delimiters);
    for (let field = 1; field <= count; field += 1) {
      const span = { start: 0, end: 0 };
      fieldSpan(frozen, reading.delimiters, field, span);
      const own = `${path}-${field}`;
      const divide = isDeclaration(frozen, field) ? () => [] : () => repetitions(reading, frozen, span, own);
      fields.push(new Part(reading, frozen, span, 'field', own, String(field), divide));
    }
    return fields;
  });
}

function repetitions(reading: Reading, segment: SegmentSpan, span: Span, path: string): readonly Node[] {
  const { codes } = reading.delimiters;
  const parts = split(segment.scan, span, codes.repetition);
  if (parts.length === 1) return components(reading, segment, span, path);
  return parts.map((part, i) => {
    const own = `${path}[${i + 1}]`;
    return new Part(reading, segment, part, 'repetition', own, String(i + 1), () =>
      components(reading, segment, part, own),
    );
  });
}

/** A component that is divided makes its field divided, even when it is the only one: `PID-5.1.2`. */
function components(reading: Reading, segment: SegmentSpan, span: Span, path: string): readonly Node[] {
  const { codes } = reading.delimiters;
  const parts = split(segment.scan, span, codes.component);
  if (parts.length === 1 && split(segment.scan, span, codes.subcomponent).length === 1) return [];
  return parts.map((part, i) => {
    const own = `${path}.${i + 1}`;
    return new Part(reading, segment, part, 'component', own, String(i + 1), () => {
      const inner = split(segment.scan, part, codes.subcomponent);
      if (inner.length === 1) return [];
      return inner.map(
        (each, n) =>
          new Part(reading, segment, each, 'subcomponent', `${own}.${n + 1}`, String(n + 1), () => []),
      );
    });
  });
}
