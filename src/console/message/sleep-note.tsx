import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { SleepView } from '../../api/types.ts';
import { ageText, Moment, useNow } from '../parts/time.tsx';

function MessageLink({ id }: { readonly id: string }) {
  return (
    <Link to="/messages/$id" params={{ id }} className="plain-link">
      message {id}
    </Link>
  );
}

/** What ends the sleep, while it lasts. */
function Asleep({ sleep }: { readonly sleep: SleepView }) {
  const now = useNow();
  const { wakeAt, on = [], cancelOn = [], kind } = sleep;
  const parts: ReactNode[] = [];
  if (kind === 'approve')
    parts.push(
      <>
        asks the role {sleep.role}: “{sleep.ask}”
      </>,
    );
  if (on.length > 0) parts.push(<>wakes by {on.join(', ')} of the same patient</>);
  if (wakeAt !== null)
    parts.push(
      <>
        {kind === 'approve' ? 'deadline' : on.length > 0 ? 'at the latest' : 'wakes'} <Moment at={wakeAt} />
        {wakeAt > now && ` (in ${ageText(wakeAt - now)})`}
        {kind === 'approve' && (sleep.whenLate === 'hold' ? ', then held' : ', then refused')}
      </>,
    );
  if (cancelOn.length > 0) parts.push(<>ended by {cancelOn.join(', ')} of the same patient</>);
  return (
    <>
      asleep since <Moment at={sleep.since} />
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a list that is made anew as a whole
        <span key={index}> · {part}</span>
      ))}
    </>
  );
}

/** A sleeping step in words: since when, what wakes and what ends it, or how its sleep ended. */
export function SleepNote({ sleep }: { readonly sleep: SleepView }) {
  const { wokenAt, by, messageId } = sleep;
  if (wokenAt === undefined) {
    return (
      <div className="soft step-sleep" data-testid="sleep">
        <Asleep sleep={sleep} />
      </div>
    );
  }
  const slept = `after ${ageText(wokenAt - sleep.since)} of sleep`;
  return (
    <div className="soft step-sleep" data-testid="sleep">
      {sleep.cancelled && messageId && (
        <>
          ended by <MessageLink id={messageId} /> of the same patient,{' '}
        </>
      )}
      {!sleep.cancelled && by === 'event' && messageId && (
        <>
          woken by <MessageLink id={messageId} />,{' '}
        </>
      )}
      {by === 'time' && (sleep.kind === 'approve' ? 'nobody answered in time, ' : 'woken by its time, ')}
      {by === 'person' && (
        <>
          {sleep.approved ? 'approved' : 'refused'} by {sleep.who}: “{sleep.reason}”,{' '}
        </>
      )}
      {slept}
    </div>
  );
}
