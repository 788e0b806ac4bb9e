import { Button, Group, NativeSelect, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Gap } from '../../api/types.ts';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { gapsQuery } from '../remote/queries.ts';
import { GapCard } from './gap-card.tsx';

/** A new map may lack many hundreds of codes: more are shown when asked for. */
const SHOWN = 50;

const keyOf = ({ site, map, code, back }: Gap): string => JSON.stringify([site, map, code, back]);

/** Codes that value set maps lack: what waits for each, and what to do. */
export function CodesPage() {
  const { site } = useSearch({ from: '/codes' });
  const navigate = useNavigate();
  const { data, error } = useQuery(gapsQuery);
  const [shown, setShown] = useState(SHOWN);
  const all = data?.gaps ?? [];
  const sites = [...new Set([...all.map((gap) => gap.site), ...(site === undefined ? [] : [site])])].sort();
  const gaps = all.filter((gap) => site === undefined || gap.site === site);
  const held = gaps.reduce((sum, gap) => sum + gap.held, 0);
  const show = (next: string): void =>
    void navigate({ to: '/codes', search: next === '' ? {} : { site: next } });
  return (
    <Stack gap="md">
      <title>Unmapped codes · Suture</title>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div className="card-text">
          <Title order={1} size="h3">
            Unmapped codes
          </Title>
          <Text size="sm" c="dimmed" data-testid="gaps-about">
            {gaps.length === 0
              ? 'Codes that came from a site and that no value set map of it has.'
              : `${gaps.length.toLocaleString()} ${gaps.length === 1 ? 'code is' : 'codes are'} in no value set map; ${held.toLocaleString()} ${held === 1 ? 'delivery waits' : 'deliveries wait'}, each at its place in its lane. Add the row, and they go on in their order.`}
          </Text>
        </div>
        {sites.length > 1 && (
          <NativeSelect
            label="Site"
            size="xs"
            value={site ?? ''}
            data={[{ value: '', label: 'Any' }, ...sites]}
            onChange={(event) => show(event.currentTarget.value)}
            data-testid="gaps-site"
          />
        )}
      </Group>
      {error ? <FailureNotice error={error} /> : null}
      {!data && !error && <Skeleton height={160} aria-label="Loading" />}
      {data && gaps.length === 0 && (
        <EmptyState title={site === undefined ? 'No code is missing' : `No code is missing at ${site}`}>
          {site === undefined ? (
            'A code that no map has holds its delivery, and stands here until its row is added.'
          ) : (
            <button type="button" className="link-button" onClick={() => show('')}>
              Show every site
            </button>
          )}
        </EmptyState>
      )}
      {gaps.slice(0, shown).map((gap) => (
        <GapCard key={keyOf(gap)} gap={gap} />
      ))}
      {gaps.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + SHOWN)} data-testid="more">
          More ({(gaps.length - shown).toLocaleString()})
        </Button>
      )}
    </Stack>
  );
}
