import { Badge } from '@mantine/core';
import type { HomeFeed } from '../../api/types.ts';

const COLORS: Readonly<Record<HomeFeed['state'], string>> = {
  running: 'green',
  paused: 'yellow',
  failing: 'red',
  stopped: 'red',
  removed: 'gray',
};

export function ConnectionBadge({ state }: { readonly state: HomeFeed['state'] }) {
  return (
    <Badge
      className="state-badge"
      color={COLORS[state]}
      variant="light"
      radius="sm"
      tt="none"
      data-testid={`connection-${state}`}
    >
      {state}
    </Badge>
  );
}
