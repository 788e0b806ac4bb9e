import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FailureNotice } from './notice.tsx';

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
          <TextInput
            label="Reason"
            description="Kept in the audit trail. No patient data."
            required
            minLength={3}
            maxLength={500}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-testid="reason"
          />
          {run.isError && <FailureNotice error={run.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(props.danger ? { color: 'red' } : {})}
              loading={run.isPending}
              disabled={reason.trim().length < 3}
              data-testid="reason-submit"
            >
              {props.button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
