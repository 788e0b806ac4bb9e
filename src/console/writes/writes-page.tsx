import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { WriteView } from '../../api/types.ts';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { PagerButtons, usePager } from '../parts/pager.tsx';
import { endedWritesQuery, type WritesAsked, writesQuery } from '../remote/queries.ts';
import { asksFor, momentOf, statesOf, type WriteFilters } from './filters.ts';
import { WriteSearch } from './write-search.tsx';
import { WriteTable } from './write-table.tsx';

/** The two kinds of what goes out, side by side. */
export function WritesHead({ about }: { readonly about: string }) {
  return (
    <div>
      <Title order={1} size="h3">
        Writes
      </Title>
      <Text size="sm" c="dimmed">
        {about}
      </Text>
      <nav aria-label="Kinds of writes" className="nav sub-nav">
        <Link
          to="/writes"
          search={{}}
          activeOptions={{ exact: true, includeSearch: false }}
          data-testid="writes-ledger"
        >
          Made at sites
        </Link>
        <Link
          to="/writes/answered"
          search={{}}
          activeOptions={{ includeSearch: false }}
          data-testid="writes-answered"
        >
          Answered calls
        </Link>
      </nav>
    </div>
  );
}

/** One list that is read on from where it ended; nothing is shown while it is empty. */
function OpenWrites(props: {
  readonly asked: WritesAsked;
  readonly title: string;
  readonly about: string;
  readonly name: string;
  /** Shown when there is none. */
  readonly empty?: string;
}) {
  const { asked, title, about, name, empty } = props;
  const list = useInfiniteQuery(writesQuery(asked));
  const rows: readonly WriteView[] = list.data?.pages.flatMap((page) => page.rows) ?? [];
  if (list.error) return <FailureNotice error={list.error} />;
  if (!list.data) return <Skeleton height={80} aria-label="Loading" />;
  if (rows.length === 0) {
    return empty === undefined ? null : <EmptyState title={empty}>{about}</EmptyState>;
  }
  return (
    <section aria-labelledby={name}>
      <Title order={2} size="h5" mb={2} id={name}>
        {title}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {about}
      </Text>
      <WriteTable rows={rows} label={title} testId={`${name}-writes`} />
      {list.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          mt="xs"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
          data-testid={`${name}-more`}
        >
          More
        </Button>
      )}
    </section>
  );
}

function EndedWrites(props: {
  readonly filters: WriteFilters;
  readonly show: (filters: WriteFilters) => void;
}) {
  const { filters, show } = props;
  const { site, flow, state, from, to, before } = filters;
  const { data, error, isPlaceholderData } = useQuery(
    endedWritesQuery({
      ...{ site, flow, before, from: momentOf(from), to: momentOf(to) },
      state: state === 'done' || state === 'refused' ? state : undefined,
    }),
  );
  const pager = usePager(filters, data?.before ?? null, show);
  if (error) return <FailureNotice error={error} />;
  if (!data) return <Skeleton height={240} aria-label="Loading" />;
  const isNarrowed = [site, flow, state, from, to].some((one) => one !== undefined);
  const older = data.before;
  return (
    <section aria-labelledby="ended">
      <Title order={2} size="h5" mb="xs" id="ended">
        Settled
      </Title>
      {data.rows.length > 0 && (
        <div className={isPlaceholderData ? 'stale' : undefined} aria-busy={isPlaceholderData}>
          <WriteTable rows={data.rows} label="Settled" testId="ended-writes" />
        </div>
      )}
      {data.rows.length === 0 && older !== null && (
        <Text size="sm" role="status">
          None among those that were looked through; there are older ones.
        </Text>
      )}
      {data.rows.length === 0 && older === null && (
        <EmptyState title={isNarrowed ? 'No settled write matches' : 'Nothing was written yet'}>
          {isNarrowed ? (
            <>
              Widen the filters, or{' '}
              <button type="button" className="link-button" onClick={() => show({})}>
                clear them
              </button>
              .
            </>
          ) : (
            'What flows create or change at a site stands here; settled writes are forgotten after 90 days.'
          )}
        </EmptyState>
      )}
      {pager.isNeeded && <PagerButtons pager={pager} mt="xs" />}
    </section>
  );
}

/** What was written to which site: what waits for a person first. */
export function WritesPage() {
  const filters = useSearch({ from: '/writes' });
  const navigate = useNavigate();
  const show = (search: WriteFilters): void => void navigate({ to: '/writes', search });
  const { site, flow, state, message } = filters;
  const asks = asksFor(state);
  const place = { site, flow };
  return (
    <Stack gap="md">
      <title>Writes · Suture</title>
      <WritesHead about="What flows create and change at sites, committed before it goes out. Request and answer are masked until they are asked for." />
      <WriteSearch filters={filters} onSearch={show} />
      {message !== undefined ? (
        <>
          <Group gap="xs">
            <Button
              size="compact-xs"
              variant="light"
              onClick={() => {
                const { message: _message, ...rest } = filters;
                show(rest);
              }}
              aria-label={`Message ${message}: remove this filter`}
            >
              Message {message} ✕
            </Button>
          </Group>
          <OpenWrites
            asked={{ ...place, messageId: message, state: statesOf(state) }}
            title="Writes of this message"
            about="All that the message has led to, in the order in which it was planned."
            name="message"
            empty="This message has led to no such write"
          />
        </>
      ) : (
        <>
          {asks.undecided && (
            <OpenWrites
              asked={{ ...place, state: 'unknown' }}
              title="Outcome unknown"
              about="They went out, and nobody knows whether they were done. What can be found out is looked for; for the rest, look into the site’s own system and say what is so."
              name="undecided"
              {...(asks.underWay ? {} : { empty: 'No write has an unknown outcome' })}
            />
          )}
          {asks.underWay && (
            <OpenWrites
              asked={{ ...place, state: 'planned,sending' }}
              title="On their way"
              about="Planned, or being sent now."
              name="underway"
              {...(asks.ended ? {} : { empty: 'No write is on its way' })}
            />
          )}
          {asks.ended && <EndedWrites filters={filters} show={show} />}
        </>
      )}
    </Stack>
  );
}
