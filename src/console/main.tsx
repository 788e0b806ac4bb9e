import '@mantine/core/styles.css';
import 'uplot/dist/uPlot.min.css';
import './console.css';
import './home/home.css';
import './messages/messages.css';
import './message/message.css';
import './dead/dead.css';
import './codes/codes.css';
import './writes/writes.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { theme } from './parts/theme.ts';
import { RemoteFailure } from './remote/client.ts';
import { createConsoleRouter } from './router.tsx';

/** Style elements are allowed by this answer's nonce only. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
// The library that keeps the page still behind a dialog reads its nonce from this name.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = nonce;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // What the server refused stays refused; what did not arrive is asked again.
      retry: (count, error) => (error instanceof RemoteFailure && error.status > 0 ? false : count < 3),
    },
  },
});

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <RouterProvider router={createConsoleRouter()} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
