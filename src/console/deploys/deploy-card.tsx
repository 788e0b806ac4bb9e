import { Badge, Button, Group, Paper, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeployRow } from '../../api/types.ts';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
import { deploysQuery, meQuery, useMayOperate } from '../remote/queries.ts';

type Act = 'rollback' | 'approve' | 'refuse';

const ABOUT: Readonly<Record<Act, string>> = {
  rollback:
    'The engine runs this again from now on, without stopping; where a second person must approve and this never ran approved, once somebody has. What is queued is not lost: it runs with the version that planned it.',
  approve: 'It runs from now on. Your name is kept beside that of whoever has asked.',
  refuse: 'It does not run. It can be asked for again.',
};

function stateOf(row: DeployRow, running: string | null): { text: string; color: string } {
  if (row.id === running) return { text: 'runs', color: 'teal' };
  if (row.live) return { text: 'runs at the next start', color: 'teal' };
  if (row.state === 'asked') return { text: 'waits for a second person', color: 'orange' };
  return row.state === 'refused' ? { text: 'refused', color: 'red' } : { text: 'ran', color: 'gray' };
}

function whatText({ facts }: DeployRow): string {
  const scope = [...(facts.scope.sites ?? []), ...(facts.scope.flows ?? [])].join(', ');
  const of = scope === '' ? 'everything' : `only ${scope}`;
  if (facts.act === 'roll back') return `back to ${facts.from}, ${of}`;
  return facts.act === 'promote' ? `promoted, ${facts.from}, ${of}` : of;
}

/** One deployment: what changed, who made it run, and what may be done about it. */
export function DeployCard({ row, running }: { readonly row: DeployRow; readonly running: string | null }) {
  const [act, setAct] = useState<Act | null>(null);
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const mayOperate = useMayOperate();
  const { data: me } = useQuery(meQuery);
  const { facts } = row;
  const state = stateOf(row, running);
  const mine = me !== undefined && [me.name, `cli:${me.name}`].includes(row.who);
  const path = act === 'rollback' ? '/api/deploys/rollback' : `/api/deploys/${row.id}/decision`;
  const body = (note: string) =>
    act === 'rollback' ? { to: row.id, note } : { approved: act === 'approve', note };
  return (
    <Paper withBorder p="md" data-testid={`deploy-${row.id}`}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className="card-text">
          <Group gap="xs">
            <Text fw={600}>Deployment {row.id}</Text>
            <Badge color={state.color} variant="light" radius="sm" tt="none" className="state-badge">
              {state.text}
            </Badge>
            {facts.environment && <Text size="sm">{facts.environment}</Text>}
          </Group>
          <Text size="sm" mt={2}>
            {whatText(row)}
            {row.note !== '' && <>: {row.note}</>}
          </Text>
          <Text size="xs" c="dimmed" mt={2}>
            {row.who} <Moment at={row.at} />
            {row.decidedBy && row.decidedAt !== null && (
              <>
                {' '}
                · {row.state === 'refused' ? 'refused' : 'approved'} by {row.decidedBy}{' '}
                <Moment at={row.decidedAt} />
              </>
            )}{' '}
            {facts.approvals && facts.approvals.length > 0 && `· approved as ${facts.approvals.join(', ')} `}·
            what was queued: {facts.queued === 'drain' ? 'drained' : 'carried over'}
            {facts.git && (
              <>
                {' '}
                · commit <span className="mono">{facts.git.commit.slice(0, 8)}</span>
                {facts.git.dirty > 0 && ` with ${facts.git.dirty} uncommitted`}
              </>
            )}
          </Text>
        </div>
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
            data-testid="changes"
          >
            {facts.changesInAll} change{facts.changesInAll === 1 ? '' : 's'}
          </Button>
          {mayOperate && row.state === 'deployed' && !row.live && (
            <Button
              size="compact-sm"
              variant="light"
              color="red"
              onClick={() => setAct('rollback')}
              data-testid="rollback"
            >
              Go back to this
            </Button>
          )}
          {mayOperate && row.state === 'asked' && (
            <>
              <Button
                size="compact-sm"
                disabled={mine}
                title={mine ? 'Who has asked cannot approve.' : undefined}
                onClick={() => setAct('approve')}
                data-testid="approve"
              >
                Approve
              </Button>
              <Button
                size="compact-sm"
                variant="light"
                color="red"
                onClick={() => setAct('refuse')}
                data-testid="refuse"
              >
                Refuse
              </Button>
            </>
          )}
        </Group>
      </Group>
      {open && <Changes row={row} />}
      {act && (
        <ReasonDialog
          title={
            act === 'rollback'
              ? `Go back to deployment ${row.id}`
              : `${act === 'approve' ? 'Approve' : 'Refuse'} deployment ${row.id}`
          }
          about={ABOUT[act]}
          button={act === 'rollback' ? 'Go back' : act === 'approve' ? 'Approve' : 'Refuse'}
          danger={act !== 'approve'}
          run={(note) => post(path, body(note))}
          onDone={() => void client.invalidateQueries({ queryKey: deploysQuery.queryKey })}
          onClose={() => setAct(null)}
        />
      )}
    </Paper>
  );
}

function Changes({ row: { facts } }: { readonly row: DeployRow }) {
  return (
    <div data-testid="change-list">
      {facts.production.length > 0 && (
        <Text size="sm" mt="xs">
          Touches {facts.production.join(', ')} in production.
        </Text>
      )}
      <ChangeLines changes={facts.changes} />
      {facts.changesInAll > facts.changes.length && (
        <Text size="sm" mt={4}>
          and {facts.changesInAll - facts.changes.length} more
        </Text>
      )}
    </div>
  );
}

export function ChangeLines({ changes }: { readonly changes: DeployRow['facts']['changes'] }) {
  return changes.map(({ of, name, text }) => (
    <Text key={`${of} ${name} ${text}`} size="sm" mt={4}>
      <span className="soft">
        {of} {name}:
      </span>{' '}
      {text}
    </Text>
  ));
}
