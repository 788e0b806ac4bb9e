import { Button, Group, Paper, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { StuckLane } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { ageText, Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
import { lanesQuery, refreshMessages, useMayOperate } from '../remote/queries.ts';

type Act = 'waiting' | 'dead';

const TEXT: Readonly<Record<Act, { title: string; about: string; button: string }>> = {
  waiting: {
    title: 'Try now',
    about:
      'The delivery is tried at once. If its effect may have happened already, it may happen twice; it is marked so.',
    button: 'Try now',
  },
  dead: {
    title: 'Give up',
    about: 'The delivery becomes a dead letter; what stands behind it goes on. It can still be replayed.',
    button: 'Give up',
  },
};

function stateText({ head }: StuckLane, now: number): string {
  if (head.state === 'held') return `held: ${head.heldFor}`;
  if (head.failure?.kind === 'auth') return 'waits for its connection';
  return head.dueAt > now ? `tried again in ${ageText(head.dueAt - now)}` : 'about to be tried again';
}

function Lane({ lane, now }: { readonly lane: StuckLane; readonly now: number }) {
  const mayAct = useMayOperate();
  const client = useQueryClient();
  const [act, setAct] = useState<Act | null>(null);
  const { head, message, standing } = lane;
  return (
    <Paper withBorder p="md" data-testid={`stuck-${head.id}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Text fw={600} size="sm">
            {message.site} <span className="soft">/</span> {head.flow}
          </Text>
          <Text size="xs" c="dimmed">
            {stateText(lane, now)} · {head.attempts} {head.attempts === 1 ? 'attempt' : 'attempts'} · since{' '}
            <Moment at={head.createdAt} /> · {standing === 1 ? 'nothing' : standing - 1} behind it
          </Text>
        </div>
        {mayAct && (
          <Group gap="xs" wrap="nowrap">
            <Button size="compact-xs" onClick={() => setAct('waiting')} data-testid="try-now">
              Try now
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => setAct('dead')}
              data-testid="give-up-lane"
            >
              Give up
            </Button>
          </Group>
        )}
      </Group>
      {head.failure && (
        <Text size="xs" mt={6}>
          <b>{head.failure.code}</b>
          {head.failure.at.step ? ` at step ${head.failure.at.step}` : ''}: {head.failure.message}{' '}
          {head.failure.fix}
        </Text>
      )}
      <Text size="xs" mt={6}>
        <Link
          to="/messages/$id"
          params={{ id: message.id }}
          className="plain-link"
          data-testid="stuck-message"
        >
          {message.type || 'message'} {message.controlId ?? message.id}
        </Link>
      </Text>
      {act && (
        <ReasonDialog
          {...TEXT[act]}
          danger={act === 'dead'}
          run={(reason) => post('/api/release', { deliveryIds: [head.id], to: act, reason })}
          onDone={() => {
            refreshMessages(client);
            void client.invalidateQueries({ queryKey: ['lanes'] });
          }}
          onClose={() => setAct(null)}
        />
      )}
    </Paper>
  );
}

/** Lanes whose head is held or has failed. Nothing is shown while all move. */
export function StuckLanes() {
  const { data, error } = useQuery(lanesQuery);
  if (error) return <FailureNotice error={error} />;
  if (!data || data.lanes.length === 0) return null;
  return (
    <section aria-labelledby="stuck-lanes" data-testid="stuck-lanes">
      <Title order={2} size="h5" mb="xs" id="stuck-lanes">
        Lanes that do not move
      </Title>
      <div className="cards">
        {data.lanes.map((lane) => (
          <Lane key={`${lane.head.id}/${lane.lane}`} lane={lane} now={data.now} />
        ))}
      </div>
    </section>
  );
}
