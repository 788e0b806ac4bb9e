import { Button, Group, NativeSelect, Paper, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { homeQuery, sitesQuery } from '../remote/queries.ts';
import { WRITE_STATES, type WriteFilters, type WriteStateOption } from './filters.ts';

const STATE_LABELS: Readonly<Record<WriteStateOption, string>> = {
  unknown: 'outcome unknown',
  open: 'not settled',
  done: 'done',
  refused: 'refused',
};

/** Those that there are, and the one that is asked for. */
export function choices(names: readonly string[], asked: string | undefined) {
  const all = new Set([...names, ...(asked === undefined ? [] : [asked])]);
  return [{ value: '', label: 'Any' }, ...[...all].sort()];
}

export function useSiteNames(): readonly string[] {
  const { data } = useQuery(sitesQuery);
  return data?.sites.map(({ site }) => site) ?? [];
}

export function WriteSearch(props: {
  readonly filters: WriteFilters;
  readonly onSearch: (filters: WriteFilters) => void;
}) {
  const { filters, onSearch } = props;
  const sites = useSiteNames();
  const { data: home } = useQuery(homeQuery);
  const [draft, setDraft] = useState<WriteFilters>(filters);
  useEffect(() => setDraft(filters), [filters]);

  const apply = (changed: WriteFilters): void => {
    const kept = Object.entries(changed).filter(([key, value]) => value && key !== 'before');
    onSearch(Object.fromEntries(kept) as WriteFilters);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    apply(draft);
  };
  const choice = (key: 'site' | 'flow' | 'state') => ({
    size: 'xs' as const,
    value: draft[key] ?? '',
    onChange: (event: { currentTarget: { value: string } }) =>
      apply({ ...draft, [key]: event.currentTarget.value }),
    'data-testid': `writes-${key}`,
  });
  const time = (key: 'from' | 'to') => ({
    size: 'xs' as const,
    type: 'datetime-local',
    value: draft[key] ?? '',
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((old) => ({ ...old, [key]: value }));
    },
    'data-testid': `writes-${key}`,
  });
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} role="search" aria-label="Writes">
      <div className="search-fields write-search">
        <NativeSelect label="Site" data={choices(sites, filters.site)} {...choice('site')} />
        <NativeSelect
          label="Flow"
          data={choices(home?.flows.map(({ name }) => name) ?? [], filters.flow)}
          {...choice('flow')}
        />
        <NativeSelect
          label="State"
          data={[
            { value: '', label: 'Any' },
            ...WRITE_STATES.map((value) => ({ value, label: STATE_LABELS[value] })),
          ]}
          {...choice('state')}
        />
        <TextInput label="Settled from" {...time('from')} />
        <TextInput label="Settled before" {...time('to')} />
        <Group gap="xs" className="search-buttons" wrap="nowrap">
          <Button type="submit" size="xs" data-testid="writes-submit">
            Search
          </Button>
          <Button size="xs" variant="default" onClick={() => onSearch({})} data-testid="writes-clear">
            Clear
          </Button>
        </Group>
      </div>
    </Paper>
  );
}
