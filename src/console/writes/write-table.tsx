import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { WriteRow, WriteView } from '../../api/types.ts';
import { OpeningRow, OpeningTable } from '../parts/opening-table.tsx';
import { Moment } from '../parts/time.tsx';
import { WordBadge } from '../parts/word-badge.tsx';
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
  return <WordBadge word={state} color={COLORS[state]} title={MEANING[state]} testId={`write-${state}`} />;
}

const COLUMNS = ['State', 'What', 'Site', 'By', 'Flow', 'Message', 'Changed'] as const;

const cellsOf = (write: WriteView): Record<(typeof COLUMNS)[number], ReactNode> => ({
  State: <WriteBadge state={write.state} />,
  What: (
    <>
      <Text size="sm" fw={600} span>
        {write.what}
      </Text>
      {write.outcome !== null && (
        <Text size="xs" c="dimmed">
          {write.outcome}
        </Text>
      )}
    </>
  ),
  Site: (
    <Text size="sm" span>
      {write.site} <span className="soft">/</span> {write.connection}
    </Text>
  ),
  By: write.way ?? <span className="soft">not known</span>,
  Flow: (
    <Text size="sm" span>
      {write.flow} <span className="soft">/ {write.step}</span>
    </Text>
  ),
  Message: (
    <Link
      to="/messages/$id"
      params={{ id: write.messageId }}
      className="plain-link"
      aria-label={`Message ${write.messageId}`}
    >
      {write.messageId}
    </Link>
  ),
  Changed: <Moment at={write.updatedAt} />,
});

export function WriteTable(props: {
  readonly rows: readonly WriteView[];
  readonly label: string;
  readonly testId: string;
}) {
  return (
    <OpeningTable columns={COLUMNS} label={props.label} testId={props.testId}>
      {props.rows.map((write) => (
        <OpeningRow
          key={write.id}
          cells={cellsOf(write)}
          name={`${write.what} at ${write.site}, write ${write.id}`}
          testId={`write-row-${write.id}`}
          openTestId="write-open"
        >
          <WriteDetail write={write} />
        </OpeningRow>
      ))}
    </OpeningTable>
  );
}
