import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CodeNamesAnswer, Gap } from '../../api/types.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { FailureNotice } from '../parts/notice.tsx';
import { post } from '../remote/client.ts';
import { deploysQuery, mapRowQuery, meQuery, useMayOperate } from '../remote/queries.ts';

/** What a spreadsheet would work out instead of keeping it. */
const FORMULA = /^[=+@-]/;

interface Draft {
  readonly other: string;
  readonly display: string;
  readonly note: string;
  /** `null`: not touched yet, so the name of whoever is signed in. */
  readonly by: string | null;
}

/** What the sender calls the code: read out of messages, so it is shown when asked for, and that is recorded. */
function Names(props: { readonly gap: Gap; readonly code: string; readonly onTake: (name: string) => void }) {
  const { gap, code, onTake } = props;
  const mayOperate = useMayOperate();
  // Kept by this card alone: closing it forgets what was shown.
  const ask = useMutation({
    mutationFn: () => post<CodeNamesAnswer>('/api/maps/names', { site: gap.site, map: gap.map, code }),
    gcTime: 0,
  });
  if (!mayOperate) return null;
  return (
    <Group gap="xs" mb="md">
      {!ask.data && (
        <Button
          size="compact-sm"
          variant="default"
          loading={ask.isPending}
          onClick={() => ask.mutate()}
          data-testid="show-names"
        >
          Show what the sender calls it (recorded)
        </Button>
      )}
      {ask.isError && <FailureNotice error={ask.error} />}
      {ask.data && (
        <Text size="sm" role="status" data-testid="names">
          {ask.data.names.length === 0
            ? `Nothing stands beside it in ${ask.data.looked === 1 ? 'the message' : `${ask.data.looked} messages`}.`
            : 'The sender calls it '}
          {ask.data.names.map((name, at) => (
            <span key={name}>
              {at > 0 && ', '}“
              <button
                type="button"
                className="link-button"
                onClick={() => onTake(name)}
                aria-label={`Take as display: ${name}`}
              >
                {name}
              </button>
              ”
            </span>
          ))}
        </Text>
      )}
    </Group>
  );
}

/** The row to add, as its file writes it; typed here, and written by a person into the project. */
export function RowForm({ gap }: { readonly gap: Gap }) {
  const { data: me } = useQuery(meQuery);
  const { data: deploys } = useQuery(deploysQuery);
  const [draft, setDraft] = useState<Draft>({ other: '', display: '', note: '', by: null });
  const by = draft.by ?? me?.name ?? '';
  const code = gap.code ?? '';
  const other = draft.other.trim();
  const { data: row, error } = useQuery(
    mapRowQuery({
      ...{
        site: gap.site,
        map: gap.map,
        display: draft.display.trim(),
        note: draft.note.trim(),
        by: by.trim(),
      },
      ...(gap.back ? { source: other, target: code } : { source: code, target: other }),
    }),
  );
  const field = (key: keyof Draft) => ({
    size: 'xs' as const,
    maxLength: 200,
    autoComplete: 'off',
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((old) => ({ ...old, [key]: value }));
    },
  });
  if (gap.code === null) {
    return (
      <Text size="sm">
        Look at one of the messages: what stands where a code should is for its sender to mend. If it is a
        code all the same, add its row to{' '}
        <span className="mono">{`sites/${gap.site}/maps/${gap.map}.csv`}</span>.
      </Text>
    );
  }
  return (
    <div data-testid="row-form">
      {!gap.back && (
        <Names gap={gap} code={gap.code} onTake={(display) => setDraft((old) => ({ ...old, display }))} />
      )}
      <Text size="sm" fw={600} mb={4}>
        The row to add
      </Text>
      <div className="row-fields">
        <TextInput
          label={gap.back ? 'Site’s code' : 'Means'}
          placeholder={gap.back ? 'the code that the site uses' : 'our code, or (none)'}
          value={draft.other}
          {...field('other')}
          data-testid="row-target"
        />
        <TextInput label="Display" value={draft.display} {...field('display')} data-testid="row-display" />
        <TextInput label="Note" value={draft.note} {...field('note')} data-testid="row-note" />
        <TextInput label="Verified by" value={by} {...field('by')} data-testid="row-by" />
      </div>
      {error ? <FailureNotice error={error} /> : null}
      {row && (
        <>
          <div className="copy-lines">
            <CopyLine label={row.isNew ? 'New file' : 'File'} text={row.file} testId="row-file" />
            {row.isNew && <CopyLine label="Its first line" text={row.head} testId="row-head" />}
            <CopyLine label="Row" text={row.row} testId="row-line" />
            <CopyLine label="Or by command" text={row.command} testId="row-command" />
          </div>
          {!row.isNew && (
            <Text size="xs" c="dimmed" mt={6}>
              The columns of that file are <span className="mono">{row.head}</span>
            </Text>
          )}
          <Text
            size="xs"
            mt={6}
            role="status"
            className={row.fault === null ? 'good' : 'warn'}
            data-testid="row-fault"
          >
            {row.fault === null
              ? 'The row can be read as it is.'
              : other === ''
                ? `${gap.back ? 'The site’s code' : 'What the code means'} is still missing${gap.back ? '.' : '; (none) if it carries nothing.'}`
                : `${row.fault}.`}
          </Text>
          {(FORMULA.test(code) || FORMULA.test(other)) && (
            <Text size="xs" mt={4} className="warn">
              A spreadsheet takes a cell that begins with {(FORMULA.test(code) ? code : other)[0]} for a
              formula: add this row with the command or a text editor.
            </Text>
          )}
        </>
      )}
      <Text size="sm" fw={600} mt="md" mb={4}>
        Then
      </Text>
      <ol className="steps-text" data-testid="row-then">
        <li>
          Add the row in the project’s folder; <span className="mono">suture check</span> reads it again.
        </li>
        <li>
          {deploys?.running ? (
            <>
              This engine runs{' '}
              <Link to="/deploys" className="plain-link">
                deployment {deploys.running}
              </Link>
              :{' '}
              <span className="mono">
                suture deploy --note "{gap.map}: a code of {gap.site}"
              </span>
              .
            </>
          ) : (
            <>
              This engine runs a folder: under <span className="mono">suture dev</span> the row is taken up at
              once, else with <span className="mono">suture deploy</span> or at the next start.
            </>
          )}
        </li>
        <li>What waits goes on by itself then, in its order, each once.</li>
      </ol>
    </div>
  );
}
