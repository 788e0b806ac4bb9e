import { Badge, Button, Group, Paper, Progress, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Job } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages, useMayOperate } from '../remote/queries.ts';

const COLORS: Readonly<Record<Job['state'], string>> = {
  running: 'blue',
  stopped: 'orange',
  done: 'green',
  failed: 'red',
};

/** A replay of a set: how far it is; to stop, or to go on. */
export function JobCard({ job }: { readonly job: Job }) {
  const mayMove = useMayOperate();
  const client = useQueryClient();
  const move = useMutation({
    mutationFn: (act: 'stop' | 'resume') =>
      post<Job>(`/api/replays/${encodeURIComponent(job.id)}/${act}`, {}),
    onSettled: () => refreshMessages(client),
  });
  const share = job.total === 0 ? 100 : (job.done / job.total) * 100;
  return (
    <Paper withBorder p="sm" data-testid={`replay-${job.state}`}>
      <div className="job-head">
        <Group gap="xs">
          <Badge color={COLORS[job.state]} variant="light" radius="sm" tt="none" className="state-badge">
            {job.state}
          </Badge>
          <Text size="sm" fw={600} data-testid="replay-count">
            {job.done.toLocaleString()} of {job.total.toLocaleString()}
          </Text>
          <Text size="sm" c="dimmed">
            {job.reason} · {job.who}, <Moment at={job.createdAt} />
          </Text>
        </Group>
        {mayMove && job.state === 'running' && (
          <Button
            size="compact-sm"
            color="red"
            variant="light"
            onClick={() => move.mutate('stop')}
            loading={move.isPending}
            data-testid="replay-stop"
          >
            Stop
          </Button>
        )}
        {mayMove && (job.state === 'stopped' || job.state === 'failed') && (
          <Button
            size="compact-sm"
            variant="light"
            onClick={() => move.mutate('resume')}
            loading={move.isPending}
            data-testid="replay-resume"
          >
            Resume
          </Button>
        )}
      </div>
      {job.state !== 'done' && (
        <Progress value={share} mt="xs" aria-label={`${Math.floor(share)} percent replayed`} />
      )}
      {job.failure && (
        <Text size="sm" mt="xs" className="bad">
          {job.failure.message} {job.failure.fix}
        </Text>
      )}
      {move.isError && <FailureNotice error={move.error} />}
    </Paper>
  );
}
