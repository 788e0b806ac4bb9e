import { Badge, Button, Group, NativeSelect, Paper, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useId, useRef, useState } from 'react';
import type { Exchange, ExchangeRevealed } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { lengthText, Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
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
  const reveal = useMutation({
    mutationFn: () => post<ExchangeRevealed>(`/api/exchanges/${encodeURIComponent(exchange.id)}/reveal`, {}),
    gcTime: 0,
  });
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
        {mayOperate && !reveal.data && (
          <Button
            size="compact-sm"
            variant="default"
            loading={reveal.isPending}
            onClick={() => reveal.mutate()}
            data-testid="exchange-show"
          >
            Show request and answer (recorded)
          </Button>
        )}
        {reveal.data && (
          <Button size="compact-sm" variant="default" onClick={() => reveal.reset()}>
            Hide request and answer
          </Button>
        )}
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

function Row({ exchange }: { readonly exchange: Exchange }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { kind, cards } = exchange;
  return (
    <>
      <Table.Tr data-testid={`exchange-${exchange.id}`}>
        <Table.Td data-label="When">
          <Moment at={exchange.at} />
        </Table.Td>
        <Table.Td data-label="Outcome">
          <Badge
            className="state-badge"
            color={COLORS[exchange.outcome]}
            variant="light"
            radius="sm"
            tt="none"
          >
            {kind === 'feedback' ? 'feedback' : exchange.outcome}
          </Badge>
        </Table.Td>
        <Table.Td data-label="Site">
          <Text size="sm" span>
            {exchange.site} <span className="soft">/</span> {exchange.connection}
          </Text>
        </Table.Td>
        <Table.Td data-label="Service">
          <Text size="sm" span>
            {exchange.service} <span className="soft">{exchange.hook}</span>
          </Text>
        </Table.Td>
        <Table.Td data-label={kind === 'call' ? 'Cards' : 'Entries'}>{cards}</Table.Td>
        <Table.Td data-label="Took">{lengthText(exchange.ms)}</Table.Td>
        <Table.Td data-label="Flow">{exchange.flow}</Table.Td>
        <Table.Td className="open-cell">
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
            aria-controls={id}
            aria-label={`${open ? 'Close' : 'Open'} exchange ${exchange.id} of ${exchange.service}`}
            data-testid="exchange-open"
          >
            {open ? 'Close' : 'Open'}
          </Button>
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr id={id} className="detail-row">
          <Table.Td colSpan={COLUMNS.length + 1}>
            <Detail exchange={exchange} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

/** Calls of the hospital that were answered in the request, and what was said of the answers. */
export function ExchangesPage() {
  const filters = useSearch({ from: '/writes/answered' });
  const navigate = useNavigate();
  const sites = useSiteNames();
  const newer = useRef<(string | undefined)[]>([]);
  const { data, error, isPlaceholderData } = useQuery(exchangesQuery(filters));
  const show = (search: ExchangeFilters): void => void navigate({ to: '/writes/answered', search });
  const choose = (key: 'site' | 'kind', value: string): void => {
    newer.current = [];
    const { [key]: _old, before: _before, ...rest } = filters;
    show(value === '' ? rest : { ...rest, [key]: value });
  };
  const older = data?.before ?? null;
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
        <Paper
          withBorder
          className={`table-frame${isPlaceholderData ? ' stale' : ''}`}
          aria-busy={isPlaceholderData}
        >
          <Table
            verticalSpacing={7}
            horizontalSpacing="md"
            className="cards-on-phone write-table"
            aria-label="Answered calls"
            data-testid="exchanges"
          >
            <Table.Thead>
              <Table.Tr>
                {COLUMNS.map((column) => (
                  <Table.Th key={column}>{column}</Table.Th>
                ))}
                <Table.Th>
                  <span className="unseen">Details</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.rows.map((exchange) => (
                <Row key={exchange.id} exchange={exchange} />
              ))}
            </Table.Tbody>
          </Table>
        </Paper>
      )}
      {(older !== null || filters.before !== undefined) && (
        <Group justify="space-between">
          <Button
            variant="default"
            size="xs"
            disabled={filters.before === undefined}
            onClick={() => {
              const last = newer.current.pop();
              const { before: _now, ...rest } = filters;
              show(last === undefined ? rest : { ...rest, before: last });
            }}
          >
            Newer
          </Button>
          <Button
            variant="default"
            size="xs"
            disabled={older === null}
            onClick={() => {
              if (older === null) return;
              newer.current.push(filters.before);
              show({ ...filters, before: older });
            }}
          >
            Older
          </Button>
        </Group>
      )}
    </Stack>
  );
}
