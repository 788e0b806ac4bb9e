import { Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import type { MessageDetail, Revealed } from '../../api/types.ts';
import { Flags } from '../messages/message-table.tsx';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
import { messageQuery } from '../remote/queries.ts';
import { Content } from './content.tsx';
import { DeliveryCard } from './delivery-card.tsx';

const DOORS: Readonly<Record<MessageDetail['message']['door'], string>> = {
  feed: 'a feed',
  poll: 'asking',
  webhook: 'a webhook',
  file: 'a file',
  bulk: 'a bulk export',
  replay: 'a replay',
  retest: 'a retest',
  manual: 'hand',
  schedule: 'its schedule',
};

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Summary({ detail }: { readonly detail: MessageDetail }) {
  const { message } = detail;
  return (
    <Paper withBorder p="md">
      <dl className="facts" data-testid="summary">
        <Fact name="Received">
          <Moment at={message.receivedAt} always />
        </Fact>
        <Fact name="Feed">
          <Link
            to="/messages"
            search={{ site: message.site, connection: message.connection }}
            className="plain-link"
          >
            {message.site} / {message.connection}
          </Link>
        </Fact>
        <Fact name="Came by">
          {DOORS[message.door]}, as {message.format}
        </Fact>
        <Fact name="Control id">
          <span className="mono">{message.controlId ?? 'none'}</span>
        </Fact>
        <Fact name="Size">{message.size.toLocaleString()} bytes</Fact>
        <Fact name="Answer given">{detail.answered}</Fact>
        {message.repeats > 0 && (
          <Fact name="Repeats">
            The same bytes came {message.repeats} more {message.repeats === 1 ? 'time' : 'times'}; each got
            the same answer and was not delivered again.
          </Fact>
        )}
      </dl>
    </Paper>
  );
}

export function MessagePage() {
  const { id } = useParams({ from: '/messages/$id' });
  const { data: detail, error } = useQuery(messageQuery(id));
  // Kept by this screen alone: leaving it forgets the content.
  const reveal = useMutation({
    mutationFn: () => post<Revealed>(`/api/messages/${encodeURIComponent(id)}/reveal`, { what: 'content' }),
    gcTime: 0,
  });
  const { reset } = reveal;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message begins masked
  useEffect(() => reset(), [id, reset]);

  if (!detail)
    return error ? <FailureNotice error={error} /> : <Skeleton height={320} aria-label="Loading" />;
  const { message, deliveries } = detail;
  const revealed = reveal.data ?? null;
  return (
    <Stack gap="md">
      <title>{`Message ${message.id} · Suture`}</title>
      <div>
        <Text size="sm" mb={2}>
          <Link to="/messages" search={{}} className="plain-link">
            Messages
          </Link>{' '}
          <span className="soft">/</span> {message.id}
        </Text>
        <Group gap="xs">
          <Title order={1} size="h3">
            {message.type === '' ? 'Message without a type' : message.type}
          </Title>
          {message.state === 'rejected' && <StateBadge state="rejected" />}
          {message.state === 'accepted' && deliveries.length === 0 && <StateBadge state="unrouted" />}
          {deliveries.map(({ delivery }) => (
            <StateBadge key={delivery.id} state={delivery.state} flow={delivery.flow} />
          ))}
          <Flags message={message} />
        </Group>
      </div>
      {error && <FailureNotice error={error} />}
      <Summary detail={detail} />
      <Content
        detail={detail}
        revealed={revealed}
        revealing={reveal.isPending}
        error={reveal.error}
        onReveal={() => reveal.mutate()}
        onHide={() => reveal.reset()}
      />
      <section aria-labelledby="deliveries">
        <Title order={2} size="h5" mb="xs" id="deliveries">
          Deliveries
        </Title>
        {deliveries.length === 0 ? (
          <EmptyState title={message.state === 'rejected' ? 'Refused at receipt' : 'No flow wanted it'}>
            {message.state === 'rejected'
              ? (message.reason ?? 'No reason was kept.')
              : 'It is kept and counts as Filtered. A flow that is added later wants later messages only.'}
          </EmptyState>
        ) : (
          <Stack gap="sm">
            {deliveries.map((delivery) => (
              <DeliveryCard
                key={delivery.delivery.id}
                detail={delivery}
                revealed={revealed?.deliveries.find((one) => one.id === delivery.delivery.id)}
                text={revealed && !revealed.cut && message.door !== 'poll' ? revealed.text : null}
              />
            ))}
          </Stack>
        )}
      </section>
    </Stack>
  );
}
