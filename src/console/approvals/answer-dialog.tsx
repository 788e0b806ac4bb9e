import { Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Approval, ApprovalAnswer } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { DialogActions, ReasonField } from '../parts/reason-field.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages } from '../remote/queries.ts';

/** Asks for the reason, which the audit trail keeps, and answers. */
export function AnswerDialog(props: {
  readonly approval: Approval;
  readonly approved: boolean;
  readonly onClose: () => void;
}) {
  const { approval, approved, onClose } = props;
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const path = `/api/approvals/${encodeURIComponent(approval.delivery.id)}`;
  const run = useMutation({
    mutationFn: () => post<ApprovalAnswer>(path, { approved, reason }),
    onSuccess: () => {
      refreshMessages(client);
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    run.mutate();
  };
  const word = approved ? 'Approve' : 'Refuse';
  return (
    <Modal opened onClose={onClose} title={`${word}: ${approval.delivery.flow}`} centered>
      <form onSubmit={submit} data-testid="answer-dialog">
        <Stack gap="sm">
          <Text size="sm" fw={600}>
            {approval.ask}
          </Text>
          <Text size="sm">
            {approved
              ? 'The delivery goes on, behind what stands in its patient’s lane by now.'
              : 'The delivery ends here as filtered. It can still be replayed.'}
          </Text>
          <ReasonField value={reason} onChange={setReason} focused signed testId="answer-reason" />
          {run.isError && <FailureNotice error={run.error} />}
          <DialogActions
            onClose={onClose}
            busy={run.isPending}
            reason={reason}
            danger={!approved}
            testId="answer-submit"
          >
            {word}
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
