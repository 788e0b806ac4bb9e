import { Group, NativeSelect, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Exchange, ExchangeRevealed } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { OpeningRow, OpeningTable } from '../parts/opening-table.tsx';
import { PagerButtons, usePager } from '../parts/pager.tsx';
import { RevealButton, useReveal } from '../parts/reveal.tsx';
import { lengthText, Moment } from '../parts/time.tsx';
import { WordBadge } from '../parts/word-badge.tsx';
import { exchangesQuery, useMayOperate } from '../remote/queries.ts';
import type { ExchangeFilters } from './filters.ts';
import { choices, useSiteNames } from './write-search.tsx';
import { WritesHead } from './writes-page.tsx';

const COLORS: Readonly<Record<Exchange['outcome'], string>> = {
  answered: 'green',
  kept: 'gray',
  late: 'orange',
  failed: 'red',
};

const COLUMNS = ['When', 'Outcome', 'Site', 'Service', 'Cards', 'Took', 'Flow'] as const;

function Detail({ exchange }: { readonly exchange: Exchange }) {
  const mayOperate = useMayOperate();
  const reveal = useReveal<ExchangeRevealed>(`/api/exchanges/${encodeURIComponent(exchange.id)}/reveal`);
  return (
    <div className="write-detail" data-testid={`exchange-detail-${exchange.id}`}>
      <Text size="xs" c="dimmed">
        Exchange {exchange.id} · {exchange.kind === 'call' ? 'a call' : 'feedback'} of {exchange.hook} ·
        version <span className="mono">{exchange.flowVersion.slice(0, 8)}</span>
        {exchange.code !== null && (
          <>
            {' '}
            · <span className="mono">{exchange.code}</span>
          </>
        )}
      </Text>
      <Group gap="xs" mt="sm">
        {!mayOperate && (
          <Text size="xs" c="dimmed">
            Your role sees neither request nor answer.
          </Text>
        )}
        <RevealButton
          reveal={reveal}
          mayOperate={mayOperate}
          what="request and answer"
          testId="exchange-show"
        />
      </Group>
      {reveal.isError && <FailureNotice error={reveal.error} />}
      {reveal.data && (
        <div className="step-data" data-testid="exchange-shown">
          <JsonTree name="exchange" value={reveal.data.body} />
        </div>
      )}
    </div>
  );
}

const cellsOf = (exchange: Exchange): Record<(typeof COLUMNS)[number], ReactNode> => ({
  When: <Moment at={exchange.at} />,
  Outcome: (
    <WordBadge
      word={exchange.kind === 'feedback' ? 'feedback' : exchange.outcome}
      color={COLORS[exchange.outcome]}
    />
  ),
  Site: (
    <Text size="sm" span>
      {exchange.site} <span className="soft">/</span> {exchange.connection}
    </Text>
  ),
  Service: (
    <Text size="sm" span>
      {exchange.service} <span className="soft">{exchange.hook}</span>
    </Text>
  ),
  Cards: exchange.cards,
  Took: lengthText(exchange.ms),
  Flow: exchange.flow,
});

/** Calls of the hospital that were answered in the request, and what was said of the answers. */
export function ExchangesPage() {
  const filters = useSearch({ from: '/writes/answered' });
  const navigate = useNavigate();
  const sites = useSiteNames();
  const { data, error, isPlaceholderData } = useQuery(exchangesQuery(filters));
  const show = (search: ExchangeFilters): void => void navigate({ to: '/writes/answered', search });
  const pager = usePager(filters, data?.before ?? null, show);
  const choose = (key: 'site' | 'kind', value: string): void => {
    pager.forget();
    const { [key]: _old, before: _before, ...rest } = filters;
    show(value === '' ? rest : { ...rest, [key]: value });
  };
  const isNarrowed =
    filters.site !== undefined || filters.kind !== undefined || filters.service !== undefined;
  return (
    <Stack gap="md">
      <title>Answered calls · Suture</title>
      <WritesHead about="Calls of CDS services that were answered in the request, and feedback to the cards. Request and answer are masked until they are asked for." />
      <Paper withBorder p="sm" component="form" role="search" aria-label="Answered calls">
        <div className="search-fields">
          <NativeSelect
            label="Site"
            size="xs"
            data={choices(sites, filters.site)}
            value={filters.site ?? ''}
            onChange={(event) => choose('site', event.currentTarget.value)}
          />
          <NativeSelect
            label="Kind"
            size="xs"
            data={[
              { value: '', label: 'Any' },
              { value: 'call', label: 'calls' },
              { value: 'feedback', label: 'feedback' },
            ]}
            value={filters.kind ?? ''}
            onChange={(event) => choose('kind', event.currentTarget.value)}
            data-testid="exchanges-kind"
          />
        </div>
      </Paper>
      {error ? <FailureNotice error={error} /> : null}
      {!data && !error && <Skeleton height={200} aria-label="Loading" />}
      {data?.rows.length === 0 && (
        <EmptyState title={isNarrowed ? 'No call matches' : 'No call was answered yet'}>
          {isNarrowed
            ? 'Widen the filters.'
            : 'A flow that answers a CDS Hooks call leaves it here, after the answer went out.'}
        </EmptyState>
      )}
      {data && data.rows.length > 0 && (
        <OpeningTable columns={COLUMNS} label="Answered calls" testId="exchanges" stale={isPlaceholderData}>
          {data.rows.map((exchange) => (
            <OpeningRow
              key={exchange.id}
              cells={cellsOf(exchange)}
              name={`exchange ${exchange.id} of ${exchange.service}`}
              testId={`exchange-${exchange.id}`}
              openTestId="exchange-open"
            >
              <Detail exchange={exchange} />
            </OpeningRow>
          ))}
        </OpeningTable>
      )}
      {pager.isNeeded && <PagerButtons pager={pager} />}
    </Stack>
  );
}
