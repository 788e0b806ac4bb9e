import { useState } from 'react';

/** Opened by itself to this depth, unless it is long. */
const OPEN_DEPTH = 3;
const OPEN_SIZE = 40;

function Value({ value }: { readonly value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return <span className={`json-value json-${value === null ? 'null' : typeof value}`}>{text}</span>;
}

function Branch({
  name,
  value,
  depth,
}: {
  readonly name: string;
  readonly value: object;
  readonly depth: number;
}) {
  const entries = Object.entries(value);
  const [open, setOpen] = useState(depth < OPEN_DEPTH && entries.length <= OPEN_SIZE);
  const type = (value as { resourceType?: unknown }).resourceType;
  const summary = Array.isArray(value)
    ? `${entries.length} ${entries.length === 1 ? 'item' : 'items'}`
    : typeof type === 'string'
      ? type
      : '';
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="json-branch">
      <summary>
        <span className="json-name">{name}</span> <span className="json-summary">{summary}</span>
      </summary>
      {/* Children are made when they are first looked at: a bundle may hold thousands. */}
      {open && (
        <ul>
          {entries.map(([key, inner]) => (
            <Item key={key} name={key} value={inner} depth={depth + 1} />
          ))}
        </ul>
      )}
    </details>
  );
}

function Item({
  name,
  value,
  depth,
}: {
  readonly name: string;
  readonly value: unknown;
  readonly depth: number;
}) {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return (
      <li>
        <Branch name={name} value={value} depth={depth} />
      </li>
    );
  }
  return (
    <li className="json-leaf">
      <span className="json-name">{name}</span> <Value value={value} />
    </li>
  );
}

/** A collapsible tree. Values are text nodes: whatever they hold, nothing in them runs. */
export function JsonTree({ value, name = 'value' }: { readonly value: unknown; readonly name?: string }) {
  if (typeof value !== 'object' || value === null) {
    return (
      <div className="json-tree">
        <Value value={value} />
      </div>
    );
  }
  return (
    <ul className="json-tree">
      <Item name={name} value={value} depth={0} />
    </ul>
  );
}
