import { Badge, Button, Group, Paper, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { Gap, ResumeMappedAnswer } from '../../api/types.ts';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { Moment } from '../parts/time.tsx';
import { post } from '../remote/client.ts';
import { attentionQuery, gapsQuery, refreshMessages, useMayOperate } from '../remote/queries.ts';
import { RowForm } from './row-form.tsx';

const FLOWS = 3;

function Mark({ color, children }: { readonly color: string; readonly children: string }) {
  return (
    <Badge color={color} variant="light" radius="sm" tt="none" className="state-badge">
      {children}
    </Badge>
  );
}

function Waiting({ gap }: { readonly gap: Gap }) {
  const { held, behind, firstAt, lastAt, flows } = gap;
  const more = flows.length - FLOWS;
  return (
    <Text size="xs" c="dimmed" mt={4}>
      first <Moment at={firstAt} /> · last <Moment at={lastAt} /> · {flows.length === 1 ? 'flow' : 'flows'}{' '}
      {flows.slice(0, FLOWS).join(', ')}
      {more > 0 && ` and ${more} more`}
      {behind > 0 &&
        ` · ${behind.toLocaleString()} stand behind ${held === 1 ? 'it' : 'them'} in their lanes`}
    </Text>
  );
}

/** Where one is to be looked at, what is to be added and where, and letting go on what waits. */
function Detail({ gap, mayOperate }: { readonly gap: Gap; readonly mayOperate: boolean }) {
  const rest = gap.held - gap.messages.length;
  return (
    <div className="gap-detail" data-testid="gap-detail">
      <div>
        <Text size="sm" fw={600} mb={4}>
          Messages that wait
        </Text>
        <ul className="gap-messages">
          {gap.messages.map((id) => (
            <li key={id}>
              <Link to="/messages/$id" params={{ id }} className="plain-link" data-testid="gap-message">
                {id}
              </Link>
            </li>
          ))}
          {rest > 0 && (
            <li>
              <Link to="/messages" search={{ site: gap.site, state: 'held' }} className="plain-link">
                and {rest.toLocaleString()} more
              </Link>
            </li>
          )}
        </ul>
        {gap.code === null && (
          <Text size="xs" c="dimmed" mt={4}>
            The text is longer than a code, or looks like none, and is not shown here: it stands in the
            messages.
          </Text>
        )}
        {!mayOperate && (
          <Text size="xs" c="dimmed" mt={4}>
            Your role sees messages masked.
          </Text>
        )}
      </div>
      {gap.ambiguous ? <Ambiguous gap={gap} /> : <RowForm gap={gap} />}
    </div>
  );
}

function Ambiguous({ gap }: { readonly gap: Gap }) {
  return (
    <div data-testid="gap-ambiguous">
      <Text size="sm" fw={600} mb={4}>
        Several rows have this target
      </Text>
      <Text size="sm">
        {gap.sources.length > 0 && `They are those of ${gap.sources.join(', ')}. `}
        Write <span className="mono">yes</span> into the column <span className="mono">preferred</span> of the
        row that is meant, in <span className="mono">{`sites/${gap.site}/maps/${gap.map}.csv`}</span> or in
        the shared <span className="mono">{`maps/${gap.map}.csv`}</span>, and deploy it.
      </Text>
    </div>
  );
}

/** One code that a site's map lacks. */
export function GapCard({ gap }: { readonly gap: Gap }) {
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const [resumed, setResumed] = useState<number | null>(null);
  const client = useQueryClient();
  const mayOperate = useMayOperate();
  const id = useId();
  const { site, map, code, held } = gap;
  const release = async (reason: string): Promise<void> => {
    const answer = await post<ResumeMappedAnswer>('/api/maps/resume', { site, reason });
    setResumed(answer.resumed);
  };
  const word = gap.mapped === true ? 'Run them now' : 'Try them again';
  return (
    <Paper withBorder p="md" data-testid={`gap-${site}-${map}-${code ?? ''}`}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className="card-text">
          <Group gap="xs">
            {code === null ? (
              <Text span fw={600} fs="italic">
                a text that is not shown
              </Text>
            ) : (
              <span className="gap-code">{code}</span>
            )}
            <Text span size="sm">
              {site} <span className="soft">/</span> {map}
            </Text>
            {gap.back && !gap.ambiguous && <Mark color="gray">looked up as a target</Mark>}
            {gap.ambiguous && <Mark color="yellow">several rows have it</Mark>}
            {gap.mapped === true && <Mark color="green">mapped by now</Mark>}
          </Group>
          <Text size="sm" mt={4} data-testid="gap-held">
            <strong>{held.toLocaleString()}</strong> held
          </Text>
          <Waiting gap={gap} />
        </div>
        <Group gap="xs">
          {mayOperate && gap.mapped !== false && (
            <Button
              size="compact-sm"
              variant={gap.mapped === true ? 'filled' : 'default'}
              onClick={() => setAsking(true)}
              data-testid="run-now"
            >
              {word}
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
            aria-controls={id}
            aria-label={`${open ? 'Close' : 'Open'} ${code ?? 'the text that is not shown'} of ${site} / ${map}`}
            data-testid="gap-open"
          >
            {open ? 'Close' : 'Open'}
          </Button>
        </Group>
      </Group>
      {resumed !== null && (
        <Text size="sm" mt="xs" role="status" data-testid="resumed">
          {resumed === 0
            ? 'Nothing could go on yet: another code that they wait for is missing.'
            : `${resumed.toLocaleString()} ${resumed === 1 ? 'delivery goes' : 'deliveries go'} on.`}
        </Text>
      )}
      <div id={id}>{open && <Detail gap={gap} mayOperate={mayOperate} />}</div>
      {asking && (
        <ReasonDialog
          title={`${word}: ${site}`}
          about={`Everything at ${site} that waits for codes, all of which are mapped by now, goes on in its order, each once.`}
          button={word}
          run={release}
          onDone={() => {
            refreshMessages(client);
            for (const { queryKey } of [gapsQuery, attentionQuery])
              void client.invalidateQueries({ queryKey });
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Paper>
  );
}
