import { Badge, Button, Paper, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { WriteRow, WriteView } from '../../api/types.ts';
import { Moment } from '../parts/time.tsx';
import { WriteDetail } from './write-detail.tsx';

const COLORS: Readonly<Record<WriteRow['state'], string>> = {
  planned: 'blue',
  sending: 'blue',
  unknown: 'orange',
  done: 'green',
  refused: 'red',
};

const MEANING: Readonly<Record<WriteRow['state'], string>> = {
  planned: 'meant, and certainly not sent',
  sending: 'it may go out at this moment',
  unknown: 'it went out, and nobody knows whether it was done',
  done: 'it is there',
  refused: 'the other side said no, or it was given up',
};

export function WriteBadge({ state }: { readonly state: WriteRow['state'] }) {
  return (
    <Badge
      className="state-badge"
      color={COLORS[state]}
      variant="light"
      radius="sm"
      tt="none"
      title={MEANING[state]}
      data-testid={`write-${state}`}
    >
      {state}
    </Badge>
  );
}

const COLUMNS = ['State', 'What', 'Site', 'By', 'Flow', 'Message', 'Changed'] as const;

function Row({ write }: { readonly write: WriteView }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const place = `${write.what} at ${write.site}`;
  return (
    <>
      <Table.Tr data-testid={`write-row-${write.id}`}>
        <Table.Td data-label="State">
          <WriteBadge state={write.state} />
        </Table.Td>
        <Table.Td data-label="What">
          <Text size="sm" fw={600} span>
            {write.what}
          </Text>
          {write.outcome !== null && (
            <Text size="xs" c="dimmed">
              {write.outcome}
            </Text>
          )}
        </Table.Td>
        <Table.Td data-label="Site">
          <Text size="sm" span>
            {write.site} <span className="soft">/</span> {write.connection}
          </Text>
        </Table.Td>
        <Table.Td data-label="By">{write.way ?? <span className="soft">not known</span>}</Table.Td>
        <Table.Td data-label="Flow">
          <Text size="sm" span>
            {write.flow} <span className="soft">/ {write.step}</span>
          </Text>
        </Table.Td>
        <Table.Td data-label="Message">
          <Link
            to="/messages/$id"
            params={{ id: write.messageId }}
            className="plain-link"
            aria-label={`Message ${write.messageId}`}
          >
            {write.messageId}
          </Link>
        </Table.Td>
        <Table.Td data-label="Changed">
          <Moment at={write.updatedAt} />
        </Table.Td>
        <Table.Td className="open-cell">
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
            aria-controls={id}
            aria-label={`${open ? 'Close' : 'Open'} ${place}, write ${write.id}`}
            data-testid="write-open"
          >
            {open ? 'Close' : 'Open'}
          </Button>
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr id={id} className="detail-row">
          <Table.Td colSpan={COLUMNS.length + 1}>
            <WriteDetail write={write} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

export function WriteTable(props: {
  readonly rows: readonly WriteView[];
  readonly label: string;
  readonly testId: string;
}) {
  return (
    <Paper withBorder className="table-frame">
      <Table
        verticalSpacing={7}
        horizontalSpacing="md"
        className="cards-on-phone write-table"
        aria-label={props.label}
        data-testid={props.testId}
      >
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
            <Table.Th>
              <span className="unseen">Details</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.rows.map((write) => (
            <Row key={write.id} write={write} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
