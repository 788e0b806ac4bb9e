import { type KeyboardEvent, useState } from 'react';
import type { Hl7Field, Hl7Segment, Structure } from '../../api/types.ts';

type Hl7 = Extract<Structure, { kind: 'hl7' }>;

const MASK = '•••';

/** Empty fields between two filled ones are separators only, as in the message. */
function Line(props: {
  readonly segment: Hl7Segment;
  readonly separator: string;
  readonly chosen: Hl7Field | null;
  readonly onChoose: (field: Hl7Field) => void;
}) {
  const { segment, separator, chosen, onChoose } = props;
  let last = segment.id === 'MSH' ? 1 : 0;
  return (
    <div className="hl7-line">
      <span className="hl7-id">{segment.id}</span>
      {segment.fields
        .filter((field) => !(segment.id === 'MSH' && field.number === 1))
        .map((field) => {
          const gap = separator.repeat(Math.max(1, field.number - last));
          last = field.number;
          return (
            <span key={field.path}>
              <span className="hl7-separator">{gap}</span>
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the line of fields is one widget; keys are handled there */}
              <span
                className={`hl7-field ${chosen === field ? 'hl7-chosen' : ''} ${field.raw === null ? 'hl7-masked' : ''}`}
                onMouseEnter={() => onChoose(field)}
                title={`${field.path} ${field.name}`}
              >
                {field.raw ?? MASK}
              </span>
            </span>
          );
        })}
      <span className="hl7-separator">{separator.repeat(segment.trailing)}</span>
    </div>
  );
}

/** The message as it stands, one segment a line; the field under the pointer, or chosen by arrow keys, is named. */
export function RawView({ structure }: { readonly structure: Hl7 }) {
  const fields = structure.segments.flatMap((segment) => segment.fields);
  const [index, setIndex] = useState<number | null>(null);
  const chosen = index === null ? null : (fields[index] ?? null);

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setIndex((old) => Math.min(fields.length - 1, Math.max(0, (old ?? -1) + step)));
  };

  return (
    <div>
      <p className="hl7-name" role="status" data-testid="field-name">
        {chosen ? (
          <>
            <strong>{chosen.path}</strong> {chosen.name}
          </>
        ) : (
          'Point at a field for its name, or use the arrow keys.'
        )}
      </p>
      <section
        className="hl7-raw"
        aria-label="HL7 message"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the fields, and it scrolls
        tabIndex={0}
        onKeyDown={onKeyDown}
        data-testid="raw"
      >
        {structure.segments.map((segment, position) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: segments never move
            key={position}
            segment={segment}
            separator={structure.separator}
            chosen={chosen}
            onChoose={(field) => setIndex(fields.indexOf(field))}
          />
        ))}
      </section>
      {structure.cut && (
        <p className="hl7-name">Only the beginning is shown; download the message for the rest.</p>
      )}
    </div>
  );
}
