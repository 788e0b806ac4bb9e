import type { HomeFeed } from '../../api/types.ts';
import { WordBadge } from '../parts/word-badge.tsx';

const COLORS: Readonly<Record<HomeFeed['state'], string>> = {
  running: 'green',
  paused: 'yellow',
  failing: 'red',
  stopped: 'red',
  removed: 'gray',
};

export function ConnectionBadge({ state }: { readonly state: HomeFeed['state'] }) {
  return <WordBadge word={state} color={COLORS[state]} testId={`connection-${state}`} />;
}
