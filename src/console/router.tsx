import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { ApprovalsPage } from './approvals/approvals-page.tsx';
import { CodesPage } from './codes/codes-page.tsx';
import { DeadPage } from './dead/dead-page.tsx';
import { DeploysPage } from './deploys/deploys-page.tsx';
import { HomePage } from './home/home-page.tsx';
import { MessagePage } from './message/message-page.tsx';
import { readFilters } from './messages/filters.ts';
import { MessagesPage } from './messages/messages-page.tsx';
import { EmptyState, FailureNotice } from './parts/notice.tsx';
import { Shell } from './shell.tsx';
import { SitePage } from './sites/site-page.tsx';
import { SitesPage } from './sites/sites-page.tsx';
import { ExchangesPage } from './writes/exchanges-page.tsx';
import { readExchangeFilters, readWriteFilters } from './writes/filters.ts';
import { WritesPage } from './writes/writes-page.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <EmptyState title="There is nothing at this address">Go on from Home or Messages above.</EmptyState>
  ),
  errorComponent: ({ error }) => <FailureNotice error={error} />,
});

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage });

export const messagesRoute = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  validateSearch: readFilters,
  component: MessagesPage,
});

export const messageRoute = createRoute({
  getParentRoute: () => root,
  path: '/messages/$id',
  component: MessagePage,
});

const approvalsRoute = createRoute({
  getParentRoute: () => root,
  path: '/approvals',
  component: ApprovalsPage,
});

const dead = createRoute({ getParentRoute: () => root, path: '/dead', component: DeadPage });

const codes = createRoute({
  getParentRoute: () => root,
  path: '/codes',
  validateSearch: ({ site }: Record<string, unknown>): { site?: string } =>
    typeof site === 'string' && site !== '' ? { site } : {},
  component: CodesPage,
});

const writes = createRoute({
  getParentRoute: () => root,
  path: '/writes',
  validateSearch: readWriteFilters,
  component: WritesPage,
});

const exchanges = createRoute({
  getParentRoute: () => root,
  path: '/writes/answered',
  validateSearch: readExchangeFilters,
  component: ExchangesPage,
});

const deploys = createRoute({ getParentRoute: () => root, path: '/deploys', component: DeploysPage });

const sites = createRoute({ getParentRoute: () => root, path: '/sites', component: SitesPage });

export const siteRoute = createRoute({
  getParentRoute: () => root,
  path: '/sites/$site',
  component: SitePage,
});

export function createConsoleRouter() {
  return createRouter({
    routeTree: root.addChildren([
      home,
      messagesRoute,
      messageRoute,
      approvalsRoute,
      dead,
      codes,
      writes,
      exchanges,
      deploys,
      sites,
      siteRoute,
    ]),
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
