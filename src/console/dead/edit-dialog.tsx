import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Delivery, EditAnswer, EditBody } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
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
          <TextInput
            label="Reason"
            description="Kept in the audit trail. No patient data."
            required
            minLength={3}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-testid="edit-reason"
          />
          {send.isError && <FailureNotice error={send.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={send.isPending}
              disabled={reason.trim().length < 3 || draft === lines(text)}
              data-testid="edit-send"
            >
              Send the copy
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
