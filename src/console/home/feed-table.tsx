import { Paper, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { HomeFeed } from '../../api/types.ts';
import type { Filters } from '../messages/filters.ts';
import { ageText, Moment, useNow } from '../parts/time.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { COUNTERS } from './counters.ts';
import { RatePlot } from './rate-plot.tsx';

function Counter(props: { readonly feed: HomeFeed; readonly counter: (typeof COUNTERS)[number] }) {
  const { feed, counter } = props;
  const count = feed.counters[counter.key];
  const search: Filters = {
    site: feed.site,
    connection: feed.connection,
    ...(counter.state ? { state: counter.state } : {}),
  };
  return (
    <Table.Td className="number" data-label={counter.label}>
      <Link
        to="/messages"
        search={search}
        className={`counter ${count > 0 ? `counter-${counter.key}` : 'counter-none'}`}
        aria-label={`${count} ${counter.label}, ${feed.site} ${feed.connection}`}
        data-testid={`count-${feed.site}-${feed.connection}-${counter.key}`}
      >
        {count.toLocaleString()}
      </Link>
    </Table.Td>
  );
}

/** Repeats and noise are no messages: said beside the feed, and only when there are any. */
function asides(feed: HomeFeed): string {
  const parts: string[] = [];
  if (feed.connector) parts.push(feed.connector);
  if (feed.address) parts.push(feed.address);
  if (feed.repeats > 0) parts.push(`${feed.repeats} repeats recognised`);
  if (feed.noise > 0) parts.push(`noise ${feed.noise}`);
  return parts.join(' · ');
}

function FeedRow({ feed, now }: { readonly feed: HomeFeed; readonly now: number }) {
  return (
    <Table.Tr data-testid={`feed-${feed.site}-${feed.connection}`}>
      <Table.Td className="feed-name">
        <Text fw={600} size="sm">
          {feed.site} <span className="soft">/</span> {feed.connection}
        </Text>
        <Text size="xs" c="dimmed">
          {asides(feed)}
        </Text>
        {feed.text && (
          <Text size="xs" className={`feed-text feed-text-${feed.state}`}>
            {feed.text}
          </Text>
        )}
      </Table.Td>
      <Table.Td data-label="State">
        <ConnectionBadge state={feed.state} />
      </Table.Td>
      {COUNTERS.map((counter) => (
        <Counter key={counter.key} feed={feed} counter={counter} />
      ))}
      <Table.Td data-label="Last message" className="number">
        {feed.lastReceivedAt === null ? (
          <Text size="sm" c="dimmed" component="span">
            never
          </Text>
        ) : (
          <>
            <span className="age">{ageText(now - feed.lastReceivedAt)} ago</span>
            <span className="age-at">
              <Moment at={feed.lastReceivedAt} />
            </span>
          </>
        )}
      </Table.Td>
      <Table.Td data-label="Last hour" className="rate-cell">
        <RatePlot perMinute={feed.receivedPerMinute} />
      </Table.Td>
    </Table.Tr>
  );
}

/** `skew`: how far the server's clock is ahead of this browser's. */
export function FeedTable({ feeds, skew }: { readonly feeds: readonly HomeFeed[]; readonly skew: number }) {
  const now = useNow() + skew;
  return (
    <Paper withBorder className="table-frame">
      <Table
        verticalSpacing="sm"
        horizontalSpacing="md"
        className="cards-on-phone feed-table"
        data-testid="feeds"
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Feed</Table.Th>
            <Table.Th>State</Table.Th>
            {COUNTERS.map((counter) => (
              <Table.Th key={counter.key} className="number" title={counter.meaning}>
                {counter.label}
              </Table.Th>
            ))}
            <Table.Th className="number">Last message</Table.Th>
            <Table.Th>Last hour</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {feeds.map((feed) => (
            <FeedRow key={`${feed.site}/${feed.connection}`} feed={feed} now={now} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
