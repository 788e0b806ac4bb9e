import { Badge, Button, Group, Paper, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DeliveryDetail, RevealedDelivery } from '../../api/types.ts';
import { EditDialog } from '../dead/edit-dialog.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { ageText, lengthText, Moment, useNow } from '../parts/time.tsx';
import { useMayOperate } from '../remote/queries.ts';
import { type Act, ActDialog } from './act-dialog.tsx';
import { StepList } from './step-list.tsx';

function NextAttempt({ dueAt }: { readonly dueAt: number }) {
  const now = useNow();
  return (
    <>{dueAt > now ? `next attempt in ${ageText(dueAt - now)}` : 'next attempt as soon as it is its turn'}</>
  );
}

function Attempts(props: {
  readonly detail: DeliveryDetail;
  readonly revealed: RevealedDelivery | undefined;
}) {
  const { detail, revealed } = props;
  if (detail.attempts.length === 0) return null;
  const details = new Map(revealed?.attempts.map((attempt) => [attempt.attempt, attempt.detail]));
  return (
    <ol className="attempts" data-testid="attempts">
      {detail.attempts.map((attempt) => (
        <li key={attempt.attempt}>
          <div className="soft">
            Attempt {attempt.attempt}, <Moment at={attempt.endedAt} />, after {lengthText(attempt.ms)} ·{' '}
            {attempt.failure.code}
            {attempt.failure.at.step ? ` at step ${attempt.failure.at.step}` : ''}
          </div>
          {attempt.failure.message}
          {details.get(attempt.attempt) && <pre className="said">{details.get(attempt.attempt)}</pre>}
        </li>
      ))}
    </ol>
  );
}

/** Some are decided on a page of their own, with all that wait for the same. */
function WhereDecided({ delivery }: { readonly delivery: DeliveryDetail['delivery'] }) {
  if (delivery.heldFor === 'unmapped code')
    return (
      <Text size="sm" mt="xs">
        <Link to="/codes" search={{}} className="plain-link" data-testid="to-codes">
          The code and the row to add
        </Link>
      </Text>
    );
  if (delivery.heldFor !== 'unknown outcome') return null;
  return (
    <Text size="sm" mt="xs">
      <Link
        to="/writes"
        search={{ message: delivery.messageId }}
        className="plain-link"
        data-testid="to-writes"
      >
        The writes of this message
      </Link>
    </Text>
  );
}

/** One message's way through one flow: where it stands, what failed and what to do first, its steps. */
export function DeliveryCard(props: {
  readonly detail: DeliveryDetail;
  readonly revealed: RevealedDelivery | undefined;
  /** The whole content while it is shown, and when a copy of it can be edited. */
  readonly text: string | null;
}) {
  const { detail, revealed, text } = props;
  const { delivery } = detail;
  const [editing, setEditing] = useState(false);
  const mayAct = useMayOperate();
  const [act, setAct] = useState<Act | null>(null);
  const finished = delivery.finishedAt !== null || ['delivered', 'filtered', 'dead'].includes(delivery.state);
  const current = delivery.failure !== null && delivery.state !== 'delivered' ? delivery.failure : null;
  return (
    <Paper withBorder p="md" data-testid={`delivery-${delivery.id}`}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Group gap="xs">
          <Text fw={600}>{delivery.flow}</Text>
          <StateBadge state={delivery.state} />
          <Text size="xs" c="dimmed" title={delivery.flowVersion} data-testid="version">
            version <span className="mono">{delivery.flowVersion.slice(0, 8)}</span>
          </Text>
          {delivery.heldFor && <Text size="sm">{delivery.heldFor}</Text>}
          {delivery.replayOf && (
            <Badge color="grape" variant="light" radius="sm" tt="none" className="state-badge">
              replay of delivery {delivery.replayOf}
            </Badge>
          )}
          {delivery.replayedBy && (
            <Badge color="grape" variant="light" radius="sm" tt="none" className="state-badge">
              replayed as delivery {delivery.replayedBy}
            </Badge>
          )}
          {delivery.possibleDuplicate && (
            <Badge
              color="orange"
              variant="light"
              radius="sm"
              tt="none"
              className="state-badge"
              title="It was under way when the engine stopped uncleanly: what it sent may have arrived"
            >
              possible duplicate
            </Badge>
          )}
        </Group>
        {mayAct && (
          <Group gap="xs">
            {delivery.state === 'held' && (
              <>
                <Button size="compact-sm" onClick={() => setAct('release')} data-testid="release">
                  Release
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => setAct('give-up')}
                  data-testid="give-up"
                >
                  Give up
                </Button>
              </>
            )}
            {finished && text !== null && (
              <Button size="compact-sm" variant="default" onClick={() => setEditing(true)} data-testid="edit">
                Send a corrected copy
              </Button>
            )}
            {finished && (
              <Button
                size="compact-sm"
                variant={delivery.state === 'dead' ? 'filled' : 'default'}
                onClick={() => setAct('replay')}
                data-testid="replay"
              >
                Replay
              </Button>
            )}
          </Group>
        )}
      </Group>
      <Text size="xs" c="dimmed" mt={2}>
        Delivery {delivery.id} · {delivery.attempts} {delivery.attempts === 1 ? 'attempt' : 'attempts'}
        {delivery.finishedAt !== null && (
          <>
            {' '}
            · ended <Moment at={delivery.finishedAt} /> (
            {lengthText(delivery.finishedAt - delivery.createdAt)} after planning)
          </>
        )}
        {delivery.state === 'waiting' && (
          <>
            {' '}
            · <NextAttempt dueAt={delivery.dueAt} />
          </>
        )}
      </Text>
      {current && (
        <div className="failure" role="note" data-testid="delivery-failure">
          <strong>{current.message}</strong>
          <div>
            <span className="failure-label">What to do first</span> {current.fix}
          </div>
        </div>
      )}
      {delivery.state === 'held' && <WhereDecided delivery={delivery} />}
      <StepList detail={detail} revealed={revealed} />
      <Attempts detail={detail} revealed={revealed} />
      {editing && text !== null && (
        <EditDialog delivery={delivery} text={text} onClose={() => setEditing(false)} />
      )}
      {act && <ActDialog act={act} detail={detail} onClose={() => setAct(null)} />}
    </Paper>
  );
}
