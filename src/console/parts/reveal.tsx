import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { post } from '../remote/client.ts';

/** What is masked until somebody asks, and the asking is recorded. Kept by its owner alone: leaving it forgets what was shown. */
export const useReveal = <Shown,>(path: string) =>
  useMutation({ mutationFn: () => post<Shown>(path, {}), gcTime: 0 });

/** Shows and hides it; nothing for a role that may not see it. */
export function RevealButton(props: {
  readonly reveal: Pick<ReturnType<typeof useReveal>, 'data' | 'isPending' | 'mutate' | 'reset'>;
  readonly mayOperate: boolean;
  /** `details`, `request and answer`. */
  readonly what: string;
  /** Of the button that shows; the one that hides ends in `-hide`. */
  readonly testId: string;
}) {
  const { reveal, mayOperate, what, testId } = props;
  if (reveal.data)
    return (
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => reveal.reset()}
        data-testid={`${testId}-hide`}
      >
        Hide {what}
      </Button>
    );
  if (!mayOperate) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={reveal.isPending}
      onClick={() => reveal.mutate()}
      data-testid={testId}
    >
      Show {what} (recorded)
    </Button>
  );
}
