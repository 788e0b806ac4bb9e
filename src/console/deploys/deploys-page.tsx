import { Alert, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { deploysQuery } from '../remote/queries.ts';
import { DeployCard } from './deploy-card.tsx';

/** What ran and runs, who made it run, and going back. */
export function DeploysPage() {
  const { data, error } = useQuery(deploysQuery);
  return (
    <Stack gap="md">
      <title>Deploys · Suture</title>
      <div>
        <Title order={1} size="h3">
          Deploys
        </Title>
        <Text size="sm" c="dimmed">
          {data?.running
            ? `This engine runs deployment ${data.running}.`
            : 'Sites, flows and maps as they were made to run, by whom and when.'}
        </Text>
      </div>
      {error ? <FailureNotice error={error} /> : null}
      {!data && !error && <Skeleton height={160} aria-label="Loading" />}
      {data?.driftText && (
        <Alert color="yellow" title="The project’s folder is not what runs" data-testid="drift">
          {data.driftText}
        </Alert>
      )}
      {data?.rows.length === 0 && (
        <EmptyState title="Nothing was deployed">
          The engine runs the project’s folder. “suture deploy” makes it a version that can be gone back to.
        </EmptyState>
      )}
      {data?.rows.map((row) => (
        <DeployCard key={row.id} row={row} running={data.running} />
      ))}
    </Stack>
  );
}
