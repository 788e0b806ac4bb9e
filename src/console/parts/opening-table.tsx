import { Button, Paper, Table } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';

/** A table whose rows open; on a phone each row is a card. */
export function OpeningTable(props: {
  readonly columns: readonly string[];
  readonly label: string;
  readonly testId: string;
  /** What is shown is of the question before. */
  readonly stale?: boolean;
  /** `OpeningRow`s. */
  readonly children: ReactNode;
}) {
  const { columns, label, testId, stale = false, children } = props;
  return (
    <Paper withBorder className={`table-frame${stale ? ' stale' : ''}`} aria-busy={stale}>
      <Table
        verticalSpacing={7}
        horizontalSpacing="md"
        className="cards-on-phone write-table"
        aria-label={label}
        data-testid={testId}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
            <Table.Th>
              <span className="unseen">Details</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Paper>
  );
}

export function OpeningRow(props: {
  /** By the columns of the table, in their order. */
  readonly cells: Readonly<Record<string, ReactNode>>;
  /** What opens, for those who hear the page: `patient.create at mercy, write 7`. */
  readonly name: string;
  readonly testId: string;
  readonly openTestId: string;
  readonly children: ReactNode;
}) {
  const { cells, name, testId, openTestId, children } = props;
  const [open, setOpen] = useState(false);
  const id = useId();
  const all = Object.entries(cells);
  return (
    <>
      <Table.Tr data-testid={testId}>
        {all.map(([column, cell]) => (
          <Table.Td key={column} data-label={column}>
            {cell}
          </Table.Td>
        ))}
        <Table.Td className="open-cell">
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
            aria-controls={id}
            aria-label={`${open ? 'Close' : 'Open'} ${name}`}
            data-testid={openTestId}
          >
            {open ? 'Close' : 'Open'}
          </Button>
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr id={id} className="detail-row">
          <Table.Td colSpan={all.length + 1}>{children}</Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
