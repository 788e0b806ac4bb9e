import { Paper, Stack, Text, Title } from '@mantine/core';
import type { CapabilitiesAnswer } from '../../api/types.ts';
import type { Cell, CellName } from './matrix-table.tsx';

type Matrix = CapabilitiesAnswer['matrix'];

function cellOf(matrix: Matrix, name: CellName): Cell | undefined {
  if (name.kind === 'service') return matrix.services[name.service];
  return matrix.rows.find(({ resource }) => resource === name.resource)?.cells[name.ability];
}

/** One cell with everything that is known of it. */
export function CellDetail({ matrix, name }: { readonly matrix: Matrix; readonly name: CellName }) {
  const cell = cellOf(matrix, name);
  if (cell === undefined) return null;
  const title = name.kind === 'service' ? name.service : `${name.resource} ${name.ability}`;
  return (
    <Paper withBorder p="md" role="region" aria-label={title} data-testid="cell-detail">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {title}: {cell.state}
        </Title>
        <Text>{cell.text}</Text>
        {cell.alternative !== null && (
          <Text>
            <b>Instead:</b> {cell.alternative}
          </Text>
        )}
        {cell.conditions.length > 0 && <List title="If" items={cell.conditions} />}
        {cell.latency && (
          <Text size="sm">
            <b>Learnt within:</b> {cell.latency}
          </Text>
        )}
        {cell.ways && cell.ways.length > 0 && (
          <List
            title="Ways"
            items={cell.ways.map(({ name: way, state, text }) => `${way}: ${state}. ${text}`)}
          />
        )}
        {cell.parameters && cell.parameters.native.length > 0 && (
          <Text size="sm">
            <b>Searched by:</b> {cell.parameters.native.join(', ')}
            {cell.parameters.filtered.length > 0
              ? `; only filtered by, so that pages become short: ${cell.parameters.filtered.join(', ')}`
              : ''}
          </Text>
        )}
        <List
          title="Known from"
          items={cell.grounds.map(({ from, text, observedAt, mark, source }) => {
            const when = observedAt ? ` (${observedAt.slice(0, 10)})` : '';
            const sure = mark && mark !== 'confirmed' ? `, ${mark}` : '';
            return `${from}${sure}: ${text}${when}${source ? ` — ${source}` : ''}`;
          })}
        />
      </Stack>
    </Paper>
  );
}

function List({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <ul className="notes">
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </div>
  );
}
