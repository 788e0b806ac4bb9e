import { Button, Group, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';

/** As short as a reason may be. */
const SHORTEST = 3;

/** Why somebody acts: the audit trail keeps it. */
export function ReasonField(props: {
  readonly value: string;
  readonly onChange: (reason: string) => void;
  /** Typing goes here when the dialog opens. */
  readonly focused?: boolean;
  /** Says that the name is kept, too. */
  readonly signed?: boolean;
  readonly testId: string;
}) {
  return (
    <TextInput
      label="Reason"
      description={`Kept in the audit trail${props.signed ? ' with your name' : ''}. No patient data.`}
      required
      minLength={SHORTEST}
      maxLength={500}
      {...(props.focused ? { 'data-autofocus': true } : {})}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      data-testid={props.testId}
    />
  );
}

/** Cancel, and the button that does it: not without a reason. */
export function DialogActions(props: {
  readonly onClose: () => void;
  readonly busy: boolean;
  readonly reason: string;
  readonly danger?: boolean;
  /** Something else than the reason is missing. */
  readonly blocked?: boolean;
  readonly testId: string;
  readonly children: ReactNode;
}) {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={props.onClose}>
        Cancel
      </Button>
      <Button
        type="submit"
        {...(props.danger ? { color: 'red' } : {})}
        loading={props.busy}
        disabled={props.reason.trim().length < SHORTEST || props.blocked === true}
        data-testid={props.testId}
      >
        {props.children}
      </Button>
    </Group>
  );
}
