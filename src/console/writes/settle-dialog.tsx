import { Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { WriteBody, WriteView } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { DialogActions, ReasonField } from '../parts/reason-field.tsx';
import { post } from '../remote/client.ts';
import { refreshMessages } from '../remote/queries.ts';

export type Word = WriteBody['word'];

const TEXT: Readonly<Record<Word, { title: string; about: string }>> = {
  done: {
    title: 'It is there',
    about:
      'You have looked at the other system, and the record is there. The delivery goes on with it; nothing is sent.',
  },
  again: {
    title: 'Send it again',
    about:
      'You have looked at the other system, and it is not there. It is sent again. If it was there after all, it is there twice.',
  },
  drop: {
    title: 'Give up',
    about:
      'It is not there and shall not be. The delivery becomes a dead letter; what stands behind it goes on.',
  },
};

/** The id of a record, or a reference to one: as the server takes it. */
const RECORD = /^([A-Za-z]+\/)?[A-Za-z0-9.-]{1,256}$/;

/** A person's word about a write: with the reason, which the audit trail keeps. */
export function SettleDialog(props: {
  readonly write: WriteView;
  readonly word: Word;
  readonly onClose: () => void;
}) {
  const { write, word, onClose } = props;
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [record, setRecord] = useState('');
  const named = record.trim();
  const isWrong = named !== '' && !RECORD.test(named);
  const run = useMutation({
    mutationFn: () => {
      const body: WriteBody = { word, reason: reason.trim(), ...(named === '' ? {} : { record: named }) };
      return post(`/api/writes/${encodeURIComponent(write.id)}`, body);
    },
    onSuccess: () => {
      refreshMessages(client);
      for (const name of ['writes', 'ended-writes', 'attention'])
        void client.invalidateQueries({ queryKey: [name] });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    run.mutate();
  };
  const { title, about } = TEXT[word];
  return (
    <Modal opened onClose={onClose} title={`${title}: ${write.what} at ${write.site}`} centered>
      <form onSubmit={submit} data-testid="settle-dialog">
        <Stack gap="sm">
          <Text size="sm">{about}</Text>
          {word === 'done' && (
            <TextInput
              label="Record"
              description="Its id at the other system, or a reference. Later steps that need it fail without."
              placeholder="Observation/e1"
              autoComplete="off"
              maxLength={290}
              value={record}
              onChange={(event) => setRecord(event.currentTarget.value)}
              error={isWrong ? 'letters, digits, dots and hyphens; Observation/e1' : undefined}
              data-autofocus
              data-testid="settle-record"
            />
          )}
          <ReasonField
            value={reason}
            onChange={setReason}
            focused={word !== 'done'}
            signed
            testId="settle-reason"
          />
          {run.isError && <FailureNotice error={run.error} />}
          <DialogActions
            onClose={onClose}
            busy={run.isPending}
            reason={reason}
            danger={word === 'drop'}
            blocked={isWrong}
            testId="settle-submit"
          >
            {title}
          </DialogActions>
        </Stack>
      </form>
    </Modal>
  );
}
