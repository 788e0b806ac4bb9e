import { Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FailureNotice } from './notice.tsx';
import { DialogActions, ReasonField } from './reason-field.tsx';

/** Asks for the reason, which the audit trail keeps, and does it. */
export function ReasonDialog(props: {
  readonly title: string;
  readonly about: string;
  readonly button: string;
  readonly danger?: boolean;
  readonly run: (reason: string) => Promise<unknown>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const run = useMutation({
    mutationFn: () => props.run(reason.trim()),
    onSuccess: () => {
      props.onDone();
      props.onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    run.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={props.title} centered>
      <form onSubmit={submit} data-testid="reason-dialog">
        <Stack gap="sm">
          <Text size="sm">{props.about}</Text>
          <ReasonField value={reason} onChange={setReason} focused testId="reason" />
          {run.isError && <FailureNotice error={run.error} />}
          <DialogActions
            onClose={props.onClose}
            busy={run.isPending}
            reason={reason}
            danger={props.danger === true}
            testId="reason-submit"
          >
            {props.button}
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
