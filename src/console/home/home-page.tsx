import { Alert, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Home } from '../../api/types.ts';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { ageText, Moment } from '../parts/time.tsx';
import { homeQuery } from '../remote/queries.ts';
import { Attention } from './attention.tsx';
import { BrokenPromises } from './broken-promises.tsx';
import { COUNTERS } from './counters.ts';
import { Destinations } from './destinations.tsx';
import { FeedTable } from './feed-table.tsx';
import { StuckLanes } from './stuck-lanes.tsx';

function StoreBanner({ home }: { readonly home: Home }) {
  const { store } = home;
  if (store.state === 'ready') return null;
  return (
    <Alert
      color="red.9"
      variant="filled"
      title="Nothing can be kept at the moment"
      role="alert"
      data-testid="store-failing"
    >
      {store.message} {store.fix} Since <Moment at={store.since} /> ({ageText(home.now - store.since)}).
      Senders get no acknowledgement meanwhile, so nothing is lost.
    </Alert>
  );
}

function Totals({ home }: { readonly home: Home }) {
  return (
    <div className="totals" data-testid="totals">
      {COUNTERS.map((counter) => (
        <Paper key={counter.key} withBorder className="total" component="div">
          <Link
            to="/messages"
            search={counter.state ? { state: counter.state } : {}}
            className="total-link"
            data-testid={`total-${counter.key}`}
            title={counter.meaning}
          >
            <span className="total-label">{counter.label}</span>
            <span
              className={`total-count ${home.totals[counter.key] > 0 ? `counter-${counter.key}` : 'counter-none'}`}
            >
              {home.totals[counter.key].toLocaleString()}
            </span>
          </Link>
        </Paper>
      ))}
    </div>
  );
}

function Flows({ flows }: { readonly flows: Home['flows'] }) {
  return (
    <div className="cards">
      {flows.map((flow) => (
        <Paper key={flow.name} withBorder p="md" data-testid={`flow-${flow.name}`}>
          <Link to="/messages" search={{ flow: flow.name }} className="plain-link">
            {flow.name}
          </Link>
          <Text size="sm" mt={2}>
            {flow.about}
          </Text>
          <Text size="xs" c="dimmed" mt={6}>
            {flow.trigger} · {flow.steps} {flow.steps === 1 ? 'step' : 'steps'} · version{' '}
            {flow.version.slice(0, 8)}
          </Text>
        </Paper>
      ))}
    </div>
  );
}

export function HomePage() {
  const { data: home, error } = useQuery(homeQuery);
  if (!home) return error ? <FailureNotice error={error} /> : <Skeleton height={320} aria-label="Loading" />;
  return (
    <Stack gap="lg">
      <title>Home · Suture</title>
      <Title order={1} size="h3">
        Home
      </Title>
      {error && <FailureNotice error={error} />}
      <StoreBanner home={home} />
      <Totals home={home} />
      <Attention />
      <BrokenPromises home={home} />
      <StuckLanes />
      <section aria-labelledby="feeds">
        <Title order={2} size="h5" mb="xs" id="feeds">
          Feeds
        </Title>
        {home.feeds.length === 0 ? (
          <EmptyState title="No feed yet">
            Add a connection that listens or asks to a site record, then restart. "suture init" makes a first
            one.
          </EmptyState>
        ) : (
          <FeedTable feeds={home.feeds} skew={home.now - Date.now()} />
        )}
      </section>
      {home.destinations.length > 0 && (
        <section aria-labelledby="destinations">
          <Title order={2} size="h5" mb="xs" id="destinations">
            Destinations
          </Title>
          <Destinations connections={home.destinations} />
        </section>
      )}
      <section aria-labelledby="flows">
        <Title order={2} size="h5" mb="xs" id="flows">
          Flows
        </Title>
        {home.flows.length === 0 ? (
          <EmptyState title="No flow yet">
            Messages are kept and acknowledged; they count as Filtered until a flow wants them.
          </EmptyState>
        ) : (
          <Flows flows={home.flows} />
        )}
      </section>
      <Text size="xs" c="dimmed">
        Running since <Moment at={home.startedAt} always />
      </Text>
    </Stack>
  );
}
