import { keepPreviousData, type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import type {
  DeadGroups,
  Home,
  Me,
  MessageDetail,
  MessagePage,
  MessageSearch,
  ReplayJobs,
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

export const deadQuery = queryOptions({
  queryKey: ['dead'],
  queryFn: ({ signal }) => get<DeadGroups>('/api/dead/groups', signal),
});

export const replaysQuery = queryOptions({
  queryKey: ['replays'],
  queryFn: ({ signal }) => get<ReplayJobs>('/api/replays', signal),
});

/** The role decides what is offered; the server decides what is done. */
export function useMayOperate(): boolean {
  const { data } = useQuery(meQuery);
  return data !== undefined && data.role !== 'viewer';
}

export function refreshMessages(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ['messages'] });
  void client.invalidateQueries({ queryKey: ['message'] });
  void client.invalidateQueries({ queryKey: ['home'] });
  void client.invalidateQueries({ queryKey: ['dead'] });
  void client.invalidateQueries({ queryKey: ['replays'] });
}
