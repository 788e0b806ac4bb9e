import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ChangeEvent } from '../../api/types.ts';
import { tellActivity } from './activity.ts';
import { get } from './client.ts';
import { refreshCounted, refreshMessages } from './queries.ts';

export type LiveState = 'connecting' | 'live' | 'interrupted';

/** Listens for changes and asks again for what is on screen. The browser reconnects by itself. */
export function useLive(): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');

  useEffect(() => {
    let source: EventSource | null = null;
    let again: number | undefined;
    const open = (): void => {
      if (source !== null || document.hidden) return;
      source = new EventSource('/api/events');
      source.addEventListener('hello', () => {
        setState('live');
        // Whatever changed while we did not listen.
        refreshMessages(client);
        refreshCounted(client);
      });
      source.addEventListener('change', (event) => {
        const change = JSON.parse(event.data as string) as ChangeEvent;
        if (change.messages || change.deliveries) {
          refreshMessages(client);
          refreshCounted(client);
        } else void client.invalidateQueries({ queryKey: ['home'] });
      });
      source.addEventListener('error', () => {
        setState('interrupted');
        if (source?.readyState !== EventSource.CLOSED) return;
        source = null;
        // Refused, not merely lost: the session may be over, and then this reloads to the sign-in page.
        again = window.setTimeout(() => {
          get('/api/me').then(open, open);
        }, 3_000);
      });
    };
    // A browser keeps six connections to one server over HTTP/1.1: a tab that nobody sees gives its own back.
    const onVisibility = (): void => {
      if (document.hidden) {
        source?.close();
        source = null;
      } else open();
    };
    document.addEventListener('visibilitychange', onVisibility);
    open();
    const endTelling = tellActivity(() => void get('/api/me').catch(() => undefined));
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      source?.close();
      window.clearTimeout(again);
      endTelling();
    };
  }, [client]);

  return state;
}
