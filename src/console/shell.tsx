import {
  AppShell,
  Button,
  Container,
  Group,
  Menu,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { post } from './remote/client.ts';
import { type LiveState, useLive } from './remote/live.ts';
import { meQuery } from './remote/queries.ts';

const LIVE_TEXT: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  interrupted: 'Reconnecting',
};

function UserMenu() {
  const { data: me } = useQuery(meQuery);
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const signOut = (): void => {
    post('/api/sign-out', {}).then(
      () => window.location.assign('/sign-in'),
      () => window.location.reload(),
    );
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          data-testid="user-menu"
          aria-label={`User ${me?.name ?? ''}`}
        >
          {me?.name ?? '…'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in with the role {me?.role}</Menu.Label>
        <Menu.Item onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
          {scheme === 'dark' ? 'Light colours' : 'Dark colours'}
        </Menu.Item>
        <Menu.Item onClick={() => setColorScheme('auto')}>Colours of the system</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={signOut} data-testid="sign-out">
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Shell() {
  const live = useLive();
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // Where the screens do not fit beside one another, the present one is in view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: at another screen
  useEffect(() => {
    nav.current
      ?.querySelector('[data-status=active]')
      ?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [pathname]);
  return (
    <AppShell header={{ height: 52 }} padding="md">
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header>
        <Container size="xl" h="100%" px="md">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="sm">
            <Group gap="md" wrap="nowrap" className="header-way">
              <Link to="/" className="brand" aria-label="Suture, home">
                <img src="/favicon.svg" alt="" width={24} height={24} />
                <span className="brand-name">Suture</span>
              </Link>
              <nav aria-label="Screens" className="nav" ref={nav}>
                <Link to="/" activeOptions={{ exact: true }} data-testid="nav-home">
                  Home
                </Link>
                <Link
                  to="/messages"
                  search={{}}
                  activeOptions={{ includeSearch: false }}
                  data-testid="nav-messages"
                >
                  Messages
                </Link>
                <Link to="/approvals" data-testid="nav-approvals">
                  Approvals
                </Link>
                <Link to="/dead" data-testid="nav-dead">
                  Dead letters
                </Link>
                <Link
                  to="/codes"
                  search={{}}
                  activeOptions={{ includeSearch: false }}
                  data-testid="nav-codes"
                >
                  Unmapped codes
                </Link>
                <Link
                  to="/writes"
                  search={{}}
                  activeOptions={{ includeSearch: false }}
                  data-testid="nav-writes"
                >
                  Writes
                </Link>
                <Link to="/deploys" data-testid="nav-deploys">
                  Deploys
                </Link>
                <Link to="/sites" data-testid="nav-sites">
                  Sites
                </Link>
              </nav>
            </Group>
            <Group gap="xs" wrap="nowrap" className="header-who">
              <Text size="sm" c="dimmed" className={`live live-${live}`} data-testid="live" role="status">
                {LIVE_TEXT[live]}
              </Text>
              <UserMenu />
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main id="content" tabIndex={-1}>
        <Container size="xl" px={0}>
          <Outlet />
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}
