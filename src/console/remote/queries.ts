import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useQuery,
} from '@tanstack/react-query';
import type {
  ApprovalPage,
  CapabilitiesAnswer,
  DeadGroups,
  DeploysAnswer,
  Home,
  LanesAnswer,
  Me,
  MessageDetail,
  MessagePage,
  MessageSearch,
  ReplayJobs,
  SitesAnswer,
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
