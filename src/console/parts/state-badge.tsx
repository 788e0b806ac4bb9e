import { Badge } from '@mantine/core';
import type { DeliveryState, MessageState } from '../../api/types.ts';

export type ShownState = DeliveryState | MessageState | 'unrouted';

const COLORS: Readonly<Record<ShownState, string>> = {
  delivered: 'green',
  accepted: 'green',
  filtered: 'gray',
  unrouted: 'gray',
  waiting: 'blue',
  running: 'blue',
  sleeping: 'violet',
  held: 'orange',
  dead: 'red',
  rejected: 'red',
};

const MEANING: Readonly<Record<ShownState, string>> = {
  delivered: 'done',
  accepted: 'kept and planned',
  filtered: 'ended by a filter, a refusal or a later message',
  unrouted: 'no flow wanted it; counted as Filtered',
  waiting: 'for its turn or its next attempt',
  running: 'at work now',
  sleeping: 'a wait or an approval',
  held: 'a person must decide',
  dead: 'gave up; can be replayed',
  rejected: 'refused at receipt, kept as it came',
};

export function StateBadge({ state, flow }: { readonly state: ShownState; readonly flow?: string }) {
  return (
    <Badge
      className="state-badge"
      color={COLORS[state]}
      variant="light"
      radius="sm"
      tt="none"
      title={flow === undefined ? MEANING[state] : `${flow}: ${MEANING[state]}`}
      data-testid={`state-${state}`}
    >
      {state}
    </Badge>
  );
}
