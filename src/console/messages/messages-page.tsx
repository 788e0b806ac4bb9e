import { Badge, Button, Group, Skeleton, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { PagerButtons, usePager } from '../parts/pager.tsx';
import { messagesQuery } from '../remote/queries.ts';
import { type Filters, scanOf, searchOf } from './filters.ts';
import { MessageTable } from './message-table.tsx';
import { NOTHING_ASKED, setAsked, useAsked } from './patient.ts';
import { ScanResults } from './scan-results.tsx';
import { SearchForm } from './search-form.tsx';

export function MessagesPage() {
  const filters = useSearch({ from: '/messages' });
  const asked = useAsked();
  const scan = scanOf(filters, asked);
  const navigate = useNavigate();
  const {
    data: listed,
    error: refused,
    isPlaceholderData,
  } = useQuery({ ...messagesQuery(searchOf(filters, asked)), enabled: scan === null });
  const page = scan === null ? listed : undefined;
  const error = scan === null ? refused : null;
  const show = (search: Filters): void => void navigate({ to: '/messages', search });
  const pager = usePager(filters, page?.before ?? null, show);
  const search = (next: Filters): void => {
    pager.forget();
    show(next);
  };
  const filtered = Object.keys(filters).some((key) => key !== 'before') || asked !== NOTHING_ASKED;

  return (
    <Stack gap="md">
      <title>Messages · Suture</title>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3">
          Messages
        </Title>
        <Group gap="xs" wrap="nowrap">
          {filters.flow && (
            <Button
              size="compact-xs"
              variant="light"
              onClick={() => {
                const { flow: _flow, before: _before, ...rest } = filters;
                search(rest);
              }}
              aria-label={`Flow ${filters.flow}: remove this filter`}
            >
              Flow {filters.flow} ✕
            </Button>
          )}
          {(asked.patient !== '' || (asked.family !== '' && asked.born !== '')) && scan === null && (
            <Badge variant="light" tt="none" radius="sm" className="state-badge" data-testid="patient-filter">
              one patient
            </Badge>
          )}
        </Group>
      </Group>
      <SearchForm filters={filters} onSearch={search} />
      {scan !== null && <ScanResults scan={scan} />}
      {error && <FailureNotice error={error} />}
      {!page && !error && scan === null && <Skeleton height={320} aria-label="Loading" />}
      {page && page.rows.length === 0 && (
        <EmptyState title={filtered ? 'No message matches' : 'No message yet'}>
          {filtered ? (
            <>
              Widen the filters, or{' '}
              <button
                type="button"
                className="link-button"
                onClick={() => {
                  setAsked(NOTHING_ASKED);
                  search({});
                }}
              >
                clear them
              </button>
              .
            </>
          ) : (
            'The first one appears here by itself, a moment after it was acknowledged.'
          )}
        </EmptyState>
      )}
      {page && page.rows.length > 0 && (
        <div className={isPlaceholderData ? 'stale' : undefined} aria-busy={isPlaceholderData}>
          <MessageTable rows={page.rows} />
        </div>
      )}
      {page && pager.isNeeded && <PagerButtons pager={pager} />}
    </Stack>
  );
}
