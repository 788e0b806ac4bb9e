import type { DeliveryState, MessageState } from '../../api/types.ts';
import { WordBadge } from './word-badge.tsx';

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
    <WordBadge
      word={state}
      color={COLORS[state]}
      title={flow === undefined ? MEANING[state] : `${flow}: ${MEANING[state]}`}
      testId={`state-${state}`}
    />
  );
}
