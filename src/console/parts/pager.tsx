import { Button, Group, type MantineSpacing } from '@mantine/core';
import { useRef } from 'react';

/** Pages of a list that is read back from its newest row; where a page begins stands in the address as `before`. */
export interface Pager {
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** There is more than this page. */
  readonly isNeeded: boolean;
  goOlder(): void;
  goNewer(): void;
  /** Another question is asked: its pages begin anew. */
  forget(): void;
}

/** @param older Where the next page begins; `null`: this is the last one. */
export function usePager<Asked extends { readonly before?: string }>(
  asked: Asked,
  older: string | null,
  show: (asked: Omit<Asked, 'before'> & { readonly before?: string }) => void,
): Pager {
  /** Where the newer pages began; empty after a reload, and then "Newer" leads to the newest. */
  const newer = useRef<(string | undefined)[]>([]);
  const { before, ...rest } = asked;
  return {
    isFirst: before === undefined,
    isLast: older === null,
    isNeeded: older !== null || before !== undefined,
    goOlder() {
      if (older === null) return;
      newer.current.push(before);
      show({ ...rest, before: older });
    },
    goNewer() {
      const last = newer.current.pop();
      show(last === undefined ? rest : { ...rest, before: last });
    },
    forget() {
      newer.current = [];
    },
  };
}

export function PagerButtons({ pager, mt = 0 }: { readonly pager: Pager; readonly mt?: MantineSpacing }) {
  return (
    <Group justify="space-between" mt={mt}>
      <Button
        variant="default"
        size="xs"
        disabled={pager.isFirst}
        onClick={() => pager.goNewer()}
        data-testid="newer"
      >
        Newer
      </Button>
      <Button
        variant="default"
        size="xs"
        disabled={pager.isLast}
        onClick={() => pager.goOlder()}
        data-testid="older"
      >
        Older
      </Button>
    </Group>
  );
}
