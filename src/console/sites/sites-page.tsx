import { Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { sitesQuery } from '../remote/queries.ts';
import './sites.css';

/** Every site, on the way to what it can do. */
export function SitesPage() {
  const { data, error } = useQuery(sitesQuery);
  return (
    <Stack gap="md">
      <title>Sites · Suture</title>
      <div>
        <Title order={1} size="h3">
          Sites
        </Title>
        <Text size="sm" c="dimmed">
          What each hospital can do with each resource, whence that is known, and what there is instead.
        </Text>
      </div>
      {error ? <FailureNotice error={error} /> : null}
      {!data && !error && <Skeleton height={120} aria-label="Loading" />}
      {data?.sites.length === 0 && (
        <EmptyState title="There is no site">A project has one folder below sites/ for each.</EmptyState>
      )}
      <div className="cards">
        {data?.sites.map(({ site, name, connections }) => (
          <Paper key={site} withBorder p="md" data-testid={`site-${site}`}>
            <Link to="/sites/$site" params={{ site }} className="plain-link">
              {name}
            </Link>
            <Text size="sm" c="dimmed">
              {site} · {connections.length === 0 ? 'no connection to an EHR' : connections.join(', ')}
            </Text>
          </Paper>
        ))}
      </div>
    </Stack>
  );
}
