import { Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Delivery, EditAnswer, EditBody } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { DialogActions, ReasonField } from '../parts/reason-field.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages } from '../remote/queries.ts';

/** One segment a line, as people read it; the server joins them again. */
const lines = (text: string): string => text.replaceAll(/\r\n?/g, '\n');

/** A corrected copy of a message whose content is shown: a message of its own. */
export function EditDialog(props: {
  readonly delivery: Delivery;
  readonly text: string;
  readonly onClose: () => void;
}) {
  const { delivery, text, onClose } = props;
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => lines(text));
  const [reason, setReason] = useState('');
  const send = useMutation({
    mutationFn: () =>
      post<EditAnswer>('/api/replays/edit', {
        deliveryId: delivery.id,
        text: draft,
        reason,
      } satisfies EditBody),
    onSuccess: ({ messageId }) => {
      refreshMessages(client);
      onClose();
      void navigate({ to: '/messages/$id', params: { id: messageId } });
    },
    gcTime: 0,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={`Corrected copy: ${delivery.flow}`} size="xl" centered>
      <form onSubmit={submit} data-testid="edit-dialog">
        <Stack gap="sm">
          <Text size="sm">
            What you write becomes a message of its own, marked as a replay and sent through this flow as it
            is now. The original stays as it came.
          </Text>
          <Textarea
            label="Message"
            autosize
            minRows={8}
            maxRows={22}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            spellCheck={false}
            className="edit-text"
            data-testid="edit-text"
          />
          <ReasonField value={reason} onChange={setReason} testId="edit-reason" />
          {send.isError && <FailureNotice error={send.error} />}
          <DialogActions
            onClose={onClose}
            busy={send.isPending}
            reason={reason}
            blocked={draft === lines(text)}
            testId="edit-send"
          >
            Send the copy
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
