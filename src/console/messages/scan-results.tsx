import { Button, Group, Loader, Paper, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { MessageRow, MessageScan, ScannedPage } from '../../api/types.ts';
import { EmptyState, FailureNotice } from '../parts/notice.tsx';
import { post } from '../remote/client.ts';
import { MessageTable } from './message-table.tsx';

/** Found messages that are shown; more than that is no answer to a question. */
const MOST = 200;

interface Progress {
  readonly state: 'running' | 'stopped' | 'done' | 'full';
  readonly looked: number;
  readonly rows: readonly MessageRow[];
}

const NOTHING: Progress = { state: 'running', looked: 0, rows: [] };

const STATES: Readonly<Record<Progress['state'], string>> = {
  running: 'Looking through messages, newest first',
  stopped: 'Stopped',
  done: 'All messages of this time were looked through',
  full: `Ended at ${MOST} found: shorten the time, or say more`,
};

/** Free text in payloads, page by page until the end of the time, a full list, or Stop. */
export function ScanResults({ scan }: { readonly scan: MessageScan }) {
  const [progress, setProgress] = useState(NOTHING);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);
  const question = JSON.stringify(scan);

  useEffect(() => {
    const ending = new AbortController();
    stop.current = ending;
    const asked = JSON.parse(question) as MessageScan;
    let reached = NOTHING;
    const show = (next: Progress): void => {
      reached = next;
      setProgress(next);
    };
    const run = async (): Promise<void> => {
      setError(null);
      show(NOTHING);
      for (let before: string | null = null; ; ) {
        const page: ScannedPage = await post<ScannedPage>(
          '/api/messages/scan',
          { ...asked, ...(before === null ? {} : { before }) },
          ending.signal,
        );
        if (ending.signal.aborted) return;
        before = page.before;
        const rows = [...reached.rows, ...page.rows];
        const state = before === null ? 'done' : rows.length >= MOST ? 'full' : 'running';
        show({ state, looked: reached.looked + page.looked, rows });
        if (state !== 'running') return;
      }
    };
    run().catch((failure: unknown) => {
      if (ending.signal.aborted) return;
      setError(failure);
      show({ ...reached, state: 'stopped' });
    });
    return () => ending.abort();
  }, [question]);

  const { state, looked, rows } = progress;
  return (
    <>
      <Paper withBorder p="sm" role="status" aria-live="polite" data-testid="scan-progress">
        <Group justify="space-between">
          <Group gap="sm">
            {state === 'running' && <Loader size="xs" />}
            <Text size="sm">
              {STATES[state]}: {looked.toLocaleString('en')} looked through, {rows.length} found.
            </Text>
          </Group>
          {state === 'running' && (
            <Button
              size="compact-sm"
              variant="default"
              data-testid="scan-stop"
              onClick={() => {
                stop.current?.abort();
                setProgress((old) => ({ ...old, state: 'stopped' }));
              }}
            >
              Stop
            </Button>
          )}
        </Group>
      </Paper>
      {error !== null && <FailureNotice error={error} />}
      {state !== 'running' && rows.length === 0 && error === null && (
        <EmptyState title="No message holds this text">Widen the time, or say less.</EmptyState>
      )}
      {rows.length > 0 && <MessageTable rows={rows} />}
    </>
  );
}
