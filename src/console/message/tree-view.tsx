import type { Hl7Field, Hl7Segment, Structure } from '../../api/types.ts';

type Hl7 = Extract<Structure, { kind: 'hl7' }>;

function Field({ field }: { readonly field: Hl7Field }) {
  return (
    <>
      <tr>
        <td className="mono tree-path">{field.path}</td>
        <td className="tree-name">{field.name}</td>
        <td className={field.raw === null ? 'mono soft' : 'mono tree-value'}>{field.raw ?? '•••'}</td>
      </tr>
      {field.parts.map((part) => (
        <tr key={part.path} className="tree-part">
          <td className="mono tree-path">{part.path}</td>
          <td />
          <td className="mono tree-value">{part.value}</td>
        </tr>
      ))}
    </>
  );
}

function Segment({ segment }: { readonly segment: Hl7Segment }) {
  return (
    <details open className="tree-segment">
      <summary>
        <span className="mono tree-id">{segment.id}</span> {segment.name}{' '}
        <span className="soft">
          {segment.fields.length} {segment.fields.length === 1 ? 'field' : 'fields'} filled
        </span>
      </summary>
      <table>
        <tbody>
          {segment.fields.map((field) => (
            <Field key={field.path} field={field} />
          ))}
        </tbody>
      </table>
    </details>
  );
}

export function TreeView({ structure }: { readonly structure: Hl7 }) {
  return (
    <div className="tree" data-testid="tree">
      {structure.segments.map((segment, position) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: segments never move
        <Segment key={position} segment={segment} />
      ))}
    </div>
  );
}
