import { Paper, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Attention as Counted } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { attentionQuery } from '../remote/queries.ts';

type Reason = Counted['held'][number]['reason'];

/** Held deliveries that have a page of their own, where a person decides. */
const ELSEWHERE: readonly Reason[] = ['unmapped code', 'unanswered'];

function Item(props: { readonly count: string; readonly testId: string; readonly children: ReactNode }) {
  return (
    <Paper withBorder p="sm" component="li" data-testid={props.testId}>
      <span className="attention-count">{props.count}</span>
      <Text size="sm" span>
        {props.children}
      </Text>
    </Paper>
  );
}

/** What waits for a person, each with the page where it is decided. Nothing is shown while nothing waits. */
export function Attention() {
  const { data, error } = useQuery(attentionQuery);
  if (error) return <FailureNotice error={error} />;
  if (!data) return null;
  const of = (reason: Reason): number => data.held.find((one) => one.reason === reason)?.count ?? 0;
  const many = (count: number, more: boolean): string => `${count.toLocaleString()}${more ? '+' : ''}`;
  // A write that cannot be found out holds its delivery: that is said once.
  const others = data.held.filter(
    ({ reason, count }) =>
      !ELSEWHERE.includes(reason) && (reason !== 'unknown outcome' || count > data.undecided),
  );
  const waiting = of('unmapped code');
  if (waiting === 0 && data.undecided === 0 && of('unanswered') === 0 && others.length === 0) return null;
  return (
    <section aria-labelledby="attention" data-testid="attention">
      <Title order={2} size="h5" mb="xs" id="attention">
        To look at
      </Title>
      <ul className="attention">
        {waiting > 0 && (
          <Item count={many(data.codes, data.more.held)} testId="attention-codes">
            <Link to="/codes" search={{}} className="plain-link">
              unmapped {data.codes === 1 ? 'code' : 'codes'}
            </Link>{' '}
            {data.codes === 1 ? 'holds' : 'hold'} {many(waiting, data.more.held)}{' '}
            {waiting === 1 ? 'delivery' : 'deliveries'}
          </Item>
        )}
        {data.undecided > 0 && (
          <Item count={many(data.undecided, data.more.undecided)} testId="attention-writes">
            <Link to="/writes" search={{ state: 'unknown' }} className="plain-link">
              {data.undecided === 1 ? 'write' : 'writes'}
            </Link>{' '}
            with an unknown outcome
          </Item>
        )}
        {of('unanswered') > 0 && (
          <Item count={many(of('unanswered'), data.more.held)} testId="attention-approvals">
            <Link to="/approvals" className="plain-link">
              {of('unanswered') === 1 ? 'question' : 'questions'} not answered in time
            </Link>
          </Item>
        )}
        {others.map(({ reason, count }) => (
          <Item
            key={reason}
            count={many(count, data.more.held)}
            testId={`attention-${reason.replaceAll(' ', '-')}`}
          >
            <Link to="/messages" search={{ state: 'held' }} className="plain-link">
              held
            </Link>
            : {reason}
          </Item>
        ))}
      </ul>
    </section>
  );
}
