import { Badge, Button, Group, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Approval, ApprovalShown } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { FailureNotice } from '../parts/notice.tsx';
import { RevealButton, useReveal } from '../parts/reveal.tsx';
import { ageText, Moment, useNow } from '../parts/time.tsx';
import { meQuery, useMayOperate } from '../remote/queries.ts';
import { AnswerDialog } from './answer-dialog.tsx';

function Deadline({ approval }: { readonly approval: Approval }) {
  const now = useNow();
  const { deadline, late, whenLate } = approval;
  if (deadline === null) return <>no deadline</>;
  if (late || deadline <= now) return <>{ageText(now - deadline)} late</>;
  const then = whenLate === 'hold' ? 'then it is held in its lane' : 'then it counts as refused';
  return (
    <>
      until <Moment at={deadline} /> (in {ageText(deadline - now)}), {then}
    </>
  );
}

/** One question: what is asked, about which message, until when; its details are masked until asked for. */
export function ApprovalCard({ approval }: { readonly approval: Approval }) {
  const { delivery, message, step, ask, role, since, late, cancelOn } = approval;
  const [answer, setAnswer] = useState<boolean | null>(null);
  const mayOperate = useMayOperate();
  const { data: me } = useQuery(meQuery);
  const mayAnswer = mayOperate && (role !== 'admin' || me?.role === 'admin');
  const reveal = useReveal<ApprovalShown>(`/api/approvals/${encodeURIComponent(delivery.id)}/reveal`);
  return (
    <Paper withBorder p="md" data-testid={`approval-${delivery.id}`}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className="card-text">
          <Group gap="xs">
            <Text fw={600} data-testid="ask">
              {ask}
            </Text>
            {late && (
              <Badge color="orange" variant="light" radius="sm" tt="none" className="state-badge">
                held: late
              </Badge>
            )}
          </Group>
          <Text size="sm" mt={2}>
            {message.site} <span className="soft">/</span> {delivery.flow}{' '}
            <span className="soft">/ {step} · message</span>{' '}
            <Link to="/messages/$id" params={{ id: message.id }} className="plain-link">
              {message.id}
            </Link>{' '}
            <span className="soft">{message.type}</span>
          </Text>
          <Text size="xs" c="dimmed" mt={2}>
            asked <Moment at={since} /> · <Deadline approval={approval} /> · answered by the role {role}
            {cancelOn.length > 0 && <> · {cancelOn.join(', ')} of the same patient ends it</>}
          </Text>
        </div>
        <Group gap="xs">
          <RevealButton reveal={reveal} mayOperate={mayOperate} what="details" testId="show" />
          {mayAnswer && (
            <>
              <Button size="compact-sm" onClick={() => setAnswer(true)} data-testid="approve">
                Approve
              </Button>
              <Button
                size="compact-sm"
                variant="light"
                color="red"
                onClick={() => setAnswer(false)}
                data-testid="refuse"
              >
                Refuse
              </Button>
            </>
          )}
          {!mayAnswer && (
            <Text size="xs" c="dimmed">
              {mayOperate
                ? 'Only an administrator may answer.'
                : 'Your role sees questions without their details.'}
            </Text>
          )}
        </Group>
      </Group>
      {reveal.isError && <FailureNotice error={reveal.error} />}
      {reveal.data && (
        <div className="step-data" data-testid="shown">
          <JsonTree name="shown" value={reveal.data.show} />
        </div>
      )}
      {answer !== null && (
        <AnswerDialog approval={approval} approved={answer} onClose={() => setAnswer(null)} />
      )}
    </Paper>
  );
}
