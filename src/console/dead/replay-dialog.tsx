import { Modal, NativeSelect, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { DeadGroupRow, Job, ReplayPreview, ReplayVersion } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { DialogActions, ReasonField } from '../parts/reason-field.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages } from '../remote/queries.ts';
import { Preview } from './preview.tsx';

const USUAL_RATE = 100;

/** How to replay a group: from where, with which version, how fast and why; a dry run stands below and follows each choice. */
export function ReplayDialog({
  group,
  onClose,
}: {
  readonly group: DeadGroupRow;
  readonly onClose: () => void;
}) {
  const client = useQueryClient();
  const [fromStep, setFromStep] = useState('');
  const [version, setVersion] = useState<ReplayVersion>('present');
  const [rate, setRate] = useState<number | string>(USUAL_RATE);
  const [reason, setReason] = useState('');
  const how = { fingerprint: group.fingerprint, version, ...(fromStep === '' ? {} : { fromStep }) };
  const preview = useQuery({
    queryKey: ['replay-preview', how],
    queryFn: ({ signal }) => post<ReplayPreview>('/api/replays/preview', how, signal),
    staleTime: 0,
    gcTime: 0,
  });
  // Values are asked for by hand, once, and forgotten with the dialog.
  const reveal = useMutation({
    mutationFn: () => post<ReplayPreview>('/api/replays/preview', { ...how, reveal: true }),
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => post<Job>('/api/replays', { ...how, rate: Number(rate), reason }),
    onSuccess: () => {
      refreshMessages(client);
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start.mutate();
  };
  const changed = (change: () => void): void => {
    reveal.reset();
    change();
  };
  const shown = reveal.data ?? preview.data;
  const count = preview.data?.count ?? group.count;
  return (
    <Modal opened onClose={onClose} title={`Replay: ${group.flow}, ${group.code}`} size="lg" centered>
      <form onSubmit={submit} data-testid="replay-dialog">
        <Stack gap="sm">
          <Text size="sm">
            Makes new deliveries of the same messages, oldest first, marked as replays. The old ones stay as
            they are and leave this list; what fails again comes back to it.
          </Text>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <NativeSelect
              label="From"
              value={fromStep}
              onChange={({ currentTarget: { value } }) => changed(() => setFromStep(value))}
              data={[
                { value: '', label: 'the start' },
                ...(group.steps ?? []).map((step) => ({ value: step, label: `step ${step}` })),
              ]}
              description="Effects before are kept"
              data-testid="replay-from"
            />
            <NativeSelect
              label="Version of the flow"
              value={version}
              onChange={({ currentTarget: { value } }) => changed(() => setVersion(value as ReplayVersion))}
              data={[
                { value: 'present', label: 'as it is now' },
                { value: 'ran', label: 'as it was when it ran' },
              ]}
              description="A fix is in the present one"
              data-testid="replay-version"
            />
            <NumberInput
              label="Deliveries a second"
              min={1}
              max={10_000}
              value={rate}
              onChange={setRate}
              description="At most"
              data-testid="replay-rate"
            />
          </SimpleGrid>
          <ReasonField value={reason} onChange={setReason} focused testId="replay-reason" />
          {preview.isError && <FailureNotice error={preview.error} />}
          {reveal.isError && <FailureNotice error={reveal.error} />}
          {shown ? (
            <Preview
              preview={shown}
              revealed={reveal.data !== undefined}
              revealing={reveal.isPending}
              onReveal={() => reveal.mutate()}
            />
          ) : (
            !preview.isError && (
              <Text size="sm" c="dimmed">
                Looking at what would be sent…
              </Text>
            )
          )}
          {start.isError && <FailureNotice error={start.error} />}
          <DialogActions
            onClose={onClose}
            busy={start.isPending}
            reason={reason}
            blocked={count === 0 || Number(rate) < 1}
            testId="replay-start"
          >
            Replay {count.toLocaleString()}
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
