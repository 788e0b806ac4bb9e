/** What the sender was answered with. */
import { textAt } from '../xml/element.ts';
import type { Connector } from './export.ts';
import type { Place } from './work.ts';

/** What Mirth answers after processing, Suture answers when the message is on disk. */
export function answered({ properties, line }: Connector, place: Place): void {
  const variable = textAt(properties, 'sourceConnectorProperties', 'responseVariable');
  if (/^(None|)$|^Auto-generate \((Before processing|After source transformer)/.test(variable)) return;
  if (/^Auto-generate/.test(variable)) {
    place.lookAt(
      line,
      'the sender is answered when every destination is done, with how that ended; Suture answers when the message is kept, before anything is done with it',
      'Nothing where the sender only wants to know that it arrived. What fails later is tried again, and told by dead letters and alerts instead of an AE.',
    );
    return;
  }
  place.lookAt(
    line,
    `the sender is answered with "${variable}"; Suture answers when the message is kept, before anything is done with it`,
    'Nothing where the sender only wants to know that it arrived; where it needs what came back, send that to it by a step of its own.',
  );
}
