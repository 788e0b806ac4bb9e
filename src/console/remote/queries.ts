import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  type QueryKey,
  queryOptions,
  useQuery,
} from '@tanstack/react-query';
import type {
  ApprovalPage,
  Attention,
  CapabilitiesAnswer,
  DeadGroups,
  DeploysAnswer,
  EndedWritesAnswer,
  ExchangesAnswer,
  GapsAnswer,
  Home,
  LanesAnswer,
  MapRowAnswer,
  MapRowBody,
  Me,
  MessageDetail,
  MessagePage,
  MessageSearch,
  ReplayJobs,
  SitesAnswer,
  WritesAnswer,
} from '../../api/types.ts';
import { get, post } from './client.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => get<Me>('/api/me', signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: ({ signal }) => get<Home>('/api/home', signal),
});

/** Asked every few seconds and not at every change: with many lanes it is no small question. */
export const lanesQuery = queryOptions({
  queryKey: ['lanes'],
  queryFn: ({ signal }) => get<LanesAnswer>('/api/lanes?limit=20', signal),
  refetchInterval: 5_000,
});

export function messagesQuery(search: MessageSearch) {
  return queryOptions({
    queryKey: ['messages', search],
    queryFn: ({ signal }) => post<MessagePage>('/api/messages/search', search, signal),
    placeholderData: keepPreviousData,
  });
}

export function messageQuery(id: string) {
  return queryOptions({
    queryKey: ['message', id],
    queryFn: ({ signal }) => get<MessageDetail>(`/api/messages/${encodeURIComponent(id)}`, signal),
  });
}

export const approvalsQuery = infiniteQueryOptions({
  queryKey: ['approvals'],
  queryFn: ({ pageParam, signal }) =>
    get<ApprovalPage>(
      `/api/approvals${pageParam === null ? '' : `?after=${encodeURIComponent(pageParam)}`}`,
      signal,
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.after,
});

/** What is counted over all that stands: at a change, at most so often, and every now and then. */
const COUNTED_AT_MOST = 2_000;
const PAGE = 50;
const counted = { refetchInterval: 5_000, staleTime: 0 };

export const attentionQuery = queryOptions({
  queryKey: ['attention'],
  queryFn: ({ signal }) => get<Attention>('/api/attention', signal),
  ...counted,
});

export const gapsQuery = queryOptions({
  queryKey: ['gaps'],
  queryFn: ({ signal }) => get<GapsAnswer>('/api/maps/gaps', signal),
  ...counted,
});

export function mapRowQuery(body: MapRowBody) {
  return queryOptions({
    queryKey: ['map-row', body],
    queryFn: ({ signal }) => post<MapRowAnswer>('/api/maps/row', body, signal),
    placeholderData: keepPreviousData,
    // What was typed is not kept for longer than it is shown.
    gcTime: 0,
  });
}

/** What is given, as the query of an address. */
function queryText(given: Readonly<Record<string, string | number | undefined>>): string {
  const filled = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(filled.map(([name, value]) => [name, String(value)])).toString();
}

export interface WritesAsked {
  readonly site?: string | undefined;
  readonly flow?: string | undefined;
  readonly messageId?: string | undefined;
  /** One, or several with commas. */
  readonly state?: string | undefined;
}

export function writesQuery(asked: WritesAsked) {
  return infiniteQueryOptions({
    queryKey: ['writes', asked],
    queryFn: ({ pageParam, signal }) =>
      get<WritesAnswer>(`/api/writes?${queryText({ ...asked, after: pageParam })}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.after ?? undefined,
    ...counted,
  });
}

export interface EndedWritesAsked extends Omit<WritesAsked, 'messageId'> {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly before?: string | undefined;
}

const ENDED = 'ended-writes';

/** Many were looked through for few, or it is no first page: nobody waits for it to change. */
const isLeftAlone = (query: {
  readonly queryKey: QueryKey;
  readonly state: { readonly data?: unknown };
}): boolean => {
  const data = query.state.data as EndedWritesAnswer | undefined;
  const { before } = query.queryKey[1] as EndedWritesAsked;
  return before !== undefined || (data !== undefined && data.before !== null && data.rows.length < PAGE);
};

export function endedWritesQuery(asked: EndedWritesAsked) {
  return queryOptions({
    queryKey: [ENDED, asked],
    queryFn: ({ signal }) =>
      get<EndedWritesAnswer>(`/api/writes/ended?${queryText({ ...asked, limit: PAGE })}`, signal),
    placeholderData: keepPreviousData,
    ...counted,
    refetchInterval: (query) => (isLeftAlone(query) ? false : counted.refetchInterval),
  });
}

export interface ExchangesAsked {
  readonly site?: string | undefined;
  readonly service?: string | undefined;
  readonly kind?: 'call' | 'feedback' | undefined;
  readonly before?: string | undefined;
}

export function exchangesQuery(asked: ExchangesAsked) {
  return queryOptions({
    queryKey: ['exchanges', asked],
    queryFn: ({ signal }) => get<ExchangesAnswer>(`/api/exchanges?${queryText({ ...asked })}`, signal),
    placeholderData: keepPreviousData,
    ...counted,
  });
}

export const deadQuery = queryOptions({
  queryKey: ['dead'],
  queryFn: ({ signal }) => get<DeadGroups>('/api/dead/groups', signal),
});

export const deploysQuery = queryOptions({
  queryKey: ['deploys'],
  queryFn: ({ signal }) => get<DeploysAnswer>('/api/deploys', signal),
  refetchInterval: 10_000,
});

export const replaysQuery = queryOptions({
  queryKey: ['replays'],
  queryFn: ({ signal }) => get<ReplayJobs>('/api/replays', signal),
});

export const sitesQuery = queryOptions({
  queryKey: ['sites'],
  queryFn: ({ signal }) => get<SitesAnswer>('/api/sites', signal),
});

export function capabilitiesQuery(site: string) {
  return queryOptions({
    queryKey: ['capabilities', site],
    queryFn: ({ signal }) =>
      get<CapabilitiesAnswer>(`/api/sites/${encodeURIComponent(site)}/capabilities`, signal),
  });
}

/** The role decides what is offered; the server decides what is done. */
export function useMayOperate(): boolean {
  const { data } = useQuery(meQuery);
  return data !== undefined && data.role !== 'viewer';
}

export function refreshMessages(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ['messages'] });
  void client.invalidateQueries({ queryKey: ['message'] });
  void client.invalidateQueries({ queryKey: ['approvals'] });
  void client.invalidateQueries({ queryKey: ['home'] });
  void client.invalidateQueries({ queryKey: ['dead'] });
  void client.invalidateQueries({ queryKey: ['replays'] });
}

let countedAt = 0;
let countingAgain: number | undefined;

/** The first change after a quiet time is counted at once, those that follow together. */
export function refreshCounted(client: QueryClient): void {
  window.clearTimeout(countingAgain);
  const left = countedAt + COUNTED_AT_MOST - Date.now();
  if (left > 0) {
    countingAgain = window.setTimeout(() => refreshCounted(client), left);
    return;
  }
  countedAt = Date.now();
  for (const name of ['attention', 'gaps', 'writes', 'exchanges'])
    void client.invalidateQueries({ queryKey: [name] });
  void client.invalidateQueries({ queryKey: [ENDED], predicate: (query) => !isLeftAlone(query) });
}
