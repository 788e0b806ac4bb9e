import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { PlanAnswer } from '../../api/types.ts';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { post } from '../remote/client.ts';
import { deploysQuery, useMayOperate } from '../remote/queries.ts';
import { ChangeLines, DeployCard } from './deploy-card.tsx';

/** What ran and runs, who made it run, and going back. */
export function DeploysPage() {
  const { data, error } = useQuery(deploysQuery);
  const mayOperate = useMayOperate();
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
        <Alert
          color="yellow"
          title={
            data.drift?.count ? 'The project’s folder is not what runs' : 'What runs is not what Git has'
          }
          data-testid="drift"
        >
          {data.driftText}
          {data.drift?.count && mayOperate ? <FolderPlan /> : null}
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

/** What deploying the engine's folder would change: asked for, since it reads all of it. */
function FolderPlan() {
  const plan = useMutation({ mutationFn: () => post<PlanAnswer>('/api/deploys/folder-plan', {}) });
  if (plan.data) {
    const { changes, faults, queued } = plan.data.plan;
    return (
      <div data-testid="folder-plan">
        <ChangeLines changes={changes} />
        {faults.map((fault) => (
          <Text key={fault} size="sm" mt={4} className="bad">
            in the way: {fault}
          </Text>
        ))}
        {queued.map(({ flow, waiting, sleeping, held }) => (
          <Text key={flow} size="sm" mt={4}>
            queued under {flow}: {waiting} waiting, {sleeping} asleep, {held} held
          </Text>
        ))}
      </div>
    );
  }
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        mt="xs"
        loading={plan.isPending}
        onClick={() => plan.mutate()}
        data-testid="show-plan"
      >
        Show the plan
      </Button>
      {plan.isError && <FailureNotice error={plan.error} />}
    </div>
  );
}
