import { Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { DeliveryDetail, ReplayVersion } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { DialogActions, ReasonField } from '../parts/reason-field.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages } from '../remote/queries.ts';

export type Act = 'replay' | 'release' | 'give-up';

const TEXT: Readonly<Record<Act, { title: string; about: string; button: string }>> = {
  replay: {
    title: 'Replay',
    about: 'Makes a new delivery of this message, marked as a replay. The old one stays as it is.',
    button: 'Replay',
  },
  release: {
    title: 'Release',
    about:
      'The delivery goes on from where it was held. If its effect may have happened already, it may happen twice.',
    button: 'Release',
  },
  'give-up': {
    title: 'Give up',
    about: 'The delivery becomes a dead letter; later messages of its lane go on. It can still be replayed.',
    button: 'Give up',
  },
};

/** Asks for the reason, which the audit trail keeps, and does it. */
export function ActDialog(props: {
  readonly act: Act;
  readonly detail: DeliveryDetail;
  readonly onClose: () => void;
}) {
  const { act, detail, onClose } = props;
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [fromStep, setFromStep] = useState('');
  const [version, setVersion] = useState<ReplayVersion>('present');
  const run = useMutation({
    mutationFn: () => {
      const deliveryIds = [detail.delivery.id];
      if (act === 'replay')
        return post('/api/replay', {
          deliveryIds,
          reason,
          version,
          ...(fromStep === '' ? {} : { fromStep }),
        });
      return post('/api/release', { deliveryIds, reason, to: act === 'release' ? 'waiting' : 'dead' });
    },
    onSuccess: () => {
      refreshMessages(client);
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    run.mutate();
  };
  const { title, about, button } = TEXT[act];
  return (
    <Modal opened onClose={onClose} title={`${title}: ${detail.delivery.flow}`} centered>
      <form onSubmit={submit} data-testid="act-dialog">
        <Stack gap="sm">
          <Text size="sm">{about}</Text>
          {act === 'replay' && detail.replayFrom && (
            <NativeSelect
              label="From"
              value={fromStep}
              onChange={(event) => setFromStep(event.currentTarget.value)}
              data={[
                { value: '', label: 'the start' },
                ...detail.replayFrom.map((step) => ({
                  value: step,
                  label: `step ${step}; what came before is taken over`,
                })),
              ]}
              data-testid="act-from"
            />
          )}
          {act === 'replay' && (
            <NativeSelect
              label="Version of the flow"
              value={version}
              onChange={(event) => setVersion(event.currentTarget.value as ReplayVersion)}
              data={[
                { value: 'present', label: 'as it is now' },
                { value: 'ran', label: 'as it was when it ran' },
              ]}
              data-testid="act-version"
            />
          )}
          <ReasonField value={reason} onChange={setReason} focused testId="act-reason" />
          {run.isError && <FailureNotice error={run.error} />}
          <DialogActions
            onClose={onClose}
            busy={run.isPending}
            reason={reason}
            danger={act === 'give-up'}
            testId="act-submit"
          >
            {button}
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
