import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConnectionState, TestAnswer } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages, useMayOperate } from '../remote/queries.ts';
import { ConnectionBadge } from './connection-badge.tsx';

function Destination({ connection }: { readonly connection: ConnectionState }) {
  const mayTest = useMayOperate();
  const client = useQueryClient();
  const [resuming, setResuming] = useState(false);
  const path = `/api/connections/${encodeURIComponent(connection.site)}/${encodeURIComponent(connection.connection)}`;
  const test = useMutation({ mutationFn: () => post<TestAnswer>(`${path}/test`, {}) });
  const mayResume = mayTest && (connection.state === 'stopped' || connection.state === 'failing');
  return (
    <Paper withBorder p="md" data-testid={`destination-${connection.site}-${connection.connection}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Text fw={600} size="sm">
            {connection.site} <span className="soft">/</span> {connection.connection}
          </Text>
          <Text size="xs" c="dimmed">
            {connection.connector}
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap">
          <ConnectionBadge state={connection.state} />
          {mayResume && (
            <Button size="compact-xs" onClick={() => setResuming(true)} data-testid="resume">
              Resume
            </Button>
          )}
          {mayTest && (
            <Button
              size="compact-xs"
              variant="default"
              loading={test.isPending}
              onClick={() => test.mutate()}
            >
              Test
            </Button>
          )}
        </Group>
      </Group>
      {connection.text && (
        <Text size="xs" mt={6} className={`feed-text feed-text-${connection.state}`}>
          {connection.text}
        </Text>
      )}
      {resuming && (
        <ReasonDialog
          title={`Resume: ${connection.site} / ${connection.connection}`}
          about="It is called again, and what waits for it goes on at once. If it still fails, it stops again."
          button="Resume"
          run={(reason) => post(`${path}/resume`, { reason })}
          onDone={() => refreshMessages(client)}
          onClose={() => setResuming(false)}
        />
      )}
      {test.isError && <FailureNotice error={test.error} />}
      {test.data && (
        <Stack gap={2} mt="xs" role="status">
          {test.data.results.map((result) => (
            <Text key={result.check} size="xs">
              <Text span size="xs" fw={600} className={result.ok ? 'good' : 'bad'}>
                {result.ok ? 'Fine' : 'Failed'}
              </Text>{' '}
              {result.check}: {result.text} {result.fix}
            </Text>
          ))}
        </Stack>
      )}
    </Paper>
  );
}

/** Connections that flows call. */
export function Destinations({ connections }: { readonly connections: readonly ConnectionState[] }) {
  return (
    <div className="cards">
      {connections.map((connection) => (
        <Destination key={`${connection.site}/${connection.connection}`} connection={connection} />
      ))}
    </div>
  );
}
