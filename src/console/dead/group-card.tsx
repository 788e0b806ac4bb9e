import { Button, Paper, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DeadGroupRow } from '../../api/types.ts';
import { Moment } from '../parts/time.tsx';
import { useMayOperate } from '../remote/queries.ts';
import { ReplayDialog } from './replay-dialog.tsx';

/** Dead letters of one cause: what happened and where, what to do first, how many and since when. */
export function GroupCard({ group }: { readonly group: DeadGroupRow }) {
  const mayReplay = useMayOperate();
  const [asking, setAsking] = useState(false);
  const { failure } = group.sample.delivery;
  const place = [group.flow, group.step, group.path].filter((part) => part !== null).join(' / ');
  return (
    <Paper withBorder p="md" data-testid={`group-${group.fingerprint}`}>
      <div className="dead-head">
        <div>
          <span className="dead-count">{group.count.toLocaleString()}</span>{' '}
          <Text span fw={600}>
            {group.code}
          </Text>
          <div className="dead-place">
            {place} <span className="soft">at</span>{' '}
            {group.sites
              .map(({ site, count }) => (group.sites.length > 1 ? `${site} (${count})` : site))
              .join(', ')}
          </div>
        </div>
        {mayReplay && (
          <Button size="compact-sm" onClick={() => setAsking(true)} data-testid="replay-group">
            Replay {group.count === 1 ? 'it' : `these ${group.count.toLocaleString()}`}
          </Button>
        )}
      </div>
      <div className="failure" role="note">
        <strong>{failure?.message ?? 'Nobody recorded why.'}</strong>
        <div>
          <span className="failure-label">What to do first</span>{' '}
          {failure?.fix ?? 'Look at the history of one.'}
        </div>
      </div>
      <Text size="xs" c="dimmed" mt="xs">
        First <Moment at={group.firstAt} /> · last <Moment at={group.lastAt} /> ·{' '}
        <Link
          to="/messages/$id"
          params={{ id: group.sample.message.id }}
          className="plain-link"
          data-testid="group-sample"
        >
          look at the last one
        </Link>{' '}
        · group <span className="mono">{group.fingerprint}</span>
      </Text>
      {asking && <ReplayDialog group={group} onClose={() => setAsking(false)} />}
    </Paper>
  );
}
