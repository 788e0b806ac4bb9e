import { Badge, Group, Paper, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { MessageRow } from '../../api/types.ts';
import { StateBadge } from '../parts/state-badge.tsx';
import { Moment } from '../parts/time.tsx';

export function Flags({ message }: { readonly message: Pick<MessageRow, 'flags' | 'repeats'> }) {
  return (
    <>
      {message.flags.map((flag) => (
        <Badge
          key={flag}
          color="yellow"
          variant="light"
          radius="sm"
          tt="none"
          className="state-badge"
          data-testid={`flag-${flag}`}
        >
          {flag.replaceAll('-', ' ')}
        </Badge>
      ))}
      {message.repeats > 0 && (
        <Badge
          color="gray"
          variant="light"
          radius="sm"
          tt="none"
          className="state-badge"
          title="The same bytes came again and were not delivered again"
        >
          came {message.repeats + 1} times
        </Badge>
      )}
    </>
  );
}

function States({ row }: { readonly row: MessageRow }) {
  if (row.state === 'rejected') return <StateBadge state="rejected" />;
  if (row.deliveries.length === 0) return <StateBadge state="unrouted" />;
  // A replay makes a second delivery of the same flow in the same state: their number keeps them apart.
  const seen = new Map<string, number>();
  return row.deliveries.map(({ flow, state }) => {
    const nth = (seen.get(flow) ?? 0) + 1;
    seen.set(flow, nth);
    return <StateBadge key={`${flow} ${nth}`} state={state} flow={flow} />;
  });
}

export function MessageTable({ rows }: { readonly rows: readonly MessageRow[] }) {
  return (
    <Paper withBorder className="table-frame">
      <Table
        verticalSpacing={7}
        horizontalSpacing="md"
        highlightOnHover
        className="cards-on-phone message-table"
        data-testid="messages"
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Received</Table.Th>
            <Table.Th>Feed</Table.Th>
            <Table.Th>Type</Table.Th>
            <Table.Th>Control id</Table.Th>
            <Table.Th>State</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id} className="row-link" data-testid={`message-${row.id}`}>
              <Table.Td data-label="Received">
                <Link
                  to="/messages/$id"
                  params={{ id: row.id }}
                  className="cover-link"
                  aria-label={`Message ${row.id}`}
                >
                  <Moment at={row.receivedAt} />
                </Link>
              </Table.Td>
              <Table.Td data-label="Feed">
                <Text size="sm" span>
                  {row.site} <span className="soft">/</span> {row.connection}
                </Text>
              </Table.Td>
              <Table.Td data-label="Type">
                {row.type === '' ? <span className="soft">none</span> : row.type}
              </Table.Td>
              <Table.Td data-label="Control id" className="mono">
                {row.controlId ?? <span className="soft">none</span>}
              </Table.Td>
              <Table.Td data-label="State">
                <Group gap={4}>
                  <States row={row} />
                  <Flags message={row} />
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
