import { Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import '../message/message.css';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { approvalsQuery } from '../remote/queries.ts';
import { ApprovalCard } from './approval-card.tsx';

/** What flows ask people, late ones first. */
export function ApprovalsPage() {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(approvalsQuery);
  const rows = data?.pages.flatMap((page) => page.rows);
  return (
    <Stack gap="md">
      <title>Approvals · Suture</title>
      <div>
        <Title order={1} size="h3">
          Approvals
        </Title>
        <Text size="sm" c="dimmed">
          Deliveries that go on only when a person agrees. They wait outside their lanes; late ones that are
          held stop their patient’s lane.
        </Text>
      </div>
      {error ? <FailureNotice error={error} /> : null}
      {!rows && !error && <Skeleton height={160} aria-label="Loading" />}
      {rows?.length === 0 && (
        <EmptyState title="Nobody is asked">
          A flow with an approve step puts its questions here until they are answered.
        </EmptyState>
      )}
      {rows?.map((approval) => (
        <ApprovalCard key={approval.delivery.id} approval={approval} />
      ))}
      {hasNextPage && (
        <Button
          variant="default"
          loading={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
          data-testid="more"
        >
          More
        </Button>
      )}
    </Stack>
  );
}
