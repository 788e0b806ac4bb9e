import type { Feed } from '../feed/feed.ts';
import type { OAuth } from '../oauth/oauth.ts';

/** What can be done to the hospital at once, beside faults that wait for requests. */
export type Action =
  /** Every access token ends; refresh tokens go on. */
  | { readonly action: 'expire-access-tokens' }
  /** Access and refresh tokens and registered instances end: of one client, or of all. */
  | { readonly action: 'revoke'; readonly clientId?: string }
  /** The hospital signs id_tokens with a new key; the old one stays published only when asked for. */
  | { readonly action: 'rotate-keys'; readonly keepEarlier?: boolean }
  /** The hospital forgets the key sets it has fetched from clients. */
  | { readonly action: 'forget-client-keys' }
  /** Every paging session ends (4113). */
  | { readonly action: 'expire-paging' }
  /** Whether a feed, or every feed, runs, is disconnected, keeps still while connected, or loses what it is given. */
  | { readonly action: 'feed'; readonly name?: string; readonly mode: FeedMode };

export const actionNames = [
  'expire-access-tokens',
  'revoke',
  'rotate-keys',
  'forget-client-keys',
  'expire-paging',
  'feed',
] as const satisfies readonly Action['action'][];

export const feedModes = ['running', 'stopped', 'silent', 'losing'] as const;
export type FeedMode = (typeof feedModes)[number];

export interface ActionParts {
  readonly oauth: OAuth;
  readonly feeds: readonly Feed[];
  /** Ends every paging session of every FHIR version. */
  expirePaging(): void;
}

/** An action on something that the hospital does not have. */
export class NoSuchThing extends Error {}

/** Does it; tells how many things it changed. Throws NoSuchThing. */
export async function act(action: Action, { oauth, feeds, expirePaging }: ActionParts): Promise<number> {
  switch (action.action) {
    case 'expire-access-tokens': {
      const { access } = oauth.tokens.counts;
      oauth.tokens.expireAll();
      return access;
    }
    case 'revoke': {
      const { clientId } = action;
      if (clientId !== undefined && !oauth.clients.get(clientId))
        throw new NoSuchThing('no client has this id');
      return oauth.tokens.revoke(clientId) + oauth.clients.endInstances(clientId);
    }
    case 'rotate-keys':
      await oauth.oidcKeys.rotate(action.keepEarlier ?? false);
      return 1;
    case 'forget-client-keys':
      return oauth.keySets.forget();
    case 'expire-paging':
      expirePaging();
      return 1;
    case 'feed': {
      const chosen = feeds.filter(({ name }) => action.name === undefined || action.name === name);
      if (action.name !== undefined && chosen.length === 0) throw new NoSuchThing('no feed has this name');
      await Promise.all(chosen.map((feed) => setMode(feed, action.mode)));
      return chosen.length;
    }
  }
}

async function setMode(feed: Feed, mode: FeedMode): Promise<void> {
  feed.hush(mode === 'silent' || mode === 'losing' ? mode : undefined);
  if (mode === 'stopped') await feed.stop();
  else feed.start();
}
