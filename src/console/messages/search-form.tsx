import { Button, Group, NativeSelect, Paper, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { homeQuery, useMayOperate } from '../remote/queries.ts';
import { type Filters, STATE_OPTIONS, type StateOption } from './filters.ts';
import { type Asked, NOTHING_ASKED, setAsked, useAsked } from './patient.ts';

const STATE_LABELS: Readonly<Partial<Record<StateOption, string>>> = {
  'any-filtered': 'Filtered (all)',
  'any-queued': 'Queued (all)',
  'any-sent': 'Sent',
  'any-errored': 'Errored (all)',
  rejected: 'rejected at receipt',
  accepted: 'accepted at receipt',
  unrouted: 'unrouted (no flow)',
};

const stateData = [
  { value: '', label: 'Any' },
  ...STATE_OPTIONS.map((value) => ({ value, label: STATE_LABELS[value] ?? value })),
];

export function SearchForm(props: {
  readonly filters: Filters;
  readonly onSearch: (filters: Filters) => void;
}) {
  const { filters, onSearch } = props;
  const asked = useAsked();
  const mayOperate = useMayOperate();
  const [draft, setDraft] = useState<Filters>(filters);
  const [draftAsked, setDraftAsked] = useState(asked);
  const [missing, setMissing] = useState<'time' | 'person' | 'both' | null>(null);
  const { data: home } = useQuery(homeQuery);

  useEffect(() => setDraft(filters), [filters]);
  useEffect(() => setDraftAsked(asked), [asked]);

  const text = (key: 'controlId' | 'type' | 'from' | 'to') => ({
    value: draft[key] ?? '',
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((old) => ({ ...old, [key]: value }));
    },
    size: 'xs' as const,
  });

  const feeds = home?.feeds ?? [];
  const feedData = [
    { value: '', label: 'Any' },
    ...[...new Set(feeds.map((feed) => feed.site))].map((site) => ({ value: site, label: `${site} (all)` })),
    ...feeds.map((feed) => ({
      value: `${feed.site}/${feed.connection}`,
      label: `${feed.site} / ${feed.connection}`,
    })),
  ];
  const feedValue =
    draft.site === undefined
      ? ''
      : draft.connection === undefined
        ? draft.site
        : `${draft.site}/${draft.connection}`;
  if (!feedData.some((option) => option.value === feedValue))
    feedData.push({ value: feedValue, label: feedValue });

  const apply = (changed: Filters): void => {
    const kept = Object.entries(changed).filter(
      ([key, value]) => value !== undefined && value !== '' && key !== 'before',
    );
    onSearch(Object.fromEntries(kept) as Filters);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const patient = draftAsked.patient.trim();
    const family = draftAsked.family.trim();
    const born = draftAsked.born.trim();
    const wanted = draftAsked.text.trim();
    const lacks =
      (family === '') !== (born === '')
        ? 'person'
        : wanted !== '' && (patient !== '' || family !== '')
          ? 'both'
          : wanted !== '' && (!draft.from || !draft.to)
            ? 'time'
            : null;
    setMissing(lacks);
    if (lacks !== null) return;
    const next = { patient, family, born, text: wanted };
    setAsked(Object.values(next).every((value) => value === '') ? NOTHING_ASKED : next);
    apply(draft);
  };
  const clear = (): void => {
    setMissing(null);
    setAsked(NOTHING_ASKED);
    onSearch({});
  };
  const said = (key: keyof Asked) => ({
    size: 'xs' as const,
    autoComplete: 'off',
    value: draftAsked[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraftAsked((old) => ({ ...old, [key]: value }));
    },
  });
  const needed = (key: 'from' | 'to') =>
    missing === 'time' && !draft[key] ? { error: 'a text needs a time' } : {};

  return (
    <Paper
      withBorder
      p="sm"
      component="form"
      onSubmit={submit}
      role="search"
      aria-label="Messages"
      data-testid="search"
    >
      <div className="search-fields">
        <NativeSelect
          label="Feed"
          size="xs"
          data={feedData}
          value={feedValue}
          data-testid="search-feed"
          onChange={(event) => {
            const [site, ...rest] = event.currentTarget.value.split('/');
            const { site: _site, connection: _connection, ...others } = draft;
            apply({
              ...others,
              ...(site ? { site } : {}),
              ...(rest.length > 0 ? { connection: rest.join('/') } : {}),
            });
          }}
        />
        <NativeSelect
          label="State"
          size="xs"
          data={stateData}
          value={draft.state ?? ''}
          data-testid="search-state"
          onChange={(event) => {
            const { state: _state, ...others } = draft;
            const { value } = event.currentTarget;
            apply(value === '' ? others : { ...others, state: value as StateOption });
          }}
        />
        <TextInput label="Type" placeholder="ADT^A01 or ADT^*" {...text('type')} data-testid="search-type" />
        <TextInput label="Control id" {...text('controlId')} data-testid="search-control-id" />
        <TextInput label="Patient" placeholder="MRN" {...said('patient')} data-testid="search-patient" />
        <TextInput
          label="Family name"
          {...said('family')}
          {...(missing === 'person' && draftAsked.family.trim() === '' ? { error: 'goes with Born' } : {})}
          data-testid="search-family"
        />
        <TextInput
          label="Born"
          type="date"
          {...said('born')}
          {...(missing === 'person' && draftAsked.born.trim() === '' ? { error: 'goes with a name' } : {})}
          data-testid="search-born"
        />
        {mayOperate && (
          <TextInput
            label="Text"
            placeholder="anywhere in a message"
            maxLength={200}
            {...said('text')}
            {...(missing === 'both' ? { error: 'looks through all patients: leave them out' } : {})}
            data-testid="search-text"
          />
        )}
        <TextInput
          label="From"
          type="datetime-local"
          {...text('from')}
          {...needed('from')}
          data-testid="search-from"
        />
        <TextInput
          label="To"
          type="datetime-local"
          {...text('to')}
          {...needed('to')}
          data-testid="search-to"
        />
        <Group gap="xs" className="search-buttons" wrap="nowrap">
          <Button type="submit" size="xs" data-testid="search-submit">
            Search
          </Button>
          <Button size="xs" variant="default" onClick={clear} data-testid="search-clear">
            Clear
          </Button>
        </Group>
      </div>
    </Paper>
  );
}
