import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { deadQuery, replaysQuery } from '../remote/queries.ts';
import { GroupCard } from './group-card.tsx';
import { JobCard } from './job-card.tsx';

/** Replays that have ended are of interest for a while; the audit trail has them all. */
const ENDED_SHOWN = 5;

export function DeadPage() {
  const { data: dead, error } = useQuery(deadQuery);
  const { data: replays, error: replaysError } = useQuery(replaysQuery);
  const groups = dead?.groups ?? [];
  const letters = groups.reduce((sum, { count }) => sum + count, 0);
  const ended = (replays?.jobs ?? []).filter(({ state }) => state === 'done');
  const jobs = (replays?.jobs ?? []).filter(
    (job) => job.state !== 'done' || ended.indexOf(job) < ENDED_SHOWN,
  );
  return (
    <Stack gap="md">
      <title>Dead letters · Suture</title>
      <div>
        <Title order={1} size="h3">
          Dead letters
        </Title>
        {groups.length > 0 && (
          <Text size="sm" c="dimmed">
            {letters.toLocaleString()} {letters === 1 ? 'delivery' : 'deliveries'} gave up and{' '}
            {letters === 1 ? 'was' : 'were'} not replayed since, for {groups.length}{' '}
            {groups.length === 1 ? 'cause' : 'causes'}. Mend the cause, then replay its group.
          </Text>
        )}
      </div>
      {(error ?? replaysError) && <FailureNotice error={error ?? replaysError} />}
      {!dead && !error && <Skeleton height={200} aria-label="Loading" />}
      {dead && groups.length === 0 && (
        <EmptyState title="No dead letters">
          What gives up appears here, grouped by its cause, with what to do first.
        </EmptyState>
      )}
      {groups.map((group) => (
        <GroupCard key={group.fingerprint} group={group} />
      ))}
      {jobs.length > 0 && (
        <section aria-labelledby="replays">
          <Title order={2} size="h5" mb="xs" id="replays">
            Replays
          </Title>
          <Stack gap="xs" data-testid="replays">
            {jobs.map((job) => (
              <JobCard key={job.id} job={job} />
            ))}
          </Stack>
        </section>
      )}
    </Stack>
  );
}
