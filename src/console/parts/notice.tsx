import { Alert, Paper, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { RemoteFailure } from '../remote/client.ts';

/** Something failed: what, and what to do first. */
export function FailureNotice({ error }: { readonly error: unknown }) {
  const fix =
    error instanceof RemoteFailure ? error.fix : 'Reload the page; if it stays, look at the log of Suture.';
  return (
    <Alert
      color="red"
      title={error instanceof Error ? error.message : 'Something failed.'}
      role="alert"
      data-testid="failure"
    >
      {fix}
    </Alert>
  );
}

export function EmptyState({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Paper withBorder p="xl" data-testid="empty">
      <Stack gap={4} align="center" ta="center">
        <Text fw={600}>{title}</Text>
        <Text c="dimmed" size="sm" maw={520}>
          {children}
        </Text>
      </Stack>
    </Paper>
  );
}
